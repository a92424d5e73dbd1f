"""Two users of one group, who take a rollout over from one another."""

import os
from pathlib import Path

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.support.command import Done
from tests.support.operators import GROUP, needs_root

ANNA, BERT = 54001, 54002


def shared(one: Site) -> None:
    """All that the group needs: the way to the folders, HAProxy's socket, a state folder."""
    for folder in (one.folder, *one.folder.rglob("*")):
        if folder.is_dir():
            folder.chmod(0o755)
    for endpoint in one.world.unix_endpoints:
        Path(endpoint.removeprefix("unix:")).chmod(0o777)
    (one.folder / "ours").mkdir()
    os.chown(one.folder / "ours", 0, GROUP)
    (one.folder / "ours").chmod(0o2770)


async def by(user: int, one: Site, *argv: str) -> Done:
    whole = (*argv, "--state", str(one.folder / "ours"))
    who = f"{user} {GROUP} 022"
    return await one.start(*whole, OPERATOR_OF_TEST=who, HOME="/nonexistent").end()


@needs_root
async def test_one_goes_on_with_what_the_other_began(site: MakeSite) -> None:
    """The other one sees how it stands, what the step printed, and what the halt means, decides,
    and goes on by its name alone; the one who began it sees that."""
    one = await site(2)
    step = f'echo "installing on $1"; test -e {one.go}'
    command = ["/bin/sh", "-c", step, "step", "${member.name}"]
    back = {"command": ["/bin/true"], "vars": {"version": "v1"}}
    file = one.file(
        gates=[], upgrade={"command": command}, rollback=back, validate=[], soak="100ms"
    )
    file.chmod(0o644)
    shared(one)
    halted = await by(ANNA, one, "run", str(file), "--yes")
    assert halted.code == 5, halted.text
    assert "ended with exit code 1" in halted.out, halted.text
    told = await by(BERT, one, "status", "web", "--check")
    assert (told.code, "CRITICAL" in told.out) == (1, False), told.text
    assert (await by(BERT, one, "output", "web")).out == "installing on web1\n"
    explained = await by(BERT, one, "explain")
    assert "LIMIT     every step must end with exit code 0 within" in explained.out
    resumed = await by(BERT, one, "resume", "web", "--reason", "mended")
    assert resumed.code == 0, resumed.text
    one.go.touch()
    done = await by(BERT, one, "run", "web", "--yes")
    assert done.code == 0, done.text
    brief = await by(ANNA, one, "status", "--brief")
    assert brief.out.startswith("web: DONE, upgrade to "), brief.text
    undone = await by(ANNA, one, "rollback", "web", "--yes")
    assert undone.code == 0, undone.text
