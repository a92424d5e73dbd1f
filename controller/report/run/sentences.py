"""Log sentences: what happened and why, one for each event that an operator needs to see."""

from collections.abc import Iterable

from controller.core import events as e
from controller.core.events import Event, Observation
from controller.core.gates.figures import span
from controller.core.outcome import Outcome
from controller.core.phases import HELD_IN_PLACE, UPGRADED, Phase
from controller.core.pool import FULL, Line
from controller.core.state.state import State
from controller.core.steps import (
    AskGuard,
    AskOperator,
    AskQuestions,
    ClosePool,
    Collect,
    MemberStep,
    OpenPool,
    PoolStep,
    RunStep,
    SetMember,
    Setting,
    Validate,
)
from controller.legible import legible_line
from controller.report.members.roles import roles_text
from controller.report.run.journal import journal_said, requests_said
from controller.report.run.meanwhile import found_meanwhile
from controller.report.run.outage import after_how_long
from controller.report.run.outcomes import answered, collecting, ended_well, found_at, step_end
from controller.report.run.step_sentences import step_begins, validation_begins
from controller.report.run.stopping import stopping, why_not_begun
from controller.report.words import count, names

_ASKED = {
    Setting.DRAIN: "draining: no new traffic, waiting for work in flight to end",
    Setting.CHECK: "validated, on its way back: its health check must pass now",
    Setting.PUT_BACK: "passed every check, going back into rotation as found",
}


def sentence(event: Event | Observation, before: State, after: State) -> tuple[str, str] | None:
    """(member or "", sentence); None for events that are not shown."""
    said = _said(event, before, after)
    return None if said is None else (said[0], legible_line(said[1]))


def _said(event: Event | Observation, before: State, after: State) -> tuple[str, str] | None:
    match event:
        case e.JournalSeen():
            said = journal_said(event, before)
            return ("", said) if said else None
        case e.RequestsSeen(fault):
            return requests_said(fault, before)
        case e.BugSeen(what):
            return "", f"a bug in poolroll: {what}; members are brought to rest"
        case e.SightLost(member, why):
            return member, why
        case (
            e.Looked()
            | e.LookFailed()
            | e.UseSeen()
            | e.ProbeSeen()
            | e.ProbeSent()
            | e.WindowSeen()
        ):
            return _snapshot(event, before)
        case e.Intended(step):
            if isinstance(step, OpenPool | ClosePool):
                return None if before.whole.tries else ("", _pool_intent(step))
            return step.member, _intent(step, before, after)
        case e.PoolStepFailed(why) if before.whole.tries and why == before.whole.why:
            return None  # it was said of the first try
        case e.PoolOpened() | e.PoolClosed() | e.PoolStepFailed():
            return "", _pool(event)
        case e.Halted(cause, seen):
            return event.member or "", f"HALT ({cause}): {seen}"
        case e.RollbackBegan(members):
            return "", f"rolling back {names(members)}, in this order"
        case e.Finished():
            return "", _finished(event)
        case e.InstanceRestarted(instance, former, now):
            return "", (
                f"{instance} was reloaded or restarted ({former} → {now}): what was set there is "
                "set again; a lingering worker may still serve its last connections"
            )
        case e.CapacityShort() | e.CapacityBack():
            return "", _capacity(event)
        case e.RolesSeen(roles):
            return "", f"{'now ' if before.roles else ''}{roles_text(roles)}"
        case e.GateSampled():
            return _gate(event, before)
        case e.StopRequested() | e.PauseRequested() | e.ResumeRequested() | e.AbortRequested():
            return "", _operator(event, before)
        case e.JournalStalled(why):
            return "", f"the journal could not be written for a while: {why}; a step waited for it"
        case e.LockLost(why):
            return "", f"the lock was lost ({why}); this process touches nothing more"
        case e.RunBegan(by):
            return "", f"{'begun' if before.run is None else 'taken up again'} by {by}"
        case e.MemberMoved(member, was, seats) if before.members[member].phase in UPGRADED:
            here = f"it is at {seats[0].occupant} now, and was at {was}"
            return member, f"another machine since it was done ({here}): it gets its turn again"
        case _:
            return _member(event, after)


def _finished(event: e.Finished) -> str:
    """No exit code for an aborted rollout: it depends on which command aborted it."""
    code = "" if event.outcome is Outcome.ABORTED else f" (exit code {event.exit_code})"
    until = f" until {event.until}" if event.until else ""
    return event.outcome + until + code + (f": {event.why}" if event.why else "")


def _capacity(event: e.CapacityShort | e.CapacityBack) -> str:
    if isinstance(event, e.CapacityBack):
        return f"capacity is back: {event.serving} serve without the next member"
    what = f"only {event.serving} serve without the next member ({event.where})"
    return f"waiting for capacity: {what}"


def _snapshot(
    event: e.Looked | e.LookFailed | e.UseSeen | e.ProbeSeen | e.ProbeSent | e.WindowSeen,
    before: State,
) -> tuple[str, str] | None:
    if not isinstance(event, e.Looked | e.LookFailed):  # board, halt and outcome say it
        return None
    if isinstance(event, e.LookFailed):
        first = before.snapshots[event.instance].lost_since is None
        return ("", f"{event.instance} does not answer: {event.why}; holding") if first else None
    if (lost := before.snapshots[event.view.instance].lost_since) is None:
        return _held_up(event.view.lines, before)
    return "", f"{event.view.instance} answers again after {span(event.view.at - lost)}"


def _held_up(lines: Iterable[Line], before: State) -> tuple[str, str] | None:
    """What keeps a step waiting is said when that begins, and again when it ends."""
    for line in lines:
        if line.member not in before.members:
            continue
        known = before.held_up(line.member)
        if line.held_up and not known:
            return line.member, f"its step waits: {line.held_up}"
        if known and not line.held_up:
            return line.member, "its step no longer waits for that"
    return None


def _pool_intent(step: PoolStep) -> str:
    if isinstance(step, OpenPool):
        return "preparing the pool, before the first member is taken out"
    return "putting the pool back as it was found"


def _pool(event: e.PoolOpened | e.PoolClosed | e.PoolStepFailed) -> str:
    match event:
        case e.PoolOpened():
            return "the pool is prepared"
        case e.PoolClosed():
            return "the pool is as it was found"
        case _:
            return f"the pool could not be changed: {event.why}"


def _intent(step: MemberStep | Collect, before: State, after: State) -> str:
    match step:
        case SetMember():
            return _setting(step, after)
        case RunStep():
            return step_begins(step, before, after)
        case Validate():
            return validation_begins(step)
        case AskGuard():
            proving = after.members[step.member].phase is Phase.PROVING
            return (
                "asking `unless` for proof that it is there now"
                if proving
                else "asking `unless` whether it is already there"
            )
        case AskQuestions():
            return "asking `preflight` once more, before it is taken out"
        case AskOperator():
            return "asking the operator"
        case Collect():
            return collecting(step)


def _setting(step: SetMember, after: State) -> str:
    m = after.members[step.member]
    match step.setting:
        case Setting.HOLD if m.phase in HELD_IN_PLACE - {Phase.OUT}:
            return "no longer out: taking it out again"
        case Setting.HOLD:
            return _left(step.member, after, ": ") + "taken out of rotation"
        case Setting.CUT:
            what = "drain timeout reached: closing what is left (on_timeout)"
            return _left(step.member, after, ", ") + what
        case Setting.RESTORE:
            return f"going back as it was: {_unbegun(after)}"
        case Setting.REMOVE:
            return "TAKEN OUT of rotation again" + (f": {m.why}" if m.why else "")
        case Setting.PUT_BACK if step.share < FULL:
            return f"passed every check, now at {step.share} % of its weight"
        case _:
            return _ASKED[step.setting] + after_how_long(m, step.setting)


def _left(member: str, state: State, end: str = "") -> str:
    """What is in flight, then `end`; empty when that is not known, as in a replay."""
    in_flight = state.in_flight(member)
    if in_flight is None:
        return ""
    if in_use := state.in_flight_as(member):
        return in_use + end
    return (f"{count(in_flight, 'request')} in flight" if in_flight else "nothing in flight") + end


def _unbegun(state: State) -> str:
    """Why a member goes back before its upgrade has begun."""
    if state.halt is not None:
        return "the rollout halted before its upgrade began"
    if state.stop is not None or state.abort is not None:
        return "the rollout stops before its upgrade began"
    return "others were lost meanwhile, and too few serve without it"


def _gate(event: e.GateSampled, before: State) -> tuple[str, str] | None:
    last = before.gate(event.gate, event.member)
    if last is not None and last.verdict is event.verdict:
        return None
    return event.member or "", f"gate {event.gate}: {event.verdict}: {event.reason}"


def _operator(
    event: e.StopRequested | e.PauseRequested | e.ResumeRequested | e.AbortRequested,
    before: State,
) -> str:
    match event:
        case e.StopRequested():
            return f"stopping ({event.why})" + stopping(event, before)
        case e.PauseRequested(by, reason=reason):
            why = f" ({reason})" if reason else ""
            return f"paused by {by}{why}: members in progress finish, no further member starts"
        case e.ResumeRequested(by, reason):
            return f"resumed by {by}: {reason}"
        case e.AbortRequested(by, restore):
            return f"aborted by {by}" + (
                ", putting back members that pass their validation" * restore
            )


def _member(event: Event, after: State) -> tuple[str, str] | None:
    match event:
        case e.MemberSet(member, Setting.DRAIN):
            return member, f"takes no new traffic; {_left(member, after)}".removesuffix("; ")
        case e.SettingFailed(member, setting, why):
            return member, f"{setting} failed: {why}"
        case e.GuardAnswered(member, answer, detail):
            skipped = after.members[member].phase is Phase.SKIPPED
            return member, f"{answer} ({detail})" + (": skipped" if skipped else "")
        case e.QuestionsAnswered():
            return event.member, answered(event)
        case e.Collected():
            return event.member, found_at(event)
        case e.StepEnded():
            return event.member, step_end(event)
        case e.Validated(member, passed, detail):
            return member, f"validation {'passed' if passed else 'FAILED'}: {detail}"
        case e.MemberReturned(member) if after.members[member].phase is Phase.RAMPING:
            share = after.members[member].placement.share
            return member, f"back in rotation at {share} % of its weight, judged by its gates"
        case e.RampEnded(member):
            return member, "back at full weight: soaking"
        case e.RampRefused(member, why):
            return member, f"the ramp is dropped, members return at full weight: {why}"
        case e.MemberReturned(member):
            return member, "back in rotation and healthy everywhere: soaking, judged by its gates"
        case e.MemberFoundOut(member):
            done = ended_well(after.members[member])
            return member, f"already out because of us: not drained again{done}"
        case e.StepsUndone(member, why):
            return member, f"its steps run again: {why}"
        case e.MemberStoodDown(member):
            return member, f"not started, nothing was done to it: {why_not_begun(member, after)}"
        case e.RestoreBegan(member):
            return member, "left out: put back if it passes its validation (abort --restore)"
        case e.OperatorAnswered(member, False):
            return member, "the operator said no"
        case e.SoakEnded(member, note):
            return member, f"done ({note})"
        case e.MemberFailed(member, why):
            return member, f"stays OUT OF ROTATION: {why}"
        case e.MemberKept(member, why):
            return member, f"is not proven: {why}"
        case e.MemberStuck(member):
            return member, "STUCK: its way back failed too; it stays out until a person repairs it"
        case _:
            return found_meanwhile(event)
