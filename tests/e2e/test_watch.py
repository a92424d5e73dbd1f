"""The board of a rollout that another process runs."""

from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.terminal import at_terminal
from tests.support.waiting import until


async def test_board_beside_the_run(site: MakeSite) -> None:
    """It shows who is in progress and what users meet, from the journal and looks of its own, says
    that it only watches, and ends with the rollout, whose end it tells."""
    one = await site(2)
    running = one.begin(one.file(upgrade=one.upgrade(held=True)))
    await one.until_phase("web1", Phase.UPGRADING, running)
    async with one.users(rate=50):
        argv = ("status", "web", "--watch", "--state", str(one.state))
        with at_terminal(*argv, size=(100, 30)) as terminal:
            standing = ("members  ", "floor    1 serve, at least 1 must", "step 1 of 1 runs")
            await terminal.until_stands(*standing, "none failing; ", "watching from beside")
            one.go.touch()
            assert (await running.end()).code == 0
            done = await terminal.end()
    assert done.code == 0, done.out
    assert "rollout web: done" in terminal.glass.text
    assert "back in rotation and healthy everywhere" in done.out


async def test_in_a_pipe_it_is_lines(site: MakeSite) -> None:
    """One for what happens from now on."""
    one = await site(2)
    running = one.begin(one.file(gates=[], upgrade=one.upgrade(held=True)))
    await one.until_phase("web1", Phase.UPGRADING, running)
    watching = one.start("status", "web", "--watch", "--state", str(one.state))
    one.go.touch()
    await until(lambda: "validating from outside" in watching.err, 20, watching.err)
    assert (await running.end()).code == 0
    done = await watching.end()
    assert (done.code, "rollout web: done" in done.out) == (0, True), done.text
