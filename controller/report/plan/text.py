"""The plan as text, for the operator to confirm."""

from collections.abc import Collection, Mapping, Sequence

from controller.core.gates.figures import span
from controller.core.gates.gate import Gate, Scope, SeenGate
from controller.core.gates.limit import limit
from controller.core.gates.quiet import OWN, Quiet
from controller.core.plan.plan import Plan, Purpose
from controller.core.settings import OnFailure, Policies, ReturnPolicy, Settings
from controller.core.state.state import State
from controller.records import RolloutRow
from controller.report.plan.outage import outage_lines
from controller.report.run.summary import status_lines
from controller.report.times import moment
from controller.report.words import count, names


def plan_text(
    plan: Plan,
    settings: Settings,
    notes: Sequence[str],
    gates_now: Mapping[str, str],
    ahead: Sequence[str] = (),
    *,
    whole: Plan | None = None,
    aside: Sequence[str] = (),
    present: Collection[str] = (),
    versions: Sequence[str] = (),
    work: Sequence[str] = (),
    hosts: Sequence[str] = (),
    through: str = "",
) -> list[str]:
    """`gates_now`: gate → its verdict now; `ahead`: see `report.plan.forecast`; `whole`: the whole
    plan, of which a run would do the part `plan`; `aside`: members that it leaves for another;
    `present`: who is already there; `versions`, `work`, `hosts`: see there; `through`: how
    requests of our own get to a member, of the first one."""
    policies = plan.policies
    lines = [
        f"rollout {plan.name}: {share(plan, whole)} of {names(plan.backends)} behind "
        + names(plan.instances),
        "",
        "order",
        *_order(plan, present),
        *([f"  not in this run: {names(aside)}"] if aside else []),
        *versions,
        *hosts,
        "",
        "capacity",
        f"  {plan.serving} serve now; at most {plan.max_unavailable} out because of us at any "
        f"time; never fewer than {plan.min_available} serving",
        *outage_lines(plan),
        "",
        "gates",
        *_gates(policies.gates, gates_now),
        *_quiet(policies, through),
        f"  on failure: {_on_failure(policies.on_failure)}",
        *_collected(plan),
        "",
        "each member",
        *_asked(plan),
        f"  drain    {_drain(plan)}",
        *(["  snapshot before the first step"] if plan.upgrade.saves else []),
        f"  upgrade  {count(plan.upgrade.steps, 'step')}"
        + (", unless already there" if plan.upgrade.has_guard else ""),
        *_point_of_no_return(plan),
        f"  return   its health check passes within {span(policies.comeback.within)}"
        + _ramp(policies.comeback),
        f"  soak     {span(policies.soak)} under full traffic",
        *work,
    ]
    lines += ["", *ahead] if ahead else []
    remarks = [*notes, *settings.warnings]
    return [*lines, "", "notes", *(f"  {remark}" for remark in remarks)] if remarks else lines


def share(plan: Plan, whole: Plan | None) -> str:
    """`3 members`, or `1 of 3 members` where the run is limited or a part is done already."""
    most = len(whole.members) if whole is not None else len(plan.members)
    part = "" if most == len(plan.members) else f"{len(plan.members)} of "
    return part + count(most, "member")


def going_on(plan: Plan, row: RolloutRow, state: State) -> list[str]:
    """What a run continues: the members as an earlier run left them."""
    began = f"{moment(row.started)} by {row.by}"
    return [f"rollout {plan.name} goes on, begun {began}", *status_lines(plan, state)]


def _order(plan: Plan, present: Collection[str]) -> list[str]:
    width = max((len(member.name) for member in plan.members), default=0)
    return [
        f"  {i:>2}. {m.name:<{width}}  {m.address}"
        + (f":{m.port}" if m.port else "")
        + _revision(plan, m.name)
        + ("  canary" if m.name in plan.canaries else "")
        + ("  already there" if m.name in present else "")
        for i, m in enumerate(plan.members, 1)
    ] or ["  nothing is left to do"]


def _revision(plan: Plan, member: str) -> str:
    """What it runs now, where the load balancers know."""
    revisions = {seat.occupant.revision: None for seat in plan.seats.get(member, ())}
    return "".join(f"  {one}" for one in revisions if one)


def _gates(gates: Sequence[Gate], now: Mapping[str, str]) -> list[str]:
    if not gates:
        return ["  NO GATES: NOTHING STOPS THIS ROLLOUT WHEN USERS SEE ERRORS"]
    lines = []
    for gate in gates:
        what = "each member since its return" if gate.scope is Scope.MEMBER else "the pool"
        lines.append(f"  {gate.name}: {what}, every {span(gate.every)}: {limit(gate)}")
        if gate.name in now:
            lines.append(f"    now: {now[gate.name]}")
    return lines


def _quiet(policies: Policies, through: str) -> list[str]:
    """What becomes of a member that no user comes to."""
    gates = [g for g in policies.gates if isinstance(g, SeenGate) and g.scope is Scope.MEMBER]
    if not gates:
        return []
    hold = max(gate.hold for gate in gates)
    how = {
        Quiet.PROBE: f"judged by {OWN} requests of our own to it, as `validate` asks (quiet: "
        "probe)",
        Quiet.THROUGH: f"judged by {OWN} requests of our own through {through}, once the load "
        "balancer has counted them there (quiet: through)",
        Quiet.PASS: "passes unjudged (quiet: pass)",
        Quiet.HALT: f"waits {span(hold)} for users, then halts (quiet: halt)",
    }
    return [f"  if no user comes to a member: {how[policies.quiet]}"]


def _point_of_no_return(plan: Plan) -> list[str]:
    at = plan.upgrade.irreversible
    if at is None or plan.purpose is not Purpose.UPGRADE:
        return []
    return [
        f"  POINT OF NO RETURN: FROM STEP {at + 1} ON A MEMBER IS NEITHER ROLLED BACK NOR REVERTED "
        "(reversible: false)"
    ]


def _collected(plan: Plan) -> list[str]:
    if not plan.collects:
        return []
    what = count(plan.collects, "thing")
    return [
        f"  collect: {what} from a member that failed, and from a good one to compare; kept in the "
        "journal"
    ]


def _asked(plan: Plan) -> list[str]:
    if not plan.upgrade.has_questions:
        return []
    return ["  ask      `preflight`, once more just before it is taken out"]


def _drain(plan: Plan) -> str:
    policy = plan.policies.drain
    what = f"work in flight has {span(policy.timeout)} to end, then {policy.on_timeout}"
    if plan.settle:
        what += f"; its steps begin when it has been out for {span(plan.settle)}"
    if policy.idle is not None:
        what += "; and not before drain.idle shows that nobody uses it"
    if not plan.sticky:
        return what
    kinds = ", ".join(f"{backend} ({kind})" for backend, kind in plan.sticky.items())
    return (
        f"{what}; clients of {kinds} may still come for {span(policy.sticky)}, then they are "
        "sent elsewhere and may lose their session"
    )


def _ramp(policy: ReturnPolicy) -> str:
    if not policy.ramp:
        return ""
    steps = ", ".join(f"{share} %" for share in policy.ramp)
    return f", then {steps} of its weight for {span(policy.hold)} each, gates watching"


def _on_failure(policy: OnFailure) -> str:
    return {
        OnFailure.HALT: "halt",
        OnFailure.ROLLBACK_MEMBER: "roll the failed member back, then halt",
        OnFailure.REVERT_MEMBER: "revert the failed member to its snapshot, then halt",
        OnFailure.ROLLBACK_ALL: "roll every upgraded member back, newest first, then halt",
    }[policy]
