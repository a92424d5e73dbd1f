"""Replay of a journal, record by record: each event, the state after it, and its sentence."""

from dataclasses import dataclass

from controller.core import events as e
from controller.core.phases import IllegalMove, Phase
from controller.core.plan.plan import Plan
from controller.core.state.apply import apply
from controller.core.state.state import State, initial
from controller.core.steps import SetMember, Setting
from controller.errors import StateError
from controller.journal.codec import PLAN, decode
from controller.records import Record
from controller.report.run.sentences import sentence
from controller.report.words import count, names


@dataclass(frozen=True, slots=True)
class Replayed:
    """One record, and what it changed."""

    record: Record
    value: e.Event | Plan
    before: State
    after: State
    member: str
    """The member that the sentence is about; empty: the rollout."""
    sentence: str
    """Empty for events that are not shown."""


class Replay:
    """Reads records in order and keeps the state that results."""

    def __init__(self) -> None:
        self.plan: Plan | None = None
        self.state: State | None = None

    def read(self, record: Record) -> Replayed:
        """Raises StateError for a record that cannot be read, or cannot be here."""
        value = decode(record.kind, record.body)
        if record.kind == PLAN:
            self.plan, self.state = value, initial(value)
            return Replayed(record, value, self.state, self.state, "", _planned(value))
        if self.plan is None or self.state is None:
            raise StateError(f"rollout {record.rollout} has no plan in the journal")
        before = self.state
        try:
            self.state = apply(self.plan, before, value, record.at)
        except (IllegalMove, KeyError) as error:
            raise StateError(
                f"record {record.seq} of rollout {record.rollout}, a {record.kind}, does not "
                f"follow from those before it ({error}): another version of poolroll wrote it?"
            ) from None
        member, said = _said(value, before, self.state) or ("", "")
        return Replayed(record, value, before, self.state, member, said)


def _planned(plan: Plan) -> str:
    return (
        f"planned: {count(len(plan.members), 'member')} of {names(plan.backends)}, at most "
        f"{plan.max_unavailable} out at a time, never fewer than {plan.min_available} serving"
    )


def _said(event: e.Event, before: State, after: State) -> tuple[str, str] | None:
    """As in the log of the run, except what depends on looks: the journal has none."""
    match event:
        case e.RunBegan():
            return "", _began(event)
        case e.MemberSet(member, Setting.DRAIN):
            return member, "takes no new traffic"
        case e.Intended(SetMember(member, Setting.HOLD)) if _is_leaving(after, member):
            return member, "taken out of rotation"
        case e.Intended(SetMember(member, Setting.CUT)):
            return member, "drain timeout reached: closing what is left (on_timeout)"
        case e.OperatorAnswered(member, go_on):
            return member, f"the operator said {'yes' if go_on else 'no'}"
        case _:
            return sentence(event, before, after)


def _is_leaving(state: State, member: str) -> bool:
    return state.members[member].phase in (Phase.HOLDING, Phase.OUT)


def _began(run: e.RunBegan) -> str:
    parts = [f"run started by {run.by}"]
    parts += [f"ticket {run.ticket}"] if run.ticket else []
    parts += [f"reason: {run.reason}"] if run.reason else []
    if run.only:
        parts.append(f"only {names(run.only)}")
    if run.stepwise:
        parts.append("asking before each member")
    parts += [f"gate {gate} overridden: {reason}" for gate, reason in run.overrides.items()]
    if run.ignores_windows:
        parts.append(f"windows ignored: {run.ignores_windows}")
    return "; ".join(parts)
