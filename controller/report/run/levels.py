"""The kind and the log level of what is said about an event."""

from controller.core import events as e
from controller.core.events import Event, Observation


def kind_of(event: Event | Observation) -> str:
    """The event's name; for an intention, the step's."""
    return type(event.step if isinstance(event, e.Intended) else event).__name__


def level_of(event: Event | Observation) -> str:
    """The log level of a sentence: `info`, `warning` or `error`."""
    match event:
        case e.OutageSpent(percent=percent):
            return "error" if percent == 100 else "warning" if percent >= 80 else "info"
        case e.Halted() | e.MemberStuck() | e.LockLost() | e.BugSeen() | e.SightLost():
            return "error"
        case e.RequestsSeen(fault) if fault:
            return "warning"
        case e.JournalSeen(fault=fault, is_silent=is_silent):
            return "error" if fault else "warning" if is_silent else "info"
        case (
            e.Validated(passed=False)
            | e.StepEnded(passed=False)
            | e.GateSampled(verdict=e.Verdict.FAIL)
            | e.QuestionsAnswered(reply=e.Reply.FAILS | e.Reply.UNREACHED)
        ):
            return "error"
        case e.GateSampled(verdict=e.Verdict.INCONCLUSIVE):
            return "warning"
        case e.StepEnded() if event.note:
            return "warning"
        case (
            e.LookFailed()
            | e.SettingFailed()
            | e.InstanceRestarted()
            | e.ForeignHandSeen()
            | e.CapacityShort()
            | e.MemberFailed()
            | e.MemberKept()
            | e.MemberLeft()
            | e.StepsUndone()
            | e.MemberRelapsed()
            | e.MemberRenewed()
            | e.MemberMoved()
            | e.StopRequested()
            | e.AbortRequested()
        ):
            return "warning"
        case _:
            return "info"
