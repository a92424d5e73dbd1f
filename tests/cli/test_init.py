"""`init` against real HAProxys: what it prints, `check` accepts and `plan` can use at once."""

import json
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from adapters.demo.world import World
from tests.support.command import started
from tests.support.haproxies import HAPROXIES
from tests.support.runtime import ask
from tests.support.waiting import until
from tests.support.worlds import MakeWorld

pytestmark = pytest.mark.haproxy

PLACEHOLDER_LEFT = (
    "still holds the placeholder from `init`; write the command that upgrades one member"
)


async def poolroll(*argv: str) -> tuple[int, str, str]:
    """Exit code, output, errors."""
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        process = started(argv, out.fileno(), err.fileno(), {})
        await until(lambda: process.poll() is not None, 40, f"the end of {argv}")
        out.seek(0)
        err.seek(0)
        texts = out.read(), err.read()
    assert "Traceback" not in texts[1], texts[1]
    return process.wait(), *texts


async def written(world: World, *argv: str) -> Path:
    """The file that `init` prints."""
    code, out, err = await poolroll("init", *argv)
    assert code == 0, err
    file = world.folder / "filled.yaml"
    file.write_text(out)
    return file


async def assert_usable(world: World, file: Path) -> str:
    """`check` takes it, and `plan` shows it, with the one reason to refuse that is left, which is
    that of `run`; what plan says."""
    code, out, err = await poolroll("check", str(file))
    assert code == 0, err
    assert f"{file}: warning: upgrade.command: still holds the placeholder from `init`" in out
    code, out, err = await poolroll("plan", str(file), "--state", str(world.folder / "state"))
    assert code == 2, out + err
    assert err == ""
    shown, _, refused = out.partition("REFUSED, nothing would be touched:\n")
    (reason,) = refused.splitlines()
    line = file.read_text().splitlines().index("upgrade:") + 1
    assert reason.startswith(f"  {file}:"), reason
    assert int(reason.split(":")[1]) > line
    assert reason.endswith(": upgrade.command: " + PLACEHOLDER_LEFT)
    assert "placeholder" not in shown
    return out


async def states(world: World) -> list[list[str]]:
    """What can be set of each server: administrative state and weight, by HAProxy."""
    replies = [await ask(endpoint, "show servers state") for endpoint in world.unix_endpoints]
    lines = [line.split() for reply in replies for line in reply.splitlines()[1:] if line]
    names = lines[0][1:]
    wanted = [names.index(n) for n in ("be_name", "srv_name", "srv_admin_state", "srv_uweight")]
    return [[line[at] for at in wanted] for line in lines if line[0] != "#"]


@pytest.mark.parametrize("haproxy", HAPROXIES, indirect=True)
async def test_three_commands_to_a_plan(world: MakeWorld) -> None:
    """init, check, plan on two HAProxys with a cookie; nothing is set there, and `run` refuses."""
    pool = await world(4, instances=2)
    before = await states(pool)
    assert len(before) == 8
    file = await written(pool, *pool.unix_endpoints)
    plan = await assert_usable(pool, file)
    assert "4 members of web" in plan
    assert "never fewer than 3 serving" in plan
    assert "# web has a cookie SRV" in file.read_text()
    code, _, err = await poolroll("run", "--yes", str(file), "--state", str(pool.folder / "state"))
    assert code == 2
    assert f"upgrade.command: {PLACEHOLDER_LEFT}" in err
    state = str(pool.folder / "state")
    code, out, _ = await poolroll("plan", str(file), "--json", "--state", state)
    value = json.loads(out)
    assert (code, len(value["refusals"])) == (2, 1)
    assert value["refusals"][0].endswith(PLACEHOLDER_LEFT)
    assert not [note for note in value["notes"] if "placeholder" in note]
    assert await states(pool) == before
    assert not (pool.folder / "state").exists()


async def test_tcp_endpoint_and_chosen_backends(world: MakeWorld) -> None:
    """Through a TCP endpoint, for the backends that were asked for."""
    pool = await world(3, backends=("web", "api"), cookie=False)
    file = await written(pool, pool.tcp_endpoints[0], "--backend", "api", "--backend", "web")
    assert "3 members of api, web" in await assert_usable(pool, file)
    assert "No cookie, no stick table" in file.read_text()


async def test_servers_of_many_kinds(world: MakeWorld) -> None:
    """Unchecked, backup and unresolved servers and a stick table: `plan` works all the same."""
    more = (
        "stick-table type ip size 1k\nstick on src\n"
        "server spare 127.0.0.1:9 backup\nserver lost no-such.invalid:9 init-addr none"
    )
    pool = await world(3, cookie=False, server_options="", backend_lines=more)
    file = await written(pool, pool.unix_endpoints[0])
    assert "3 members of web" in await assert_usable(pool, file)
    text = file.read_text()
    assert "# web has a stick table" in text
    assert "NO CHECK in HAProxy" in text
    assert "# Backup servers are never members: spare" in text
    assert "# Left out: lost has no address" in text
    assert "\n  min_available: 2 " in text


async def test_mode_tcp(world: MakeWorld) -> None:
    """A pool of mode tcp gets a gate that says what it can see."""
    lines = "backend raw\nmode tcp"  # the servers of the world come after these lines
    pool = await world(2, cookie=False, backend_lines=lines)
    file = await written(pool, pool.unix_endpoints[0])
    await assert_usable(pool, file)
    assert "# Mode tcp: " in file.read_text()


async def test_low_level_is_told_in_the_file(world: MakeWorld) -> None:
    """An endpoint that may only read suffices to write the file, which says what is missing."""
    pool = await world(2)
    file = await written(pool, pool.operator_endpoints[0])
    assert "this endpoint has level operator" in file.read_text()


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["unix:/nowhere/a.sock"], 3, "unix:/nowhere/a.sock: there is no such socket"),
        (["tcp:127.0.0.1"], 2, "tcp:127.0.0.1: has no port"),
        (["http://127.0.0.1:80"], 2, "not the address of a Runtime API"),
        (
            ["/run/haproxy/admin.sock"],
            2,
            "an endpoint needs a scheme: unix:/run/haproxy/admin.sock",
        ),
        (["nginx"], 2, "unknown kind of pool"),
        (["haproxy", "--service", "web"], 2, "init --service: is for `init kubernetes`"),
        (["kubernetes", "--kubeconfig", "/none/such"], 2, "/none/such"),
        (["haproxy", "unix:/a"], 2, "not both"),
        (["haproxy", "--backend", "web"], 2, "needs the endpoint"),
        (["haproxy", "haproxy"], 2, "one kind of pool at a time"),
    ],
)
async def test_wrong_usage(argv: list[str], code: int, message: str) -> None:
    """Whatever is asked for in vain is said in one line, and nothing is printed as a file."""
    found, out, err = await poolroll("init", *argv)
    assert found == code
    assert message in err
    assert out == ""


async def test_starter_without_a_endpoint() -> None:
    """`init` and `init haproxy` print the commented starter, as ever."""
    code, out, _ = await poolroll("init")
    assert (code, out) == (0, (await poolroll("init", "haproxy"))[1])
    assert out.startswith("# A rollout of an HAProxy pool.")


async def test_unknown_backend_names_those_there_are(world: MakeWorld) -> None:
    """A slip in the name is mended without looking it up."""
    pool = await world(2)
    code, _, err = await poolroll("init", pool.unix_endpoints[0], "--backend", "wbe")
    assert code == 2
    assert "--backend wbe: no backend of that name has servers; known: web" in err
