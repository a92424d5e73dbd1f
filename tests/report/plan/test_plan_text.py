"""The plan as text: what differs from pool to pool."""

from dataclasses import replace
from datetime import timedelta

from controller.config import parse
from controller.core.gates.gate import CounterGate, MetricGate, Scope
from controller.core.gates.quiet import Quiet
from controller.core.plan.plan import Plan
from controller.core.pool import LineKey, Member, Occupant, Seat
from controller.report.plan.text import plan_text
from tests.config.pages import page
from tests.report.journals import plan


def text(of: Plan) -> str:
    return "\n".join(plan_text(of, parse(page(), "web.yaml").settings, [], {}))


def test_what_a_member_runs_now() -> None:
    """Where it is known; a member without a port has none."""
    seat = Seat(LineKey("prod", "web"), Occupant("u1", "192.0.2.7", 0, "web-5d87"))
    member = Member("web1", "192.0.2.7", 0)
    made = replace(plan(1), members=(member,), canaries=(), seats={"web1": (seat, seat)})
    assert "   1. web1  192.0.2.7  web-5d87\n" in text(made)
    assert "   1. web1  192.0.2.7:8080  canary\n" in text(plan(1))


def test_who_judges_a_member_without_users() -> None:
    """Requests of our own: where they go, and what leads them to the member."""
    gates = (CounterGate("errors", Scope.MEMBER, 0.01),)
    policies = replace(plan(1).policies, gates=gates, quiet=Quiet.THROUGH)
    of, settings = replace(plan(1), policies=policies), parse(page(), "web.yaml").settings
    shown = plan_text(of, settings, [], {}, through="http://lb/, pinned by cookie SRV=web1")
    assert shown[shown.index("gates") + 2] == (
        "  if no user comes to a member: judged by 40 requests of our own through http://lb/, "
        "pinned by cookie SRV=web1, once the load balancer has counted them there (quiet: through)"
    )


def test_when_steps_begin() -> None:
    """What is waited for where requests in flight cannot be seen."""
    assert "work in flight has 5m to end, then halt\n" in text(plan())
    made = plan(settle=timedelta(seconds=3))
    assert "its steps begin when it has been out for 3s\n" in text(made)
    idle = MetricGate("drain.idle", Scope.MEMBER, {}, maximum=0)
    policies = replace(made.policies, drain=replace(made.policies.drain, idle=idle))
    shown = text(replace(made, policies=policies))
    assert "out for 3s; and not before drain.idle shows that nobody uses it\n" in shown
