"""`guard` beside a real HAProxy that is reloaded after a halt."""

import signal

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


async def test_after_an_abort_it_is_guarded_still(site: MakeSite) -> None:
    """`abort` leaves the failed member out, and says that a reload may put it back; the guard that
    runs goes on, and a new one may be started; the next rollout ends it."""
    one = await site(3)
    await halted(one)
    guard = one.start("guard", "web", "--state", str(one.state))
    await until(lambda: bool(list(one.state.glob("locks/guard--*.json"))), 60, "the guard")
    aborted = await one.command("abort", "web")
    assert aborted.code == 0, aborted.text
    assert "web1 stays out: the next `poolroll run " in aborted.out
    assert "do not reload a load balancer: that may put web1 back in rotation" in aborted.out
    assert f"poolroll guard web --state {one.state}" in aborted.out
    await until(lambda: "is still guarded" in guard.err, 60, f"the guard: {guard.err}")
    await one.world.haproxies[0].reload()
    await until(lambda: "TAKEN OUT again" in guard.err, 60, f"the guard to act: {guard.err}")
    assert await one.admin() == {"web1": 1, "web2": 0, "web3": 0}
    checked = await one.command("status", "--check")
    assert (checked.code, "web: ABORTED" in checked.out) == (1, True), checked.text
    assert "GUARDED: what it left out" in (await one.command("status", "web")).out
    guard.signal(signal.SIGTERM)
    assert (await guard.end()).code == 7
    await one.world.haproxies[0].reload()
    assert (await one.admin())["web1"] == 0
    checked = await one.command("status", "--check")
    assert (checked.code, checked.out.startswith("POOLROLL CRITICAL")) == (2, True), checked.text
