"""Events and plans without secrets: what is masked here is in no journal, and so in no log, report,
notice or metric that is made of it (S12)."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, TypeVar

from controller.core import events as e
from controller.core.events import Event, Observation
from controller.core.plan.abilities import ByHand
from controller.core.plan.plan import Plan
from controller.core.pool.copies import replace
from controller.secrets import Secrets

T = TypeVar("T", bound=Event | Observation)

TEXTS: Final[Mapping[type, tuple[str, ...]]] = {
    e.RunBegan: ("overrides", "reason", "ticket", "ignores_windows"),
    e.Halted: ("seen", "limit"),
    e.Finished: ("why", "told", "until"),
    e.PoolStepFailed: ("why",),
    e.GateSampled: ("reason", "queries"),
    e.LockLost: ("why",),
    e.StopRequested: ("why",),
    e.PauseRequested: ("reason",),
    e.ResumeRequested: ("reason",),
    e.SettingFailed: ("why",),
    e.RampRefused: ("why",),
    e.GuardAnswered: ("detail",),
    e.QuestionsAnswered: ("detail",),
    e.StepEnded: ("detail", "output", "may_run", "note", "limit"),
    e.Validated: ("detail",),
    e.Collected: ("name", "detail", "output"),
    e.MemberGone: ("why",),
    e.StepsUndone: ("why",),
    e.MemberLeft: ("why",),
    e.SoakEnded: ("note",),
    e.MemberFailed: ("why",),
    e.MemberKept: ("why",),
    e.LookFailed: ("why",),
    e.UseSeen: ("detail",),
    e.ProbeSeen: ("detail",),
    e.WindowSeen: ("why", "opens"),
    e.JournalSeen: ("fault", "why"),
    e.JournalStalled: ("why",),
    e.RequestsSeen: ("fault",),
    e.BugSeen: ("what",),
    e.SightLost: ("why",),
}
"""Text for people, which may hold whatever somebody wrote. All other fields are names, and decide
what is done."""


def masked_event(event: T, secrets: Secrets) -> T:
    changes = {name: _masked(getattr(event, name), secrets) for name in TEXTS.get(type(event), ())}
    return replace(event, **changes) if changes else event


def masked_plan(plan: Plan, secrets: Secrets) -> Plan:
    """Variables of members may be secret; a run takes them from the rollout file, never from
    here. So may what a command to be typed by hand has of them."""
    members = tuple(
        replace(one, vars={name: secrets.masked(text) for name, text in one.vars.items()})
        for one in plan.members
    )
    before = {
        name: {key: secrets.masked(text) for key, text in ran.items()}
        for name, ran in plan.before.items()
    }
    left = {name: secrets.masked(how) for name, how in plan.left.items()}
    by_hand = replace(
        plan.by_hand,
        **{one.name: _masked(getattr(plan.by_hand, one.name), secrets) for one in fields(ByHand)},
    )
    return replace(plan, members=members, left=left, by_hand=by_hand, before=before)


def _masked(value: Any, secrets: Secrets) -> Any:
    match value:
        case str():
            return secrets.masked(value)
        case tuple():
            return tuple(_masked(one, secrets) for one in value)
        case _:
            return {key: _masked(one, secrets) for key, one in value.items()}
