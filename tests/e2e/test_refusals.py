"""What is refused: a clear line, the right exit code, and nothing touched (S13)."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.support.runtime import order
from tests.support.waiting import until


async def assert_refused(one: Site, file: Path, code: int, *words: str) -> None:
    """`run` refuses with these words, and neither the pool nor the journal has changed."""
    before = [await one.admin(endpoint) for endpoint in one.world.unix_endpoints]
    done = await one.run(file)
    assert done.code == code, done.text
    for word in words:
        assert word in done.text, done.text
    assert one.rows() == []
    assert one.executions() == {}
    assert [await one.admin(endpoint) for endpoint in one.world.unix_endpoints] == before


async def test_no_such_socket(site: MakeSite) -> None:
    """An endpoint where there is no socket."""
    one = await site(2)
    endpoint = f"unix:{one.folder}/none.sock"
    file = one.file(pool={"haproxy": {"apis": [one.endpoint, endpoint]}})
    await assert_refused(one, file, 3, f"{endpoint}: there is no such socket")


async def test_refused_port(site: MakeSite) -> None:
    """An endpoint where nothing listens."""
    one = await site(2)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        endpoint = f"tcp:127.0.0.1:{holder.getsockname()[1]}"
        file = one.file(pool={"haproxy": {"apis": [endpoint]}})
        await assert_refused(one, file, 3, f"{endpoint}: connection refused")


async def test_operator_level(site: MakeSite) -> None:
    """A socket that may not set anything."""
    one = await site(2)
    endpoint = one.world.operator_endpoints[0]
    file = one.file(pool={"haproxy": {"apis": [endpoint]}})
    await assert_refused(
        one, file, 3, f"{endpoint}: this endpoint has level 'operator'", "level admin"
    )


async def test_frozen(site: MakeSite) -> None:
    """A load balancer that takes the connection and never answers."""
    one = await site(2, instances=2)
    file = one.file()
    second = one.world.haproxies[1]
    second.freeze()
    try:
        done = await one.run(file)
    finally:
        second.thaw()
    assert (done.code, one.rows()) == (3, [])
    assert f"{one.world.unix_endpoints[1]}: no complete answer within" in done.err


Overrides = dict[str, Any]

POOLS: dict[str, tuple[Overrides, tuple[str, ...]]] = {
    "wrong backend": ({"haproxy": {"backends": ["wbe"]}}, ("wbe", "web")),
    "nobody chosen": (
        {"members": {"include": ["db*"], "expect": None}},
        ("no member is selected", "match none of: web1, web2"),
    ),
    "another number": (
        {"members": {"expect": 3}},
        ("pool.members.expect is 3, but 2 were found: web1, web2",),
    ),
    "the floor": (
        {"members": {"expect": None}, "min_available": 2},
        ("the floor does not hold: 2 serve",),
    ),
    "no such canary": ({"canaries": ["web9"]}, ("canary 'web9' is not a selected member",)),
}


@pytest.mark.parametrize("which", POOLS)
async def test_pool(site: MakeSite, which: str) -> None:
    """A pool that is not what the file says, or cannot spare anybody; `plan` says the same."""
    one = await site(2)
    pool, words = POOLS[which]
    file = one.file(pool=pool)
    await assert_refused(one, file, 3, *words)
    planned = await one.command("plan", str(file))
    assert planned.code == 3
    for word in words:
        assert word in planned.text


async def test_only_one_server(site: MakeSite) -> None:
    """A pool of one has nobody to spare."""
    one = await site(1)
    await assert_refused(one, one.file(), 3, "the floor does not hold: 1 serve")


async def test_a_partner_is_down(site: MakeSite) -> None:
    """A floor that does not hold since another member is out."""
    one = await site(3)
    await order(one.endpoint, "set server web/web3 state maint")
    file = one.file(pool={"min_available": 2})
    await assert_refused(one, file, 3, "the floor does not hold: 2 serve")


async def test_everybody_out(site: MakeSite) -> None:
    """Nobody left to upgrade: all were found out of rotation."""
    one = await site(2)
    for name in one.world.members:
        await order(one.endpoint, f"set server web/{name} state maint")
    await assert_refused(one, one.file(), 3, "every selected member was found out of rotation")


async def test_unless_refuses(site: MakeSite) -> None:
    """An exit of `unless` that is neither yes nor no: nothing was touched, and it is named."""
    one = await site(2)
    file = one.file(
        gates=[], upgrade={"unless": {"command": ["/bin/sh", "-c", "echo no route; exit 255"]}}
    )
    done = await one.run(file)
    assert done.code == 3, done.text
    assert "web1: `unless` ended with exit code 255: no route" in done.err
    assert (one.executions(), await one.admin()) == ({}, {"web1": 0, "web2": 0})


async def asked(one: Site, *, fails: str) -> tuple[Path, Callable[[], list[str]]]:
    """A file whose `unless` writes down of whom it is asked, and refuses to say it of `fails`;
    and a function that tells who was asked so far."""
    book, marks = one.folder / "asked", one.folder / "marks"
    marks.mkdir()
    ask = f'echo "$$0" >> "{book}"; [ "$$0" != {fails} ] || exit 5; test -e "{marks}/$$0"'
    mark = ["/bin/sh", "-c", f'touch "{marks}/$$0" && exec "$$@"', "${member.name}"]
    upgrade = {
        "command": [*mark, *one.upgrade()["command"]],
        "unless": {"command": ["/bin/sh", "-c", ask, "${member.name}"]},
    }
    file = one.file(gates=[], upgrade=upgrade)
    return file, lambda: book.read_text().split()


async def test_unless_is_asked_of_all_first(site: MakeSite) -> None:
    """One member of whom `unless` cannot tell, the last of three: exit 3 before the first of them
    is touched, as `plan` said. Where only others are to be touched, it is not asked of it."""
    one = await site(3)
    file, book = await asked(one, fails="web3")
    planned = await one.command("plan", str(file))
    assert planned.code == 3, planned.text
    done = await one.run(file)
    assert done.code == 3, done.text
    assert "web3: `unless` ended with exit code 5" in done.err
    assert sorted(book()) == ["web1", "web1", "web2", "web2", "web3", "web3"]
    assert (one.executions(), one.rows()) == ({}, [])
    done = await one.run(file, "--only", "web1")
    assert done.code == 0, done.text
    assert book()[6:] == ["web1"] * 3
    assert one.executions() == {"web1": 1}
    done = await one.run(file)
    assert done.code == 5, done.text
    assert book()[9:] == ["web2"] * 2 + ["web3"]


TEN_FAULTS = """\
apiVersion: poolroll/v2
name: Web
pool:
  haproxy:
    apis: [/run/haproxy.sock]
    backends: []
  max_unavailable: 0
  color: red
drain: {timeout: 5 parsecs}
upgrade: {command: "rm -rf /"}
validate:
  - http: {url: "http://${member.nome}/"}
soak: -1s
"""


async def test_ten_faults(site: MakeSite) -> None:
    """All ten at once, each with its line and column, from `check` as from `run`."""
    one = await site(2)
    file = one.folder / "faulty.yml"
    file.write_text(TEN_FAULTS)
    checked = await one.start("check", str(file)).end()
    lines = checked.err.splitlines()
    assert (checked.code, len(lines)) == (2, 10), checked.err
    places = [line.removeprefix(f"{file}:").split(":")[0] for line in lines]
    assert places == ["1", "2", "5", "6", "7", "8", "9", "10", "12", "13"]
    await assert_refused(one, file, 2, *lines)


def gone(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_text("")


def binary(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [gone, empty, binary, folder])
async def test_file_that_is_none(site: MakeSite, spoil: Callable[[Path], None]) -> None:
    """A rollout file that is missing, empty, no text, or a folder."""
    one = await site(2)
    file = one.file()
    spoil(file)
    await assert_refused(one, file, 2, str(file))


async def test_changed_file(site: MakeSite) -> None:
    """A changed file, or another `--set`, against an unfinished rollout: shown, and refused."""
    one = await site(2)
    running = one.begin(one.file(upgrade=one.upgrade(held=True)))
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    await running.kill()
    done = await one.run(one.file(upgrade=one.upgrade(held=True), soak="1234ms"))
    assert done.code == 3, done.text
    assert "-soak: 200ms" in done.err
    assert "+soak: 1234ms" in done.err
    assert "--new" in done.err
    assert "poolroll abort web" in done.err
    other = await one.run(one.file(upgrade=one.upgrade(held=True)), "--set", "version=v3")
    assert (other.code, '--set version: not given as started, "v3" now' in other.err) == (3, True)
    assert one.executions() == {"web1": 1}


async def test_without_a_terminal(site: MakeSite) -> None:
    """Where nobody can be asked, `--yes` is required; `--step` cannot be had."""
    one = await site(2)
    file = one.file()
    asked = await one.command("run", str(file))
    assert (asked.code, "--yes" in asked.err) == (2, True)
    stepwise = await one.run(file, "--step")
    assert (stepwise.code, "no terminal" in stepwise.err) == (2, True)
    assert one.rows() == []


async def test_held(site: MakeSite) -> None:
    """A pool that another run holds: exit 6 with the holder's name, also under another rollout
    name, and through another endpoint of the same HAProxy."""
    one = await site(2)
    file = one.file(upgrade=one.upgrade(held=True), gates=[])
    running = one.begin(file)
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    same = await one.run(file)
    other = await one.run(one.file(name="other"))
    endpoints = {"haproxy": {"apis": one.world.tcp_endpoints}}
    endpoint = await one.run(one.file(name="endpoint", pool=endpoints))
    for done in (same, other, endpoint):
        assert done.code == 6, done.text
        assert "is held by" in done.err
        assert f"pid {running.process.pid} on host" in done.err
    assert one.rows("other") == one.rows("endpoint") == []
    one.go.touch()
    assert (await running.end()).code == 0
    assert one.executions() == {"web1": 1, "web2": 1}


async def test_status_without_state(site: MakeSite) -> None:
    """No state folder is never an empty "all well": exit 3, and it says where it looked."""
    one = await site(2)
    nowhere = one.folder / "nowhere"
    for command in (["status"], ["status", "web", "--json"], ["abort", "web"], ["pause", "web"]):
        done = await one.start(*command, "--state", str(nowhere)).end()
        assert (done.code, str(nowhere) in done.err) == (3, True), done.text
    assert not nowhere.exists()
    empty_one = await one.command("status")
    assert (empty_one.code, str(one.state) in empty_one.err) == (3, True)
