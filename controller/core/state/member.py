"""What an event changes about the one member that it names. The rest is in `apply`."""

from typing import Final

from controller.core import events as e
from controller.core.events.said import said_last
from controller.core.phases import UPGRADED, Move, Phase
from controller.core.plan.plan import Plan
from controller.core.pool import FULL, Instant
from controller.core.pool.copies import replace
from controller.core.state.baseline import marked
from controller.core.state.moves import moved, working
from controller.core.state.observe import is_warming
from controller.core.state.parts import (
    ORIGIN,
    Consent,
    Inquiry,
    MemberState,
    Placement,
    Progress,
    Trial,
)
from controller.core.state.retry import as_another, known_again, looked_after
from controller.core.state.same_signal import begun_anew
from controller.core.state.state import State
from controller.core.steps import (
    SNAPSHOT,
    Course,
    Setting,
)

RETIRED: Final = "its place was given up by the upgrade"


def member_after(plan: Plan, state: State, event: e.MemberEvent, now: Instant) -> MemberState:
    m = state.members[event.member]
    if isinstance(event, e.GuardAnswered | e.StepEnded | e.Validated):
        m = replace(m, progress=replace(m.progress, ended_at=now))
    match event:
        case e.MemberInherited(_, found):
            # What an earlier rollout did to it is not known: never back without validation (S4).
            placement = replace(m.placement, found=found)
            return replace(m, placement=placement, progress=replace(m.progress, begun=True))
        case e.MemberSet():
            return _set(m, event, now)
        case e.SettingFailed(why=why, is_final=is_final):
            tries = m.order.tries + 1
            order = replace(m.order, setting=None, set_at=None, tried_at=now, tries=tries)
            order = replace(order, is_final=is_final)
            return replace(m, order=order, why=why)
        case e.RampRefused():
            return replace(m, order=replace(m.order, setting=None))
        case e.GuardAnswered():
            return _answered(plan, m, event, now)
        case e.QuestionsAnswered(_, reply, detail):
            m = replace(working(m, None), inquiry=Inquiry(reply, detail, now))
            return m if reply is e.Reply.HOLDS else moved(m, Move.STAND_DOWN, now)
        case e.StepEnded():
            return _step_ended(state, m, event, now)
        case e.Validated(_, passed, detail):
            return working(m, None, passed=passed, detail=detail)
        case e.OperatorAnswered(_, go_on):
            return replace(working(m, None), consent=Consent(go_on, not go_on))
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
            return working(moved(m, Move.STAND_DOWN, now), None)
        case e.MemberFoundOut():
            return moved(m, Move.FIND_OUT, now, placement=_as_it_stands(m))
        case e.StepsUndone():
            return replace(m, progress=_from_the_start(m))
        case e.MemberLeft(_, why, is_unreached):
            return replace(moved(m, Move.LEAVE, now, why=why), is_unreached=is_unreached)
        case e.MemberGone(_, why):
            placement = replace(m.placement, found=None)
            gone = moved(m, Move.GO, now, why=why, placement=placement)
            return working(replace(gone, is_gone=True), None, unfinished=False)
        case e.MemberMoved():
            return _elsewhere(m, event, now)
        case e.MemberRelapsed():
            return _relapsed(m, event, now)
        case e.MemberRenewed():
            return _renewed(m, event, now)
        case e.MemberRetired():
            placement = replace(m.placement, found=None)
            retired = moved(m, Move.RETIRE, now, why=RETIRED, placement=placement)
            return working(retired, None, unfinished=False)
        case e.MemberReturned():
            return _returned(state, m, now)
        case e.OutageSpent(percent=percent):
            return replace(m, outage=replace(m.outage, spent=percent))
        case e.RampEnded():
            return _at_full_weight(state, moved(m, Move.RETURNED, now), now)
        case e.SoakEnded(_, note):
            trial = replace(m.trial, mark=None, mark_at={}, peers_mark={})
            return moved(m, Move.PASS, now, why=note, trial=trial)
        case e.MemberFailed(_, why):
            return working(moved(m, Move.FAIL, now, why=why), None)
        case e.MemberKept(_, why, is_out):
            placement = replace(m.placement, kept_out=is_out)
            return working(moved(m, Move.KEEP, now, why=why, placement=placement), None)
        case e.MemberStuck():
            return moved(m, Move.GIVE_UP, now)
        case _:
            return _to_be_restored(plan, m, now)


def _elsewhere(m: MemberState, event: e.MemberMoved, now: Instant) -> MemberState:
    """What was asked about the former one, and the operator's word on it, no longer counts."""
    m = replace(m, placement=replace(m.placement, seats=event.seats), inquiry=Inquiry())
    if m.phase in UPGRADED:
        return as_another(m, event.seats, now)
    if m.phase not in (Phase.ASKING, Phase.DUE):
        return m
    return working(moved(m, Move.STAND_DOWN, now, consent=Consent()), None, answer=None)


def _relapsed(m: MemberState, event: e.MemberRelapsed, now: Instant) -> MemberState:
    """Out because of us, as it was once: what was changed must prove itself anew (S4)."""
    placement = known_again(replace(m.placement, found=event.found, relapsed_at=""))
    progress = replace(m.progress, passed=None, answer=None)
    return moved(m, Move.RELAPSE, now, placement=placement, progress=progress, trial=Trial())


def _renewed(m: MemberState, event: e.MemberRenewed, now: Instant) -> MemberState:
    """Nothing is known of what sits there now, but that it is out because of us."""
    placement = Placement(event.found)
    progress = Progress(begun=True, saves=m.progress.saves)
    fresh = replace(m, placement=placement, progress=progress, trial=Trial(), consent=Consent())
    fresh = replace(fresh, inquiry=Inquiry())
    return moved(fresh, Move.RELAPSE, now)


def _to_be_restored(plan: Plan, m: MemberState, now: Instant) -> MemberState:
    """What was never changed goes back as it was; the rest must prove itself first (S4): as the
    former version where its upgrade did not end well, and else as the new one."""
    move = Move.VALIDATE if m.progress.begun else Move.RESTORE
    course = m.progress.course
    is_whole = m.progress.step >= plan.upgrade.steps or course is Course.ROLLBACK
    if not is_whole and plan.rollback is not None:
        course = Course.ROLLBACK
    progress = replace(
        m.progress,
        course=course,
        passed=None,
        restore_tried=True,
        tried_other=False,
        as_before=False,
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
        placement=known_again(m.placement),
        progress=replace(m.progress, begun=True),
        trial=replace(m.trial, returned_at=now),
    )
    if m.placement.share < FULL:
        return moved(m, Move.RAMP, now)
    return _at_full_weight(state, moved(m, Move.RETURNED, now), now)


def _at_full_weight(state: State, m: MemberState, now: Instant) -> MemberState:
    """As it was found: what was found need not be known any longer, but for a reload that takes it
    out anew."""
    warmed_at = None if is_warming(state, m.name) else now
    return replace(
        m,
        placement=replace(m.placement, found=None, former=m.placement.found or m.placement.former),
        trial=replace(m.trial, warmed_at=warmed_at),
    )


def _set(m: MemberState, event: e.MemberSet, now: Instant) -> MemberState:
    m = replace(
        m,
        order=replace(m.order, setting=None, set_at=now, tries=0, is_final=False),
        draining=replace(m.draining, quiet={}, came_when_out={}),
    )
    if event.setting is Setting.CUT:
        return replace(m, order=replace(m.order, cuts=m.order.cuts + 1))
    placement = replace(
        known_again(m.placement),
        incarnations=dict(event.incarnations),
        confirmed=event.setting,
        relapsed_at="",
    )
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
                placement=replace(placement, found=None, former=placement.found),
                progress=replace(m.progress, step=0, passed=None, saved=None),
                draining=replace(m.draining, drain_since=None),
            )
        case _:
            return m


def _answered(plan: Plan, m: MemberState, event: e.GuardAnswered, now: Instant) -> MemberState:
    """In ASKING the answer decides the way; in PROVING it is weighed by `decide`."""
    m = working(m, None, answer=event.answer, detail=event.detail)
    if m.phase is Phase.PROVING:
        return looked_after(m) if event.answer is e.Answer.PRESENT else m
    steps = plan.shape(is_back=m.progress.course is Course.ROLLBACK).steps
    if event.answer is e.Answer.NEEDED and m.progress.step >= steps > 0:
        # They had ended well before a halt, and what they did is gone: `unless` decides (S7).
        m = replace(m, progress=_from_the_start(m))
    if event.answer in (e.Answer.REFUSED, e.Answer.UNREACHED):
        return moved(m, Move.STAND_DOWN, now)
    if event.answer is e.Answer.NEEDED:
        return moved(m, Move.ANSWER_NEEDED, now)
    if m.placement.found is not None:
        # Out because of us and already there: what is left is to validate and return it.
        progress = replace(m.progress, step=steps, begun=True)
        return moved(m, Move.ANSWER_NEEDED, now, progress=progress)
    return moved(m, Move.ANSWER_PRESENT, now, why=event.detail)


def _from_the_start(m: MemberState) -> Progress:
    """All its steps run again, as jobs of their own."""
    attempt = m.progress.attempt + 1
    return replace(m.progress, step=0, attempt=attempt, done_for=(), saved=None)


def _step_ended(state: State, m: MemberState, event: e.StepEnded, now: Instant) -> MemberState:
    m = working(m, None, unfinished=False, step_ended=now)
    p = m.progress
    if p.course is Course.ROLLBACK and not state.rollback_began:
        # The operator has decided to go on: whatever the way back did, the upgrade starts over.
        p = replace(p, course=Course.UPGRADE, step=0, attempt=p.attempt + 1)
    elif event.lost:
        p = replace(p, lost=True, attempt=p.attempt + 1, may_run=event.may_run)
    elif event.passed:
        p = _through(p, event.exit_code or 0)
    else:
        detail, code = _with_last_words(event), event.exit_code
        p = replace(p, passed=False, detail=detail, exit_code=code, may_run=event.may_run)
        p = replace(p, limit=event.limit)
    return begun_anew(replace(m, progress=p), state.stop, state.stopped_at or ORIGIN)


def _through(p: Progress, exit_code: int) -> Progress:
    """A step of it ended well."""
    if p.step == SNAPSHOT:
        return replace(p, step=0, saved=p.saves - 1)
    return replace(p, step=p.step + 1, exits=(*p.exits[: p.step], exit_code))


def _with_last_words(event: e.StepEnded) -> str:
    """How a step failed, and what it said last. Its whole output is in the journal."""
    said = said_last(event.output)
    return f"{event.detail}: {said}" if said else event.detail
