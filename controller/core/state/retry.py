"""The operator's decision to go on after a halt or a pause: what it changes."""

from controller.core.events import Cause, Halted
from controller.core.phases import FAILED, IN_PROGRESS, OVER, UPGRADED, Move, Phase
from controller.core.pool import Instant, Seat
from controller.core.pool.copies import replace
from controller.core.state.collection import Collection
from controller.core.state.moves import moved
from controller.core.state.parts import (
    Consent,
    Draining,
    Inquiry,
    MemberState,
    Placement,
    Progress,
    Trial,
)
from controller.core.state.state import Mode, State
from controller.core.steps import Course


def looked_after(m: MemberState) -> MemberState:
    """The operator has been told what may still run, and has decided to go on."""
    return replace(m, progress=replace(m.progress, may_run="")) if m.progress.may_run else m


def agreed(m: MemberState) -> MemberState:
    """The operator was told that somebody else has taken it out, or the process before us, and has
    decided: it counts as ours where it still is out."""
    if not (m.phase is Phase.KEPT and m.placement.kept_out and m.placement.unsure):
        return m
    return replace(m, placement=replace(m.placement, reclaim=True))


def known_again(placement: Placement) -> Placement:
    """It was set, or seen as it was set, in this process."""
    return replace(placement, unsure=False, reclaim=False)


def taken_up_again(m: MemberState, now: Instant) -> MemberState:
    """A member after a halt. One that is out and changed can still not go back as it was, hence
    `begun`; steps that ended well are not repeated (S7), unless they were undone by a rollback; an
    execution whose end is not known is joined, hence the same attempt."""
    m = agreed(m)
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
    attempt, step = m.progress.attempt + 1, m.progress.step if begun and is_upgrade else 0
    saved = m.progress.saved if begun else None
    again = replace(
        m.progress,
        step=step,
        attempt=attempt,
        begun=begun,
        saved=saved,
        proven=begun and m.progress.proven,  # what is done to it now is not
    )
    return _renewed(replace(m, progress=again))


def as_it_is_now(m: MemberState, halt: Halted, now: Instant) -> MemberState:
    """The operator decided to go on with the machine that is behind this name now."""
    is_meant = halt.cause is Cause.OCCUPANT and halt.member == m.name
    if is_meant and m.phase in UPGRADED:
        return as_another(m, (), now)
    if not is_meant or m.phase is not Phase.WAITING or m.progress.unfinished:
        return m
    return replace(m, placement=replace(m.placement, seats=()))


def as_another(m: MemberState, seats: tuple[Seat, ...], now: Instant) -> MemberState:
    """What was done was done to the former one: all of it is still to do, as jobs of its own."""
    placement = replace(Placement(), seats=seats, incarnations=m.placement.incarnations)
    p = m.progress
    progress = Progress(attempt=p.attempt + 1, serial=p.serial, saves=p.saves)
    m = moved(m, Move.RETRY, now, why="", placement=placement, progress=progress)
    return replace(m, draining=Draining(), trial=Trial(), consent=Consent(), inquiry=Inquiry())


def on_the_way_back(m: MemberState) -> Progress:
    """What is still so when a member is to be rolled back, or reverted."""
    p = m.progress
    return Progress(
        course=Course.ROLLBACK,
        attempt=p.attempt + 1,
        serial=p.serial,
        begun=m.placement.found is not None,
        unfinished=p.unfinished,
        saves=p.saves,
        saved=p.saved,
        beyond=p.beyond,
    )


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
            as_before=False,
            lost=p.lost and m.phase is not Phase.WAITING,
            unseen="",
        ),
        trial=Trial(),
        inquiry=Inquiry(),
    )


def resumed(state: State, now: Instant) -> State:
    """Go on: after a pause, or, by the operator's decision, after a halt. A way back that is
    under way is first brought to its end."""
    goes_back = any(
        m.progress.course is Course.ROLLBACK and m.phase in IN_PROGRESS
        for m in state.members.values()
    )
    state = replace(state, members={n: looked_after(m) for n, m in state.members.items()})
    if state.halt is None or state.mode is not Mode.HALTED or goes_back:
        return replace(state, paused=False)
    return replace(
        state,
        members={
            name: as_it_is_now(taken_up_again(m, now), state.halt, now)
            for name, m in state.members.items()
        },
        mode=Mode.RUNNING,
        halt=None,
        halted_at=None,
        bears_quiet=state.bears_quiet or state.halt.cause is Cause.TRAFFIC,
        rolling=(),
        finished=None,
        paused=False,
        collection=Collection(),
        gates={},
    )
