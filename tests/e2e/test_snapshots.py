"""A snapshot of each member, by a program that keeps the version of a member in a file."""

import json
from typing import Any

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site

BAD = {"health": 503}


def snapshot(one: Site, keep: str) -> dict[str, Any]:
    """`create` notes that it is there, `revert` brings v1 back, `drop` removes the note."""
    back = [*one.world.upgrade_argv("v1", takes_ms=0), "--wait"]
    note = f"{one.folder}/$$1-$$2"
    return {
        "create": {"command": ["/bin/sh", "-c", f'set -C; echo > "{note}"', "-", *NAMED]},
        "revert": {
            "command": [
                "/bin/sh",
                "-c",
                f'test -e "{note}" && shift 2 && exec "$$@"',
                "-",
                *NAMED,
                *back,
            ]
        },
        "drop": {"command": ["/bin/sh", "-c", f'rm -f "{note}"', "-", *NAMED]},
        "keep": keep,
    }


NAMED = ["snap-${member.name}", "${snapshot.id}"]


async def listed(one: Site) -> list[tuple[str, str]]:
    told = json.loads((await one.command("snapshots", "web", "--json")).out)
    return [(each["member"], each["state"]) for each in told["snapshots"]]


async def test_reverted_and_dropped(site: MakeSite) -> None:
    """Made, the check failed, reverted, and back in rotation at the old version, with no request
    failed; then listed, kept, and dropped when its time is over."""
    one = await site(3)
    behaviours = {name: {"behaviour": "{}"} for name in one.world.members}
    behaviours["web1"] = {"behaviour": json.dumps(BAD)}
    values: dict[str, Any] = {
        "upgrade": one.upgrade(by_member=True),
        "pool": {"members": {"vars": behaviours}},
        "on_failure": "revert_member",
        "rollback": {"command": None, "vars": {"version": "v1"}},
        "validate": [one.answers(within="2s")],
    }
    file = one.file(**values, snapshot=snapshot(one, "1d"))
    async with one.users(100) as load:
        done = await one.run(file)
    assert load.tally.failed == 0, load.tally.by_failure
    assert done.code == 5, done.text
    assert "web1: reverted, in rotation" in done.out
    await one.assert_all("v1")
    assert await one.admin() == dict.fromkeys(one.world.members, 0)
    assert await listed(one) == [("web1", "reverted")]
    assert len(list(one.folder.glob("snap-web1-poolroll-web1-*"))) == 1

    kept = await one.command("snapshots", str(file), "--drop-expired")
    assert (kept.code, "0 snapshots dropped" in kept.err) == (0, True), kept.text
    assert (await one.command("abort", "web")).code == 0
    file = one.file(**values, snapshot=snapshot(one, "0s"))
    assert (await one.run(file)).code == 5  # its own snapshot is over at once
    waiting = await one.command("snapshots", str(file), "--drop-expired")
    assert "stays: rollout web-" in waiting.err
    assert (await one.command("abort", "web")).code == 0
    dropped = await one.command("snapshots", str(file), "--drop-expired")
    assert (dropped.code, "1 snapshot dropped" in dropped.err) == (0, True), dropped.text
    assert await listed(one) == [("web1", "reverted"), ("web1", "dropped")]
    assert len(list(one.folder.glob("snap-web1-*"))) == 1
