"""What a step prints, from another shell: live, and without secrets."""

from typing import Any

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.support.waiting import until

TOKEN = "hunter2-hunter2"


def talks(one: Site) -> dict[str, Any]:
    """A step that says something, waits, and says more."""
    script = (
        'echo began; echo "with ${vars.db_token}"; '
        f'until [ -e "{one.go}" ]; do sleep 0.02; done; '
        'echo over; exec "$$@"'
    )
    argv = ["/bin/sh", "-c", script, "step", *one.world.upgrade_argv("v2", takes_ms=0), "--wait"]
    return {"command": argv, "timeout": "20s"}


async def test_output_of_a_step_that_runs(site: MakeSite) -> None:
    """Followed while it runs, to its end and to that of the next one; then whole, of any member;
    what is secret is masked in all of it."""
    one = await site(2)
    file = one.file(
        gates=[], upgrade=talks(one), vars={"version": "v2", "db_token": TOKEN}, soak="100ms"
    )
    running = one.begin(file)
    await until(lambda: one.phase("web1") == "upgrading", 20, "the step")
    following = one.start("output", "web", "--follow", "--state", str(one.state))
    await until(lambda: "with ***" in following.out, 20, f"the first words: {following.err}")
    assert "over" not in following.out
    one.go.touch()
    assert (await running.end()).code == 0
    done = await following.end()
    assert done.code == 0, done.text
    assert done.out == "began\nwith ***\nover\n" * 2
    assert "== web2: upgrade, step 1: " in done.err
    whole = await one.command("output", "web", "web1")
    assert (whole.code, whole.out) == (0, "began\nwith ***\nover\n"), whole.text
    assert TOKEN not in done.text + whole.text
    none = await one.command("output", "web", "web9")
    assert (none.code, "no step of web9 has begun" in none.err) == (3, True)
