"""`guard` beside a real HAProxy that is reloaded after a halt."""

from tests.e2e.conftest import MakeSite
from tests.e2e.test_status import halted
from tests.support.waiting import until


async def test_a_reload_puts_nobody_back_before_the_decision(site: MakeSite) -> None:
    """The failed member is out again within moments; `status` says that it is guarded, and how
    users fare; a second guard is refused; the decision ends it."""
    one = await site(3)
    await halted(one)
    guard = one.start("guard", "web", "--state", str(one.state))

    def is_guarded() -> bool:
        assert guard.process.poll() is None, guard.err
        return bool(list(one.state.glob("locks/guard--*.json")))

    await until(is_guarded, 60, "the guard")
    second = await one.command("guard", "web")
    assert (second.code, "is guarded already" in second.err) == (6, True), second.text
    await one.world.haproxies[0].reload()
    await until(lambda: "TAKEN OUT again" in guard.err, 60, f"the guard to act: {guard.err}")
    assert await one.admin() == {"web1": 1, "web2": 0, "web3": 0}
    async with one.users():
        told = (await one.command("status", "web")).out
    assert "GUARDED: what it left out is kept out across reloads by process " in told
    assert "USERS     not failing: none of " in told
    assert (await one.command("resume", "web", "--reason", "mended")).code == 0
    done = await guard.end()
    assert (done.code, "guard web: over: resume by " in done.out) == (0, True), done.text
