"""Output of `plan --json`. The models are its published schema (`schema plan`)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema

from controller.core.events import Answer, Reply
from controller.core.forecast.load import Expected, Load
from controller.core.forecast.stake import CERTAINTY, Loss
from controller.core.forecast.traffic import Traffic
from controller.core.plan.plan import Plan
from controller.core.state.state import State
from controller.hosts_seen import HostsSeen
from controller.records import RolloutRow
from controller.report.members.status import member_status
from controller.report.plan.hosts_json import HostValue, host_values
from controller.report.plan.work import ShownWork
from controller.report.plan.work_json import WorkValue


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CapacityValue(_Value):
    serving: int = Field(
        description="Members in rotation and healthy, on the load balancer with the fewest."
    )
    max_unavailable: int
    min_available: int


class UnlessValue(_Value):
    answer: str = Field(description="needed, present or refused.")
    detail: str


class PreflightValue(_Value):
    answer: str = Field(description="holds, fails or not reached.")
    detail: str


class OthersLoad(_Value):
    instance: str
    backend: str
    serving: int
    carriers: int = Field(description="Members left to serve while max_unavailable are out.")
    sessions: int | None = Field(description="Open now, in the whole backend; null: not known.")
    room: int | None = Field(description="The sum of the carriers' maxconn; null: no limit.")


class Duration(_Value):
    turns: int
    wait_seconds: float = Field(description="Per turn: sticky clients, settling, ramp and soak.")
    command_seconds: float | None = Field(description="Per turn, as last time.")
    total_seconds: float | None = Field(
        description="null: the duration of the commands is not known."
    )


class RequestsValue(_Value):
    per_second: float = Field(description="Of the whole pool, measured over one second.")
    member_per_second: float = Field(description="Of one upgraded member, at most.")


class AtStake(_Value):
    failing_ratio: float = Field(
        description="The share of its requests that the new version fails, 0 to 1."
    )
    gate: str | None = Field(description="The gate that stops it; null: none is certain to.")
    requests: int | None = Field(description="How many fail, at most; null: no bound.")
    seconds: float | None = Field(
        description="From the first to the last failure, at most; null: no bound."
    )
    likely_requests: int | None = Field(description="In half of such rollouts, no more fail.")
    likely_seconds: float | None = Field(description="In half of such rollouts, no longer.")
    per_second: float = Field(description="Requests that may fail per second, at most.")
    why: list[str] = Field(description="Without a bound: for each gate, why it may not stop it.")
    certainty: float = Field(description="Share of such rollouts in which the bound holds.")


class UnfinishedValue(_Value):
    """An unfinished rollout that a run would continue."""

    id: str
    started: str = Field(description="UTC, ISO 8601.")
    by: str
    members: dict[str, str] = Field(description="Member to its status, in words.")


class PlanValue(_Value):
    """Output of `poolroll plan FILE --json`. Durations are in seconds."""

    name: str
    refusals: list[str] = Field(description="Empty: a run would start.")
    notes: list[str]
    order: list[str] = Field(description="Members that the run would touch, in order.")
    not_in_this_run: list[str] = Field(description="Members left for another run.")
    unfinished: UnfinishedValue | None = Field(
        description="The unfinished rollout that the run would continue."
    )
    canaries: list[str]
    left_out: dict[str, str] = Field(description="Member to how it was found out of rotation.")
    capacity: CapacityValue | None = Field(description="null, as below, where there is no plan.")
    outage_seconds: float | None = Field(
        description="How long each member may be out at most; null: others serve in its place."
    )
    variables: dict[str, str] = Field(description="What `${vars.…}` means in that run.")
    before: dict[str, dict[str, str]] = Field(
        description="Member to the variables with which it was upgraded last; others: not known."
    )
    already_there: list[str] = Field(description="Members that the run would skip.")
    work: list[WorkValue] = Field(
        description="What is done to the first member; with --verbose, to each."
    )
    hosts: list[HostValue] = Field(description="Hosts that steps go to by ssh, as they were seen.")
    gates_now: dict[str, str]
    unless: dict[str, UnlessValue]
    preflight: dict[str, PreflightValue] = Field(description="Member to what it answered now.")
    others: list[OthersLoad] = Field(description="Load on the other members while some are out.")
    duration: Duration | None
    traffic: RequestsValue | None = Field(description="null, too, where requests are not counted.")
    at_stake: list[AtStake] = Field(description="Empty, too, where requests are not counted.")

    @classmethod
    def of(
        cls,
        name: str,
        plan: Plan | None,
        *,
        refusals: Sequence[str],
        notes: Sequence[str],
        gates: Mapping[str, str],
        unless: Mapping[str, tuple[Answer, str]],
        replies: Mapping[str, tuple[Reply, str]] = MappingProxyType({}),
        ahead: tuple[Traffic, Sequence[Loss], Sequence[Load], Expected] | None,
        aside: Sequence[str] = (),
        former: tuple[RolloutRow, Plan, State] | None = None,
        present: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        before: Mapping[str, Mapping[str, str]] | None = None,
        works: Sequence[ShownWork] = (),
        hosts: HostsSeen | None = None,
    ) -> Self:
        """`plan`: what the run would do; `aside`: members that it would leave for another run;
        `former`: the unfinished rollout that it would continue."""
        return cls(
            name=name,
            refusals=list(refusals),
            notes=list(notes),
            order=[member.name for member in plan.members] if plan else [],
            not_in_this_run=list(aside),
            unfinished=_unfinished(*former) if former else None,
            canaries=list(plan.canaries) if plan else [],
            left_out=dict(plan.left) if plan else {},
            capacity=_capacity(plan) if plan else None,
            outage_seconds=_outage(plan) if plan else None,
            variables=dict(variables or {}),
            before={name: dict(ran) for name, ran in (before or {}).items()},
            already_there=list(present),
            work=[WorkValue.of(one) for one in works],
            hosts=host_values(hosts),
            gates_now=dict(gates),
            unless={k: UnlessValue(answer=str(a), detail=d) for k, (a, d) in unless.items()},
            preflight={k: PreflightValue(answer=str(a), detail=d) for k, (a, d) in replies.items()},
            others=[_load(load) for load in ahead[2]] if ahead else [],
            duration=_duration(ahead[3]) if ahead else None,
            traffic=_traffic(ahead[0]) if ahead and ahead[0].is_counted else None,
            at_stake=[_at_stake(loss) for loss in ahead[1]] if ahead else [],
        )


def _unfinished(row: RolloutRow, plan: Plan, state: State) -> UnfinishedValue:
    return UnfinishedValue(
        id=row.id,
        started=row.started.isoformat(),
        by=row.by,
        members={m.name: member_status(plan, state, m) for m in state.members.values()},
    )


def _capacity(plan: Plan) -> CapacityValue:
    return CapacityValue(
        serving=plan.serving,
        max_unavailable=plan.max_unavailable,
        min_available=plan.min_available,
    )


def _outage(plan: Plan) -> float | None:
    budget = plan.policies.outage
    return None if budget is None else budget.total_seconds()


def _load(load: Load) -> OthersLoad:
    return OthersLoad(
        instance=load.instance,
        backend=load.backend,
        serving=load.serving,
        carriers=load.carriers,
        sessions=load.sessions,
        room=load.room,
    )


def _duration(expected: Expected) -> Duration:
    took, total = expected.commands, expected.total
    return Duration(
        turns=expected.turns,
        wait_seconds=expected.waits.total_seconds(),
        command_seconds=None if took is None else took.total_seconds(),
        total_seconds=None if total is None else total.total_seconds(),
    )


def _traffic(traffic: Traffic) -> RequestsValue:
    return RequestsValue(per_second=traffic.pool, member_per_second=traffic.member)


def _at_stake(loss: Loss) -> AtStake:
    return AtStake(
        failing_ratio=loss.ratio,
        gate=loss.gate,
        requests=loss.requests,
        seconds=None if loss.duration is None else loss.duration.total_seconds(),
        likely_requests=None if loss.likely is None else loss.likely[0],
        likely_seconds=None if loss.likely is None else loss.likely[1].total_seconds(),
        per_second=loss.per_second,
        why=list(loss.why),
        certainty=CERTAINTY,
    )


def plan_schema() -> dict[str, Any]:
    schema = PlanValue.model_json_schema(mode="serialization")
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema, "title": "poolroll plan"}
