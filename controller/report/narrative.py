"""One sentence for each event worth one: what happened, and why."""

from controller.core import events as e
from controller.core.events import Event, Observation, Setting
from controller.core.phases import Phase
from controller.core.rollout import State
from controller.report.words import count, names, span, standing

_ASKED = {
    Setting.DRAIN: "draining: no new traffic, work in flight ends",
    Setting.HOLD: "going out altogether (maintenance)",
    Setting.CUT: "cutting what is still in flight",
    Setting.CHECK: "on its way back: the load balancer's own health check starts anew",
    Setting.PUT_BACK: "passed every check, going back into rotation as found",
    Setting.RESTORE: "going back as it was",
    Setting.REMOVE: "TAKEN OUT of rotation again",
}


def sentence(event: Event | Observation, before: State, after: State) -> tuple[str, str] | None:
    """(member or "", sentence); None for what nobody needs to read."""
    match event:
        case e.Looked() | e.LookFailed():
            return _sight(event, before)
        case e.Intended(step):
            return step.member, _intent(step, after)
        case e.Halted(cause, seen):
            return event.member or "", f"HALT ({cause}): {seen}"
        case e.RollbackBegan(members):
            return "", f"rolling back {names(members)}, in this order"
        case e.Finished(outcome, code, why):
            return "", f"{outcome} (exit code {code})" + (f": {why}" if why else "")
        case e.WorkerReplaced(instance, former, now):
            return "", (
                f"{instance} was reloaded or restarted (process {former.pid} → {now.pid}): what "
                "was set there is set anew; an old worker may still serve its last connections"
            )
        case e.CapacityShort(serving, where):
            return "", f"waiting for capacity: without the next member {serving} serve ({where})"
        case e.CapacityBack(serving):
            return "", f"capacity is back: {serving} serve without the next member"
        case e.GateSampled():
            return _gate(event, before)
        case e.StopRequested() | e.PauseRequested() | e.ResumeRequested() | e.AbortRequested():
            return "", _operator(event)
        case e.RunBegan():
            return None
        case _:
            return _member(event, after)


def _sight(event: e.Looked | e.LookFailed, before: State) -> tuple[str, str] | None:
    if isinstance(event, e.LookFailed):
        first = before.sights[event.instance].lost_since is None
        return ("", f"{event.instance} does not answer: {event.why}; holding") if first else None
    lost = before.sights[event.view.instance].lost_since
    if lost is None:
        return None
    return "", f"{event.view.instance} answers again after {span(event.view.at - lost)}"


def _intent(step: e.Step, after: State) -> str:
    match step:
        case e.SetMember(_, setting):
            phase = after.members[step.member].phase
            again = setting is Setting.HOLD and phase not in (Phase.HOLDING, Phase.OUT)
            return "taken out once more" if again else _ASKED[setting]
        case e.RunStep(_, course, index, attempt):
            repeated = ", once more" if attempt else ""
            return f"{course}: step {index + 1} runs{repeated}"
        case e.Validate():
            return "validating from outside"
        case e.AskGuard():
            proving = after.members[step.member].phase is Phase.PROVING
            return "asking `unless` for proof" if proving else "asking `unless`"
        case e.AskOperator():
            return "asking the operator"


def _gate(event: e.GateSampled, before: State) -> tuple[str, str] | None:
    last = before.gate(event.gate, event.member)
    if last is not None and last.verdict is event.verdict:
        return None
    return event.member or "", f"gate {event.gate}: {event.verdict}: {event.reason}"


def _operator(
    event: e.StopRequested | e.PauseRequested | e.ResumeRequested | e.AbortRequested,
) -> str:
    match event:
        case e.StopRequested(why, at_once):
            return f"stopping ({why})" + (", without waiting for a running step" * at_once)
        case e.PauseRequested(by):
            return f"paused by {by}: members in hand finish, no further one begins"
        case e.ResumeRequested(by, reason):
            return f"resumed by {by}: {reason}"
        case e.AbortRequested(by, restore):
            return f"aborted by {by}" + (", putting back what passes its validation" * restore)


def _member(event: Event, after: State) -> tuple[str, str] | None:
    match event:
        case e.MemberSet(member, Setting.DRAIN):
            in_flight = sum(
                seen.line.in_flight + seen.line.queued
                for sight in after.sights.values()
                for seen in sight.lines.get(member, ())
            )
            return member, f"drained of new traffic; {count(in_flight, 'request')} in flight"
        case e.SettingFailed(member, setting, why):
            return member, f"{setting} failed: {why}"
        case e.GuardAnswered(member, answer, detail):
            return member, f"{answer} ({detail})"
        case e.StepEnded(member, _, _, _, _, detail, output, seconds):
            last = output.strip().splitlines()[-1:] if "code 0" not in detail else []
            return member, f"{detail} after {seconds:.1f}s" + (f": {last[0]}" if last else "")
        case e.Validated(member, passed, detail):
            return member, f"validation {'passed' if passed else 'FAILED'}: {detail}"
        case e.MemberReturned(member):
            return member, "back in rotation, soaking"
        case e.MemberInherited(member):
            return member, "is still out since an earlier rollout: it comes first"
        case e.SoakEnded(member, note):
            return member, f"done ({note})"
        case e.ForeignHandSeen(member, instance):
            return member, f"somebody else put it in rotation at {instance}"
        case e.MemberFailed(member) | e.MemberKept(member) | e.MemberLeft(member):
            return member, standing(after.members[member])
        case e.MemberStuck(member):
            return member, "STUCK: its rollback failed too; it stays out, for a human"
        case _:
            return None
