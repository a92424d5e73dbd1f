"""What an event changes about the one member that it names. The rest is in `apply`."""

from dataclasses import replace
from typing import Any, Final

from controller.core import events as e
from controller.core.phases import FAILED, HELD_WHILE_CHANGED, OVER, Move, Phase, after
from controller.core.plan.plan import Plan
from controller.core.pool import FULL, Instant, Seat
from controller.core.state.baseline import marked
from controller.core.state.observe import is_warming
from controller.core.state.parts import Consent, MemberState, Placement, Trial
from controller.core.state.state import State
from controller.core.steps import AskGuard, Course, RunStep, SetMember, Setting, Step, Validate

_ON_INTENT: Final = {
    Setting.DRAIN: Move.DRAIN,
    Setting.HOLD: Move.HOLD,
    Setting.CHECK: Move.CHECK,
    Setting.PUT_BACK: Move.PUT_BACK,
    Setting.RESTORE: Move.RESTORE,
    Setting.REMOVE: Move.REMOVE,
}


LAST_LINE: Final = 200
"""Characters of a failed step's last line that are told; its whole output is in the journal."""


def moved(m: MemberState, move: Move, now: Instant, **changes: Any) -> MemberState:
    """Raises phases.IllegalMove."""
    phase = after(m.phase, move)
    since = now if phase is not m.phase else m.since
    return replace(m, phase=phase, since=since, **changes)


# --- intents ---------------------------------------------------------------------------------


def intended(state: State, step: Step, now: Instant) -> MemberState:
    m = state.members[step.member]
    match step:
        case SetMember():
            return _to_be_set(state, m, step, now)
        case RunStep():
            joins = m.progress.unfinished  # what came to its place meanwhile is this step's doing
            m = moved(m if joins else _occupied(m, step.seats), Move.UPGRADE, now)
            changes = {"begun": True, "unfinished": True, "lost": False}
            return _working(m, step, passed=None, answer=None, **changes)
        case AskGuard():
            move = Move.ASK if m.phase in (Phase.WAITING, Phase.ASKING) else Move.PROVE
            m = moved(m, move, now)
            m = _occupied(m, step.seats) if m.phase is Phase.PROVING else m
            return _working(m, step, serial=step.serial + 1, answer=None)
        case Validate(_, course):
            other = m.progress.tried_other or course is not m.progress.course
            m = _occupied(moved(m, Move.VALIDATE, now), step.seats)
            return _working(m, step, passed=None, course=course, tried_other=other)
        case _:
            return _working(m, step)


def _occupied(m: MemberState, seats: tuple[Seat, ...]) -> MemberState:
    """From here on it is about who is in its place now."""
    return replace(m, placement=replace(m.placement, seats=seats)) if seats else m


def _working(m: MemberState, step: Step | None, **changes: Any) -> MemberState:
    return replace(m, progress=replace(m.progress, work=step, **changes))


def _to_be_set(state: State, m: MemberState, step: SetMember, now: Instant) -> MemberState:
    setting = step.setting
    stays = setting is Setting.CUT or (setting is Setting.HOLD and m.phase in HELD_WHILE_CHANGED)
    former = m.phase
    m = m if stays else moved(m, _ON_INTENT[setting], now)
    tries = m.order.tries if m.phase is former else 0
    m = replace(
        m,
        order=replace(m.order, setting=setting, set_at=None, tries=tries),
        draining=replace(m.draining, quiet={}),
    )
    if setting in (Setting.DRAIN, Setting.REMOVE) and m.placement.found is None:
        m = replace(m, placement=replace(m.placement, found=step.found))
    match setting:
        case Setting.DRAIN:
            m = _occupied(m, step.seats)
            return _to_be_drained(m, now, is_first=former is Phase.DUE)
        case Setting.PUT_BACK:
            return _to_be_put_back(state, m, step)
        case _:
            return m


def _to_be_drained(m: MemberState, now: Instant, *, is_first: bool) -> MemberState:
    since = m.draining.drain_since if m.draining.drain_since is not None else now
    return replace(
        m,
        placement=replace(m.placement, confirmed=None) if is_first else m.placement,
        order=replace(m.order, cuts=0),
        draining=replace(m.draining, drain_since=since, arrivals=None),
    )


def _to_be_put_back(state: State, m: MemberState, step: SetMember) -> MemberState:
    """Its gates count from here, at the first step of a ramp."""
    m = replace(m, placement=replace(m.placement, share=step.share))
    if m.phase is Phase.RAMPING and m.trial.mark is not None:
        return m
    return marked(state, replace(m, trial=replace(m.trial, mark=None)))


# --- what happened ---------------------------------------------------------------------------


def member_after(plan: Plan, state: State, event: e.MemberEvent, now: Instant) -> MemberState:
    m = state.members[event.member]
    match event:
        case e.MemberInherited(_, found):
            # What an earlier rollout did to it is not known: never back without validation (S4).
            placement = replace(m.placement, found=found)
            return replace(m, placement=placement, progress=replace(m.progress, begun=True))
        case e.MemberSet():
            return _set(m, event, now)
        case e.SettingFailed(why=why):
            tries = m.order.tries + 1
            order = replace(m.order, setting=None, set_at=None, tried_at=now, tries=tries)
            return replace(m, order=order, why=why)
        case e.RampRefused():
            return replace(m, order=replace(m.order, setting=None))
        case e.GuardAnswered():
            return _answered(plan, m, event, now)
        case e.StepEnded():
            return _step_ended(state, m, event, now)
        case e.Validated(_, passed, detail):
            return _working(m, None, passed=passed, detail=detail)
        case e.OperatorAnswered(_, go_on):
            return replace(_working(m, None), consent=Consent(go_on, not go_on))
        case e.ForeignHandSeen():
            # What was confirmed no longer counts: it is set once more, and only once.
            return replace(m, placement=replace(m.placement, foreign=True, confirmed=None))
        case _:
            return _concluded(plan, state, m, event, now)


def _concluded(
    plan: Plan, state: State, m: MemberState, event: e.ConcludedOfMember, now: Instant
) -> MemberState:
    match event:
        case e.MemberCalled():
            return moved(m, Move.CALL, now)
        case e.MemberStoodDown():
            return _working(moved(m, Move.STAND_DOWN, now), None)
        case e.MemberFoundOut():
            return moved(m, Move.FIND_OUT, now, placement=_as_it_stands(m))
        case e.MemberLeft(_, why):
            return moved(m, Move.LEAVE, now, why=why)
        case e.MemberReturned():
            return _returned(state, m, now)
        case e.RampEnded():
            return _at_full_weight(state, moved(m, Move.RETURNED, now), now)
        case e.SoakEnded(_, note):
            trial = replace(m.trial, mark=None, peers_mark={})
            return moved(m, Move.PASS, now, why=note, trial=trial)
        case e.MemberFailed(_, why):
            return _working(moved(m, Move.FAIL, now, why=why), None)
        case e.MemberKept(_, why, is_out):
            placement = replace(m.placement, kept_out=is_out)
            return _working(moved(m, Move.KEEP, now, why=why, placement=placement), None)
        case e.MemberStuck():
            return moved(m, Move.GIVE_UP, now)
        case _:
            return _to_be_restored(plan, m, now)


def _to_be_restored(plan: Plan, m: MemberState, now: Instant) -> MemberState:
    """What was never changed goes back as it was; the rest must prove itself first (S4): as the
    former version where its upgrade did not end well, and else as the new one."""
    move = Move.VALIDATE if m.progress.begun else Move.RESTORE
    course = m.progress.course
    is_whole = m.progress.step >= plan.upgrade.steps or course is Course.ROLLBACK
    if not is_whole and plan.rollback is not None:
        course = Course.ROLLBACK
    progress = replace(
        m.progress, course=course, passed=None, restore_tried=True, tried_other=False
    )
    trial = replace(m.trial, condemned=False)
    placement = _as_it_stands(m)
    return moved(m, move, now, why="", placement=placement, progress=progress, trial=trial)


def _as_it_stands(m: MemberState) -> Placement:
    """A failed step may have brought another occupant: from here on it is about who is there now.
    While a step of it may run, what it finds is compared with who was there before."""
    return m.placement if m.progress.unfinished else replace(m.placement, seats=())


def _returned(state: State, m: MemberState, now: Instant) -> MemberState:
    """Its gates count from where it was put back; after a crash, from now."""
    m = marked(state, m)
    m = replace(
        m,
        progress=replace(m.progress, begun=True),
        trial=replace(m.trial, returned_at=now),
    )
    if m.placement.share < FULL:
        return moved(m, Move.RAMP, now)
    return _at_full_weight(state, moved(m, Move.RETURNED, now), now)


def _at_full_weight(state: State, m: MemberState, now: Instant) -> MemberState:
    """As it was found: what was found need not be known any longer."""
    warmed_at = None if is_warming(state, m.name) else now
    return replace(
        m,
        placement=replace(m.placement, found=None),
        trial=replace(m.trial, warmed_at=warmed_at),
    )


def _set(m: MemberState, event: e.MemberSet, now: Instant) -> MemberState:
    m = replace(
        m,
        order=replace(m.order, setting=None, set_at=now, tries=0),
        draining=replace(m.draining, quiet={}),
    )
    if event.setting is Setting.CUT:
        return replace(m, order=replace(m.order, cuts=m.order.cuts + 1))
    placement = replace(m.placement, incarnations=dict(event.incarnations), confirmed=event.setting)
    m = replace(m, placement=placement)
    match event.setting:
        case Setting.HOLD if m.phase is Phase.HOLDING:
            return moved(m, Move.HELD, now)
        case Setting.REMOVE:
            return moved(m, Move.REMOVED, now)
        case Setting.RESTORE:
            return moved(
                m,
                Move.RESTORED,
                now,
                placement=replace(placement, found=None),
                progress=replace(m.progress, step=0, passed=None),
                draining=replace(m.draining, drain_since=None),
            )
        case _:
            return m


def _answered(plan: Plan, m: MemberState, event: e.GuardAnswered, now: Instant) -> MemberState:
    """In ASKING the answer decides the way; in PROVING it is weighed by `decide`."""
    m = _working(m, None, answer=event.answer, detail=event.detail)
    if m.phase is Phase.PROVING:
        return m
    if event.answer is e.Answer.REFUSED:
        return moved(m, Move.STAND_DOWN, now)
    if event.answer is e.Answer.NEEDED:
        return moved(m, Move.ANSWER_NEEDED, now)
    if m.placement.found is not None:
        # Out because of us and already there: what is left is to validate and return it.
        steps = plan.shape(is_back=m.progress.course is Course.ROLLBACK).steps
        progress = replace(m.progress, step=steps, begun=True)
        return moved(m, Move.ANSWER_NEEDED, now, progress=progress)
    return moved(m, Move.ANSWER_PRESENT, now, why=event.detail)


def _step_ended(state: State, m: MemberState, event: e.StepEnded, now: Instant) -> MemberState:
    m = _working(m, None, unfinished=False, step_ended=now)
    p = m.progress
    if p.course is Course.ROLLBACK and not state.rollback_began:
        # The operator has decided to go on: whatever the way back did, the upgrade starts over.
        p = replace(p, course=Course.UPGRADE, step=0, attempt=p.attempt + 1)
    elif event.lost:
        p = replace(p, lost=True, attempt=p.attempt + 1)
    elif event.passed:
        p = replace(p, step=p.step + 1)
    else:
        p = replace(p, passed=False, detail=_with_last_line(event))
    return replace(m, progress=p)


def _with_last_line(event: e.StepEnded) -> str:
    """How a step failed, and what it said last: that is where a command says why."""
    last = event.output.strip().splitlines()[-1:]
    return f"{event.detail}: {last[0].strip()[:LAST_LINE]}" if last else event.detail


# --- the operator's decision to go on ----------------------------------------------------------


def taken_up_again(m: MemberState, now: Instant) -> MemberState:
    """A member after a halt. One that is out and changed can still not go back as it was, hence
    `begun`; an execution whose end is not known is joined, hence the same attempt."""
    is_upgrade = m.progress.course is Course.UPGRADE
    is_over = m.phase in OVER
    if is_over and is_upgrade:
        return m
    if m.phase is Phase.KEPT and m.placement.found is None and is_upgrade:
        return _renewed(moved(m, Move.SOAK_AGAIN, now))
    if m.phase in FAILED or is_over:
        m = moved(m, Move.RETRY, now)
    if m.phase is not Phase.WAITING or m.progress.unfinished:
        return _renewed(m)
    begun = m.progress.begun and m.placement.found is not None
    attempt = m.progress.attempt + 1
    return _renewed(replace(m, progress=replace(m.progress, step=0, attempt=attempt, begun=begun)))


def _renewed(m: MemberState) -> MemberState:
    p = m.progress
    failed_step = m.phase is Phase.UPGRADING and p.passed is False
    return replace(
        m,
        why="",
        placement=replace(m.placement, foreign=False, kept_out=False),
        progress=replace(
            p,
            # What runs of a rollback is joined first: see `_step_ended`.
            course=p.course if p.unfinished else Course.UPGRADE,
            attempt=p.attempt + failed_step,
            passed=None,
            answer=None,
            restore_tried=False,
            lost=p.lost and m.phase is not Phase.WAITING,
        ),
        trial=Trial(),
    )
