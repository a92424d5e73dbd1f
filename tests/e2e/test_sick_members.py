"""A member whose v2 does not work is met by nobody, and the rollout halts and says so (S4)."""

from typing import Any

import pytest

from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.support.command import Done
from tests.support.haproxies import HAPROXIES

ANYTHING = {"command": ["/bin/true"]}
"""A validation that proves nothing."""

SICK: dict[str, dict[str, Any]] = {
    "the app is dead": {"boot_ms": "never"},
    "its check fails": {"health": 503},
}


def assert_halt_lines(done: Done, code: int, *members: str) -> None:
    """The six lines, in their order, below their head; CALL where the file names somebody."""
    assert done.code == code, done.text
    words = [line.partition("  ")[0] for line in done.out.splitlines() if line[:1].isupper()]
    lines = [word for word in words[words.index("HALTED") + 1 :] if word != "CALL"]
    assert lines == ["SEEN", "LIMIT", "MEMBERS", "USERS", "CAN WAIT", "NEXT"], done.out
    for member in members:
        assert member in done.out
    assert "USERS     not failing" in done.out or "USERS     FAILING NOW" in done.out
    assert "to go on:   poolroll resume web --reason" in done.out
    assert "to end it:  poolroll abort web" in done.out


async def assert_nobody_met_it(one: Site, sick: dict[str, Any], within: str) -> None:
    """Upgrade web1 to the sick v2 under users of whom many hold its cookie."""
    file = one.file(
        upgrade=one.upgrade(sick, listens=False),
        validate=[ANYTHING],
        drain={"sticky": "0s"},
        **{"return": {"within": within}},
    )
    async with one.users(150, sticky_share=0.6, slow_share=0.05) as load:
        done = await one.run(file)
        assert load.tally.by_member["web1"] > 0
    assert load.tally.failed == 0, load.tally.by_failure
    assert load.tally.by_version["v2"] == 0
    assert_halt_lines(done, 5, "web1: OUT OF ROTATION")
    assert "SEEN      web1: its health check did not pass within" in done.out
    assert f"LIMIT     return.within is {within}" in done.out
    assert "USERS     not failing; no failed request" in done.out
    assert "CAN WAIT  yes: 2 members serve, the floor is 2" in done.out
    assert await one.admin() == {"web1": 1, "web2": 0, "web3": 0}
    assert one.executions() == {"web1": 1}


@pytest.mark.parametrize("haproxy", HAPROXIES, indirect=True)
@pytest.mark.parametrize("how", SICK)
async def test_fall_1(site: MakeSite, how: str) -> None:
    """With `fall 1`: exit 5, the member out, nobody met it, those who hold its cookie neither."""
    one = await site(3, server_options="check inter 100ms rise 1 fall 1")
    await assert_nobody_met_it(one, SICK[how], "1s")


async def test_slow_checks(site: MakeSite) -> None:
    """With a check every 3 s, during which a server that leaves maintenance counts as healthy."""
    one = await site(3, server_options="check inter 3s rise 1 fall 1")
    await assert_nobody_met_it(one, SICK["its check fails"], "4s")


async def test_validation_fails(site: MakeSite) -> None:
    """A member that fails its validation is never put back: exit 5, with the reason."""
    one = await site(3)
    file = one.file(
        upgrade=one.upgrade({"health": 503}), validate=[one.answers("/health", "300ms")]
    )
    async with one.users(sticky_share=0.4) as load:
        done = await one.run(file)
    assert (load.tally.failed, load.tally.by_version["v2"]) == (0, 0)
    assert_halt_lines(done, 5, "web1: OUT OF ROTATION", "web2, web3: in rotation, untouched")
    assert "503" in next(line for line in done.out.splitlines() if line.startswith("SEEN"))
    assert await one.admin() == {"web1": 1, "web2": 0, "web3": 0}


async def test_falls_ill_in_its_soak(site: MakeSite) -> None:
    """A check that fails while the member soaks takes it out again: exit 5."""
    one = await site(3)
    file = one.file(soak="20s")
    async with one.users() as load:
        running = one.begin(file)
        await one.until_phase("web1", Phase.SOAKING, running)
        one.world.set_behaviour("web1", health=503)
        done = await running.end()
    assert load.tally.failed == 0
    assert_halt_lines(done, 5, "web1: OUT OF ROTATION")
    assert "SEEN      web1 failed the health check" in done.out
    assert await one.admin() == {"web1": 1, "web2": 0, "web3": 0}


async def test_owner_and_runbook(site: MakeSite) -> None:
    """Whom to call and what to read stand in the halt message."""
    one = await site(3)
    file = one.file(
        owner="web-team, ext. 4711",
        runbook="https://wiki.example.net/web",
        upgrade={"command": ["/bin/false"]},
        gates=[],
    )
    done = await one.run(file)
    assert_halt_lines(done, 5, "web1: OUT OF ROTATION")
    assert "\nCALL      web-team, ext. 4711; runbook: https://wiki.example.net/web\n" in done.out
