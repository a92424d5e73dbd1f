"""A night without users: judged by requests of our own through a real HAProxy, by its cookie."""

from typing import Any

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site

WITHIN = {"soak": "1s"}


def through(one: Site, cookie: str) -> dict[str, Any]:
    url = f"http://127.0.0.1:{one.world.frontends[0]}/"
    return {"through": {"url": url, "cookie": cookie, "headers": {"X-Token": "s3cret"}}}


def patient(hold: str) -> list[dict[str, Any]]:
    measure = {"measure": "error_ratio", "scope": "member"}
    gate = {"name": "errors", "haproxy": measure, "max": "1%", "every": "100ms"}
    return [{**gate, "inconclusive": {"hold": hold}}]


async def test_judged_through_the_load_balancer(site: MakeSite) -> None:
    """By a pin that HAProxy does not know, nobody passes. A good version goes through, and plan and
    report say by what. One that is well in its health check, and fails half of all else, is halted.
    """
    one = await site(2)
    astray = one.file(quiet=through(one, "SRV=no-${member.name}"), gates=patient("10s"), **WITHIN)
    done = await one.run(astray)
    assert done.code == 4, done.text
    assert "requests of our own arrived at web1: the pin does not work" in done.out
    assert await one.world.member_versions() == {"web1": "v2", "web2": "v1"}
    assert (await one.command("abort", "web")).code == 0

    pinned = through(one, "SRV=${member.name}")
    good = one.file(quiet=pinned, **WITHIN)
    plan = await one.command("plan", str(good))
    assert plan.code == 0, plan.text
    assert ", pinned by cookie SRV=web1, once the load balancer has counted them" in plan.out
    done = await one.run(good)
    assert done.code == 0, done.text
    for name in ("web1", "web2"):
        (line,) = [one for one in done.err.splitlines() if f"{name}      done (" in one]
        assert "requests of our own through the load balancer, no user came" in line
    assert await one.world.member_versions() == {"web1": "v2", "web2": "v2"}

    bad = one.file(quiet=pinned, upgrade=one.upgrade({"fail_every": 2}), **WITHIN)
    done = await one.run(bad)
    assert done.code == 4, done.text
    assert "gate 'errors': no user came; of our own requests, " in done.out
    state = one.rollout()
    assert state is not None
    assert {name: str(m.phase) for name, m in state.members.items()} == {
        "web1": "failed",
        "web2": "waiting",
    }
    assert "s3cret" not in plan.text + done.text
