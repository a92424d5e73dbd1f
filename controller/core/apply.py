"""`apply(plan, state, event, now) → state`: what each event changes. Nothing is decided here.

An event that the state does not allow raises `phases.IllegalMove` and changes nothing.
"""

from dataclasses import replace
from typing import Any

from controller.core import events as e
from controller.core.observe import is_warming, observe
from controller.core.phases import Move, Phase, after
from controller.core.plan import Plan
from controller.core.pool import Instant
from controller.core.rollout import GateState, MemberState, Mode, State, marks
from controller.core.sight import Tally


def apply(plan: Plan, state: State, event: e.Event | e.Observation, now: Instant) -> State:
    """The state after `event`, which happened at `now`. Raises phases.IllegalMove."""
    match event:
        case e.Looked() | e.LookFailed():
            return observe(plan, state, event)
        case e.RunBegan() | e.Halted() | e.RollbackBegan() | e.Finished():
            return _run(plan, state, event, now)
        case e.StopRequested() | e.PauseRequested() | e.ResumeRequested() | e.AbortRequested():
            return _operator(state, event, now)
        case e.FileKept(fingerprint):
            return replace(state, fingerprint=fingerprint)
        case e.Intended(step):
            return _intended(state, step, now)
        case e.GateSampled():
            return _sampled(state, event, now)
        case e.CapacityShort():
            return replace(state, short_since=now)
        case e.CapacityBack():
            return replace(state, short_since=None)
        case e.WorkerReplaced():
            return _replaced(plan, state, event, now)
        case _:
            return _with(state, _member(plan, state, event, now))


# --- the run ---------------------------------------------------------------------------------


def _run(
    plan: Plan,
    state: State,
    event: e.RunBegan | e.Halted | e.RollbackBegan | e.Finished,
    now: Instant,
) -> State:
    match event:
        case e.RunBegan():
            return _begun(plan, state, event, now)
        case e.Halted():
            return _halted(state, event, now)
        case e.RollbackBegan():
            return _rolling_back(state, event, now)
        case e.Finished():
            return replace(state, mode=Mode.FINISHED, finished=event)


def _halted(state: State, event: e.Halted, now: Instant) -> State:
    """The first cause stands; a further one (on the way back) only ends what was going on."""
    members = {
        name: replace(
            m,
            condemned=m.condemned or name in event.condemned,
            foreign=m.foreign or (event.cause is e.Cause.FOREIGN and name == event.member),
        )
        for name, m in state.members.items()
    }
    return replace(
        state,
        members=members,
        mode=Mode.HALTED,
        halt=state.halt or event,
        halted_at=now,
    )


def _begun(plan: Plan, state: State, event: e.RunBegan, now: Instant) -> State:
    """A process took over. Clocks start anew, and so does everything that was only seen: after
    a crash the next look decides, not memory."""
    mode = state.mode
    if mode in (Mode.STOPPING, Mode.FINISHED):
        mode = Mode.HALTED if state.halt is not None else Mode.RUNNING
    members = {
        name: replace(
            m,
            since=now,
            work=None,
            setting=None,
            mark=None,
            tries=0,
            approved=False,
            set_at=None,
            quiet={},
            arrivals=None,
            persistent=False,
            warmed_at=None,
            step_ended=None,
            passed=None if m.passed else m.passed,
            declined=False,
            drain_since=None,
        )
        for name, m in state.members.items()
    }
    return replace(
        state,
        members=members,
        mode=mode,
        run=event,
        stop=None,
        stopped_at=None,
        finished=None,
        paused=False,
        gates={},
        short_since=None,
        old_workers={
            instance: (worker, now + plan.policies.drain.timeout)
            for instance, (worker, _) in state.old_workers.items()
        },
    )


def _rolling_back(state: State, event: e.RollbackBegan, now: Instant) -> State:
    members = dict(state.members)
    for name in event.members:
        m = members[name]
        members[name] = replace(
            _moved(m, Move.ROLL_BACK, now),
            course=e.Course.ROLLBACK,
            begun=m.found is not None,
            step=0,
            attempt=m.attempt + 1,
            passed=None,
            condemned=False,
            foreign=False,
            approved=True,
            lost=False,
        )
    return replace(state, members=members, mode=Mode.ROLLING_BACK, rollback_began=True)


def _operator(
    state: State,
    event: e.StopRequested | e.PauseRequested | e.ResumeRequested | e.AbortRequested,
    now: Instant,
) -> State:
    match event:
        case e.PauseRequested():
            return replace(state, paused=True)
        case e.ResumeRequested():
            return _resumed(state, now)
        case e.StopRequested():
            mode = state.mode if state.mode is Mode.HALTED else Mode.STOPPING
            return replace(state, mode=mode, stop=event, stopped_at=state.stopped_at or now)
        case e.AbortRequested():
            return replace(state, mode=Mode.STOPPING, abort=event, stopped_at=now, finished=None)


def _resumed(state: State, now: Instant) -> State:
    """Go on: after a pause, or, by the operator's decision, after a halt."""
    if state.halt is None:
        return replace(state, paused=False)
    members = {name: _taken_up_again(m, now) for name, m in state.members.items()}
    return replace(
        state,
        members=members,
        mode=Mode.RUNNING,
        halt=None,
        halted_at=None,
        rollback_began=False,
        finished=None,
        paused=False,
        gates={},
    )


def _taken_up_again(m: MemberState, now: Instant) -> MemberState:
    """A member after the operator's decision to go on. One that is out and changed can still
    not go back as it was, hence `begun`."""
    again = m.phase in (Phase.FAILED, Phase.STUCK) or m.course is e.Course.ROLLBACK
    moved = m
    if m.phase is Phase.KEPT:
        moved = _moved(m, Move.SOAK_AGAIN, now)
    elif again and m.phase is not Phase.WAITING:
        moved = _moved(m, Move.RETRY, now)
    return replace(
        moved,
        course=e.Course.UPGRADE,
        begun=m.begun and (m.found is not None or not again),
        step=0 if again else m.step,
        attempt=m.attempt + 1,
        passed=None,
        answer=None,
        condemned=False,
        foreign=False,
        restore_tried=False,
        why="",
        mark=None,
        lost=False,
    )


def _sampled(state: State, event: e.GateSampled, now: Instant) -> State:
    key = (event.gate, event.member or "")
    former = state.gates.get(key)
    failures = former.failures + 1 if former is not None else 1
    since = former.inconclusive_since if former is not None else None
    is_inconclusive = event.verdict is e.Verdict.INCONCLUSIVE
    gate = GateState(
        sampled_at=now,
        verdict=event.verdict,
        reason=event.reason,
        value=event.value,
        failures=failures if event.verdict is e.Verdict.FAIL else 0,
        inconclusive_since=(since if since is not None else now) if is_inconclusive else None,
    )
    return replace(state, gates={**state.gates, key: gate})


def _replaced(plan: Plan, state: State, event: e.WorkerReplaced, now: Instant) -> State:
    until = now + plan.policies.drain.timeout
    return replace(
        state,
        known={**state.known, event.instance: event.now},
        old_workers={**state.old_workers, event.instance: (event.former, until)},
        members={
            name: replace(m, quiet={i: q for i, q in m.quiet.items() if i != event.instance})
            if m.quiet
            else m
            for name, m in state.members.items()
        },
    )


# --- one member ------------------------------------------------------------------------------


def _moved(m: MemberState, move: Move, now: Instant, **changes: Any) -> MemberState:
    phase = after(m.phase, move)
    since = now if phase is not m.phase else m.since
    return replace(m, phase=phase, since=since, **changes)


def _with(state: State, m: MemberState) -> State:
    done = state.done + (m.phase is Phase.DONE and state.members[m.name].phase is not Phase.DONE)
    if done != state.done:
        m = replace(m, finished_turn=done)
    return replace(state, members={**state.members, m.name: m}, done=done)


_ON_INTENT = {
    e.Setting.DRAIN: Move.DRAIN,
    e.Setting.HOLD: Move.HOLD,
    e.Setting.CHECK: Move.CHECK,
    e.Setting.PUT_BACK: Move.PUT_BACK,
    e.Setting.RESTORE: Move.RESTORE,
    e.Setting.REMOVE: Move.REMOVE,
}


def _intended(state: State, step: e.Step, now: Instant) -> State:
    m = state.members[step.member]
    match step:
        case e.SetMember(_, setting, found):
            stays = setting is e.Setting.CUT or (
                setting is e.Setting.HOLD
                and m.phase in (Phase.UPGRADING, Phase.PROVING, Phase.VALIDATING)
            )
            m = m if stays else _moved(m, _ON_INTENT[setting], now)
            keeps = setting in (e.Setting.DRAIN, e.Setting.REMOVE) and m.found is None
            if m.phase is Phase.DRAINING and m.drain_since is None:
                m = replace(m, drain_since=now)
            m = replace(
                m, setting=setting, set_at=None, quiet={}, found=found if keeps else m.found
            )
            return replace(_with(state, m), touched=True)
        case e.RunStep():
            m = _moved(
                m, Move.UPGRADE, now, work=step, begun=True, lost=False, passed=None, answer=None
            )
        case e.AskGuard():
            move = Move.ASK if m.phase is Phase.WAITING else Move.PROVE
            m = _moved(m, move, now, work=step, serial=step.serial + 1, answer=None)
        case e.Validate():
            m = _moved(m, Move.VALIDATE, now, work=step, passed=None)
        case e.AskOperator():
            m = replace(m, work=step)
    return _with(state, m)


def _member(plan: Plan, state: State, event: Any, now: Instant) -> MemberState:
    m = state.members[event.member]
    match event:
        case e.MemberInherited():
            return replace(m, found=event.found)
        case e.MemberSet():
            return _set(m, event, now)
        case e.SettingFailed():
            return replace(m, setting=None, set_at=None, tries=m.tries + 1, why=event.why)
        case e.GuardAnswered():
            return _answered(plan, m, event, now)
        case e.StepEnded():
            return _step_ended(m, event, now)
        case e.Validated():
            return replace(m, work=None, passed=event.passed, detail=event.detail)
        case e.OperatorAnswered():
            return replace(m, work=None, approved=event.go_on, declined=not event.go_on)
        case e.MemberCalled():
            return _moved(m, Move.CALL, now)
        case e.MemberStoodDown():
            return _moved(m, Move.STAND_DOWN, now, work=None)
        case e.MemberFoundOut():
            return _moved(m, Move.FIND_OUT, now, quiet={})
        case e.MemberLeft():
            return _moved(m, Move.LEAVE, now, why=event.why)
        case e.MemberReturned():
            return _moved(
                m,
                Move.RETURNED,
                now,
                mark=state.tallies.get(m.name, Tally()).sum,
                peers_mark=marks(state),
                found=None,
                begun=True,
                warmed_at=None if is_warming(state, m.name) else now,
            )
        case e.SoakEnded():
            return _moved(m, Move.PASS, now, why=event.note, mark=None, peers_mark={})
        case e.MemberFailed():
            return _moved(m, Move.FAIL, now, why=event.why, work=None, setting=None)
        case e.MemberKept():
            return _moved(m, Move.KEEP, now, why=event.why, work=None, setting=None)
        case e.MemberStuck():
            return _moved(m, Move.GIVE_UP, now)
        case e.RestoreBegan():
            m = _moved(m, Move.VALIDATE, now, why="", condemned=False, passed=None)
            return replace(m, restore_tried=True)
        case e.ForeignHandSeen():
            return replace(m, foreign=True)
        case _:
            raise TypeError(f"not an event of the journal: {event!r}")


def _set(m: MemberState, event: e.MemberSet, now: Instant) -> MemberState:
    m = replace(m, setting=None, set_at=now, tries=0, workers=dict(event.workers), quiet={})
    if event.setting is e.Setting.HOLD and m.phase is Phase.HOLDING:
        return _moved(m, Move.HELD, now)
    if event.setting is e.Setting.REMOVE:
        return _moved(m, Move.REMOVED, now)
    if event.setting is e.Setting.RESTORE:
        return _moved(m, Move.RESTORED, now, found=None, step=0, drain_since=None)
    return m


def _answered(plan: Plan, m: MemberState, event: e.GuardAnswered, now: Instant) -> MemberState:
    """In ASKING the answer decides the way; in PROVING it is weighed by `decide`."""
    m = replace(m, work=None, answer=event.answer, detail=event.detail)
    if m.phase is Phase.PROVING:
        return m
    if event.answer is e.Answer.REFUSED:
        return _moved(m, Move.STAND_DOWN, now)
    if event.answer is e.Answer.NEEDED:
        return _moved(m, Move.ANSWER_NEEDED, now)
    if m.found is not None:
        # Out because of us and already upgraded: what is left is to validate and return it.
        return _moved(m, Move.ANSWER_NEEDED, now, step=plan.upgrade.steps, begun=True)
    return _moved(m, Move.ANSWER_PRESENT, now, why=event.detail)


def _step_ended(m: MemberState, event: e.StepEnded, now: Instant) -> MemberState:
    if event.lost:
        return replace(m, work=None, lost=True, attempt=m.attempt + 1, step_ended=now)
    if event.passed:
        return replace(m, work=None, step=m.step + 1, step_ended=now)
    return replace(m, work=None, step_ended=now, passed=False, detail=event.detail)
