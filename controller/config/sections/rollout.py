"""The top level of the rollout file."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from controller.config.sections.collected import Collected
from controller.config.sections.drain import Drain
from controller.config.sections.failures import Failures
from controller.config.sections.gates import (
    DEFAULT_GATE,
    GateSection,
    gates_by_scripts,
    with_own_gates,
)
from controller.config.sections.hosts import Hosts
from controller.config.sections.kinds import (
    Argument,
    Duration,
    Label,
    RolloutName,
    Section,
    Text,
    one_of,
)
from controller.config.sections.notify import Heartbeat, Notification
from controller.config.sections.pool import Pool
from controller.config.sections.prepare import Prepare
from controller.config.sections.questions import Question
from controller.config.sections.require import Require
from controller.config.sections.returning import Return
from controller.config.sections.snapshot import Snapshot
from controller.config.sections.state import State
from controller.config.sections.through import QuietKey
from controller.config.sections.upgrade import Rollback, Upgrade
from controller.config.sections.validation import Validation
from controller.config.sections.windows import FinishByText, FreezeEntry, WindowText

_ON_HOSTS: dict[str, Any] = {"oneOf": [{"required": ["command"]}, {"required": ["steps"]}]}


_WAY_BACK: dict[str, Any] = {"anyOf": [{"required": [key]} for key in ("command", "steps", "vars")]}


class Rollout(Section):
    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["rollback"]},
                {"properties": {"on_failure": {"const": "halt"}}},
                {"properties": {"pool": {"required": ["kubernetes"]}}},
                {"required": ["snapshot"]},
            ],
            "if": {"properties": {"pool": {"required": ["haproxy"]}}},
            "then": {
                "required": ["upgrade"],
                "properties": {"upgrade": _ON_HOSTS, "rollback": _WAY_BACK},
            },
        }
    )

    api_version: Annotated[Literal["poolroll/v1"], one_of("poolroll/v1")] = Field(
        alias="apiVersion", examples=["poolroll/v1"]
    )
    name: RolloutName = Field(
        description="Name of the rollout, for all commands; each pool needs its own.",
        examples=["web"],
    )
    owner: Text | None = Field(default=None, description="Whom to call; shown at a halt.")
    runbook: Text | None = Field(default=None, description="Your runbook; shown at a halt.")
    vars: dict[Label, Argument] = Field(
        default={}, description="${vars.…}; --set on the command line overrides them."
    )
    pool: Pool = Field(
        description="The members and their load balancers.", examples=["{haproxy: {…}}"]
    )
    hosts: Hosts | None = Field(
        default=None, description="How the hosts of members are reached, for `ssh` and `reboot`."
    )
    preflight: list[Question] = Field(
        default=[],
        description="Read-only questions to every member: before anything is touched, and to each "
        "once more just before it is taken out. One that does not hold refuses, then halts.",
    )
    drain: Drain = Field(default_factory=Drain, description="How a member is drained.")
    prepare: Prepare | None = Field(
        default=None,
        description="What is done days ahead, by `poolroll prepare`; `run` asks whether it holds.",
    )
    upgrade: Upgrade = Field(
        default_factory=Upgrade,
        description="What upgrades one member. Required, but for the pods of a Service.",
        examples=["{command: [ssh, HOST, …]}"],
    )
    rollback: Rollback | None = Field(
        default=None, description="How to go back to the former version."
    )
    validations: list[Validation] = Field(
        default=[], alias="validate", description="Probes from outside; all must pass."
    )
    returning: Return = Field(
        default_factory=Return, alias="return", description="How a member comes back."
    )
    soak: Duration = Field(
        default="30s", description="How long gates watch a member under full traffic."
    )
    gates: list[GateSection] = Field(
        default=[DEFAULT_GATE],
        description="What stops the rollout. Left out: gates on the error ratio and on "
        "response times (with kubernetes: those on the members themselves; with hosts that do "
        "not count: none); []: none. The first "
        "stays on beside gates that only ask a metrics system, the second beside all that measure "
        "something else, but for an entry {name: errors, builtin: false}.",
    )
    quiet: QuietKey | None = Field(
        default=None,
        description="With gates on HAProxy's own counters, for a member that no user comes to. "
        "probe: it is judged by requests of poolroll's own, as the first entry of `validate` "
        "by http asks that names the member, or as `through` says; pass: unjudged, at the end of "
        "its soak; halt: the rollout waits for users, then halts (`inconclusive`). Left out: probe "
        "where there is such an entry, else halt.",
    )
    on_failure: Annotated[
        Literal["halt", "rollback_member", "rollback_all", "revert_member"],
        one_of("halt", "rollback_member", "rollback_all", "revert_member"),
    ] = Field(
        default="halt",
        description="What is done after a failure. revert_member: the failed member goes back to "
        "its `snapshot`, is validated and returned; `rollback.vars` say what the former version "
        "is. The rollout is halted all the same.",
    )
    snapshot: Snapshot | None = Field(
        default=None,
        description="A snapshot of each member, made before its first step.",
    )
    collect: list[Collected] = Field(
        default=[],
        description="What is fetched from a member that failed, once all are at rest and before it "
        "goes back; and from one that did not, to compare. It changes nothing.",
    )
    failures: Failures | None = Field(
        default=None,
        description="How many members may be left behind. Left out: none, each halts the rollout.",
    )
    order: Annotated[Literal["down_first", "listed"], one_of("down_first", "listed")] = Field(
        default="down_first",
        description="Order of members, after the canaries. down_first: those that do not serve "
        "come first, since they cost no capacity; listed: as the load balancer lists them.",
    )
    windows: list[WindowText] = Field(
        default=[],
        description="When members may be taken up: days, times and time zone, like 'Mon-Fri "
        "10:00-16:00 Europe/Berlin'. One that crosses midnight belongs to the day on which it "
        "begins. Left out: at any time.",
    )
    freeze: list[FreezeEntry] = Field(
        default=[],
        description="When no member is taken up, whatever the windows say: dates, ranges like "
        "2026-12-20..2027-01-06 (with times, if you like), or {ics: PATH}, each with a time zone "
        "unless the windows name one.",
    )
    finish_by: FinishByText | None = Field(
        default=None,
        description="When all has to be done, like '06:00 Europe/Berlin' or '2026-12-01 06:00 "
        "UTC': a run that would not be done by then does not begin.",
    )
    resume_policy: Annotated[Literal["resume", "hold"], one_of("resume", "hold")] | None = Field(
        default=None,
        description="What the next `run` does with an unfinished rollout. resume: it goes on, "
        "after a halt too; hold: it waits for `poolroll resume`, after a crash or a stop too. "
        "Left out: hold after a halt, resume after a crash or a stop.",
    )
    confirm: Annotated[Literal["name"], one_of("name")] | None = Field(
        default=None,
        description="name: who starts a run types the name of the rollout instead of y, as with "
        "more than 20 members. `--yes` answers that, too.",
    )
    notify: list[Notification] = Field(
        default=[], description="Who is notified, and of which events."
    )
    heartbeat: Heartbeat | None = Field(
        default=None, description="A sign of life while a process runs the rollout."
    )
    require: Require | None = Field(
        default=None, description="What a run must be told before it begins: why, on which order."
    )
    state: State | None = Field(
        default=None, description="Where journal, history and locks are; default: a folder here."
    )

    @model_validator(mode="before")
    @classmethod
    def _own_gates(cls, data: Any) -> Any:
        """Where the file does not write them, those of its kind of pool."""
        if not isinstance(data, dict) or not isinstance(data.get("pool"), dict):
            return data
        pool, hosts = (data["pool"].get(kind) for kind in ("kubernetes", "hosts"))
        if data.get("gates", ...) is None:
            return data
        if isinstance(pool, dict):
            return {**data, "gates": with_own_gates(pool, data.get("gates"))}
        if isinstance(hosts, dict):
            counts = hosts.get("counts") is True
            return {**data, "gates": gates_by_scripts(data.get("gates"), counts=counts)}
        return data
