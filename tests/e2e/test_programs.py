"""A mistyped program is found out before any member is out."""

import json
from typing import Any

import pytest

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site

TYPO = "/opt/web-upgarde"

PLACES: dict[str, tuple[dict[str, Any], str]] = {
    "upgrade": ({"upgrade": {"command": [TYPO, "v2"]}}, "upgrade.command[0]"),
    "first step": (
        {"upgrade": {"steps": [{"command": [TYPO]}]}},
        "upgrade.steps[0].command[0]",
    ),
    "unless": ({"upgrade": {"unless": {"command": [TYPO]}}}, "upgrade.unless.command[0]"),
    "validate": ({"validate": [{"command": [TYPO]}]}, "validate[0].command[0]"),
    "rollback": ({"rollback": {"command": [TYPO]}}, "rollback.command[0]"),
}


async def assert_refused(one: Site, overrides: dict[str, Any], *words: str) -> None:
    """By `plan` and by `run`, at its place, and nothing was touched."""
    file = one.file(gates=[], **overrides)
    planned = await one.command("plan", str(file), "--json")
    done = await one.run(file)
    assert (planned.code, done.code) == (3, 3), planned.text + done.text
    (line,) = [one for one in json.loads(planned.out)["refusals"] if "found" in one]
    assert done.err.splitlines() == [line]
    assert line.startswith(f"{file}:")
    assert line.removeprefix(f"{file}:").split(": ")[0].count(":") == 1, "no line and column"
    for word in words:
        assert word in line
    assert (one.rows(), one.executions(), await one.admin()) == ([], {}, {"web1": 0, "web2": 0})


@pytest.mark.parametrize("which", PLACES)
async def test_mistyped(site: MakeSite, which: str) -> None:
    """Wherever the rollout starts a program: refused, with its place and a mend."""
    overrides, path = PLACES[which]
    await assert_refused(
        await site(2), overrides, f" {path}: {TYPO}: command not found; name a program of this"
    )


async def test_of_one_member(site: MakeSite) -> None:
    """Where only one member's is missing, that one is named."""
    one = await site(2)
    tools = one.folder / "tools"
    tools.mkdir()
    (tools / "web1").symlink_to("/bin/true")
    upgrade = {"command": [f"{tools}/${{member.name}}"]}
    await assert_refused(one, {"upgrade": upgrade}, f"command[0]: web2: {tools}/web2: command not")


async def test_a_later_step(site: MakeSite) -> None:
    """A program that an earlier step may bring is remarked, and the rollout is done."""
    one = await site(2)
    tool = one.folder / "tool"
    steps = [{"command": ["/bin/ln", "-sf", "/bin/true", str(tool)]}, {"command": [str(tool)]}]
    file = one.file(gates=[], validate=[], upgrade={"steps": steps})
    planned = await one.command("plan", str(file))
    assert planned.code == 0, planned.text
    assert f"upgrade.steps[1].command[0]: {tool}: command not found; an earlier step" in planned.out
    assert (await one.run(file)).code == 0


async def test_a_rehearsal_needs_no_upgrade(site: MakeSite) -> None:
    """What is not started is not asked for."""
    one = await site(2)
    file = one.file(gates=[], validate=[], upgrade={"command": [TYPO]})
    done = await one.command("rehearse", str(file), "--yes")
    assert done.code == 0, done.text


async def test_gone_since(site: MakeSite) -> None:
    """A program that is lost between two runs: the next member is not touched."""
    one = await site(2)
    tool = one.folder / "tool"
    tool.symlink_to("/bin/true")
    file = one.file(gates=[], validate=[], upgrade={"command": [str(tool)]})
    assert (await one.run(file, "--only", "web1")).code == 0
    tool.unlink()
    done = await one.run(file)
    assert (done.code, f"{tool}: command not found" in done.err) == (3, True), done.text
    assert await one.admin() == {"web1": 0, "web2": 0}
