"""`apply(plan, state, event, now) → state`: what each event changes. Nothing is decided here.

An event that the state does not allow raises `phases.IllegalMove` and changes nothing.
"""

from typing import Final

from controller.core import events as e
from controller.core.phases import Move, Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.pool.copies import replace
from controller.core.state.baseline import watched
from controller.core.state.intents import intended
from controller.core.state.invariants import check
from controller.core.state.member import member_after
from controller.core.state.moves import moved, working
from controller.core.state.observe import observe
from controller.core.state.parts import (
    Consent,
    Inquiry,
    MemberState,
    Placement,
    Progress,
    Trial,
)
from controller.core.state.pool_state import PoolState
from controller.core.state.probed import probe_sent, probed
from controller.core.state.resume import taken_over
from controller.core.state.retry import agreed, on_the_way_back, resumed
from controller.core.state.same_signal import begun_anew
from controller.core.state.sampled import sampled
from controller.core.state.state import Former, Mode, State
from controller.core.state.timed import timed
from controller.core.state.use import used
from controller.core.steps import ClosePool, Collect, Course, OpenPool, RunStep, SetMember, Step

FORMERS_KEPT: Final = 20
"""Replaced workers of one instance that are remembered: more reloads than that within one
rollout, with all the old workers still alive, is not a state to upgrade in anyway."""


def apply(plan: Plan, state: State, event: e.Event | e.Observation, now: Instant) -> State:
    """The state after `event`, which happened at `now`. Raises phases.IllegalMove, and
    invariants.InvariantBroken."""
    if isinstance(event, e.Looked | e.LookFailed):
        return observe(plan, state, event)
    if isinstance(event, e.ProbeSent):
        return probe_sent(plan, state, now)
    if isinstance(event, e.ProbeSeen):
        return probed(plan, state, event)
    if isinstance(event, e.UseSeen):
        return used(state, event)
    if isinstance(event, e.WindowSeen):
        return replace(state, window=event)
    if isinstance(event, e.JournalSeen):
        return replace(state, journal=event.after(state.journal))
    if isinstance(event, e.RequestsSeen):
        return replace(state, unheard=event.fault)
    if isinstance(event, e.BugSeen):
        return replace(state, bug=state.bug or event.what)
    if isinstance(event, e.SightLost):
        m = working(state.members[event.member], None, unseen=event.why)
        return replace(state, members={**state.members, m.name: m})
    after = timed(plan, state, event, _applied(plan, state, event, now), now)
    return check(plan, state, event, after)


def _applied(plan: Plan, state: State, event: e.Event, now: Instant) -> State:
    match event:
        case e.RunBegan() | e.Halted() | e.RollbackBegan() | e.Finished():
            return _run(plan, state, event, now)
        case e.StopRequested() | e.PauseRequested() | e.ResumeRequested() | e.AbortRequested():
            return _operator(state, event, now)
        case e.GateSampled():
            return sampled(plan, state, event, now)
        case e.CapacityShort():
            return replace(state, short_since=now)
        case e.CapacityBack():
            return replace(state, short_since=None)
        case e.RolesSeen(roles):
            return replace(state, roles=roles)
        case e.InstanceRestarted():
            return _replaced(plan, state, event, now)
        case e.LockLost() | e.JournalStalled():
            return state
        case e.FileKept(fingerprint, notices):
            return replace(state, fingerprint=fingerprint, notices=notices)
        case e.PoolOpened() | e.PoolClosed() | e.PoolStepFailed():
            return replace(state, whole=_whole(state.whole, event, now))
        case e.Collected():
            return replace(state, collection=state.collection.with_end(event))
        case e.MemberJoined(joined):
            return _back_too(state, _joined(state, event, now), joined.name)
        case e.MemberRenewed(member):
            return _back_too(state, _one_member(plan, state, event, now), member)
        case e.Intended(step):
            return _intended(state, step, now)
        case e.MemberRelapsed(member) if state.rollback_began and member not in state.rolling:
            state = _one_member(plan, state, event, now)
            return replace(state, rolling=(*state.rolling, member))
        case _:
            return _one_member(plan, state, event, now)


def _intended(state: State, step: Step, now: Instant) -> State:
    if isinstance(step, OpenPool | ClosePool):
        return replace(state, whole=state.whole.intending(step), touched=True)
    if isinstance(step, Collect):
        return replace(state, collection=state.collection.intending(step))
    state = _with(state, intended(state, step, now))
    return replace(state, touched=state.touched or isinstance(step, SetMember | RunStep))


# --- the run ---------------------------------------------------------------------------------


def _run(
    plan: Plan,
    state: State,
    event: e.RunBegan | e.Halted | e.RollbackBegan | e.Finished,
    now: Instant,
) -> State:
    match event:
        case e.RunBegan():
            return taken_over(plan, state, event, now)
        case e.Halted():
            return _halted(state, event, now)
        case e.RollbackBegan():
            return _rolling_back(state, event, now)
        case _:
            return replace(state, mode=Mode.FINISHED, finished=event, is_open_ended=False)


def _halted(state: State, event: e.Halted, now: Instant) -> State:
    """The first cause stands; a further one (on the way back) only ends what was going on."""
    state = watched(state)
    members = {name: _after_halt(m, event) for name, m in state.members.items()}
    return replace(
        state,
        members=members,
        mode=Mode.HALTED,
        halt=state.halt or event,
        halted_at=now,
    )


def _after_halt(m: MemberState, event: e.Halted) -> MemberState:
    if event.cause is e.Cause.FOREIGN and m.name == event.member:
        m = replace(m, placement=replace(m.placement, foreign=True))
    if m.name not in event.condemned:
        return m
    why = _condemned_why(event, m.name)
    trial, progress = replace(m.trial, condemned=True, disproven=why), m.progress
    return replace(m, why=why, trial=trial, progress=replace(progress, proven=False))


def _condemned_why(event: e.Halted, name: str) -> str:
    if event.gate is None:
        return event.seen
    if event.member is None:
        return f"not proven when gate {event.gate!r} failed"
    failed = f"failed gate {event.gate!r}"
    return failed if name == event.member else f"not proven when {event.member} {failed}"


def _rolling_back(state: State, event: e.RollbackBegan, now: Instant) -> State:
    members = dict(state.members)
    for name in event.members:
        m = members[name]
        members[name] = moved(
            m,
            Move.ROLL_BACK,
            now,
            progress=on_the_way_back(m),
            trial=Trial(),
            consent=Consent(approved=True),
            inquiry=Inquiry(),
        )
    return replace(state, members=members, mode=Mode.ROLLING_BACK, rolling=event.members)


# --- the operator ----------------------------------------------------------------------------


def _operator(
    state: State,
    event: e.StopRequested | e.PauseRequested | e.ResumeRequested | e.AbortRequested,
    now: Instant,
) -> State:
    if not isinstance(event, e.StopRequested):
        state = replace(state, heard=max(state.heard, event.request))
    match event:
        case e.PauseRequested():
            return replace(state, paused=True)
        case e.ResumeRequested():
            return resumed(state, now)
        case e.StopRequested():
            mode = state.mode if state.mode is Mode.HALTED else Mode.STOPPING
            members = {n: begun_anew(m, event, now) for n, m in state.members.items()}
            at = state.stopped_at or now
            return replace(state, members=members, mode=mode, stop=event, stopped_at=at)
        case _:
            return _aborting(state, event, now)


def _aborting(state: State, event: e.AbortRequested, now: Instant) -> State:
    if event.restore:
        state = replace(state, members={n: agreed(m) for n, m in state.members.items()})
    return replace(state, mode=Mode.STOPPING, abort=event, stopped_at=now, finished=None)


# --- what was seen ---------------------------------------------------------------------------


def _replaced(plan: Plan, state: State, event: e.InstanceRestarted, now: Instant) -> State:
    """What was seen of the instance so far was seen of another worker."""
    instance = event.instance
    former = state.formers.get(instance)
    workers = (*(former.incarnations if former is not None else ()), event.former)[-FORMERS_KEPT:]
    snapshot = replace(state.snapshots[instance], lingering=None)
    return replace(
        state,
        known={**state.known, instance: event.now},
        snapshots={**state.snapshots, instance: snapshot},
        formers={
            **state.formers,
            instance: Former(workers, now + plan.policies.drain.timeout),
        },
        members={name: _unseen_at(instance, m) for name, m in state.members.items()},
    )


def _unseen_at(instance: str, m: MemberState) -> MemberState:
    quiet = {one: span for one, span in m.draining.quiet.items() if one != instance}
    came = {one: span for one, span in m.draining.came_when_out.items() if one != instance}
    return replace(m, draining=replace(m.draining, quiet=quiet, came_when_out=came))


# --- the pool as a whole -------------------------------------------------------------------


def _whole(
    whole: PoolState, event: e.PoolOpened | e.PoolClosed | e.PoolStepFailed, now: Instant
) -> PoolState:
    match event:
        case e.PoolOpened(kept):
            return PoolState(kept=kept, opened_at=now)
        case e.PoolClosed():
            return PoolState(is_closed=True, closed_at=now)
        case _:
            tries = whole.tries + 1
            return replace(whole, work=None, tries=tries, tried_at=now, why=event.why)


def _joined(state: State, event: e.MemberJoined, now: Instant) -> State:
    """One that had left comes back as another one: its steps are jobs of their own."""
    name, former = event.member, state.members.get(event.member)
    progress = Progress()
    if former is not None:
        p = former.progress
        progress = Progress(attempt=p.attempt + 1, serial=p.serial, saves=p.saves)
    m = MemberState(name, since=now, progress=progress)
    if event.found is not None:
        m = replace(m, placement=Placement(event.found), progress=replace(progress, begun=True))
    others = tuple(one for one in state.joined if one.name != name)
    return replace(state, members={**state.members, name: m}, joined=(*others, event.joined))


def _back_too(before: State, state: State, name: str) -> State:
    """Who comes in the middle of a rollback may run the version that goes: `unless` says so."""
    if not before.rollback_began:
        return state
    m = state.members[name]
    progress = replace(m.progress, course=Course.ROLLBACK)
    m = replace(m, progress=progress, consent=Consent(approved=True))
    others = tuple(one for one in state.rolling if one != name)
    return replace(state, members={**state.members, name: m}, rolling=(*others, name))


def _one_member(plan: Plan, state: State, event: e.MemberEvent, now: Instant) -> State:
    state = _with(state, member_after(plan, state, event, now))
    match event:
        case e.MemberReturned(member):
            gates = {key: gate for key, gate in state.gates.items() if key[1] != member}
            return replace(state, gates=gates)
        case e.RampRefused():
            return replace(state, ramp_refused=True)
        case e.MemberSet(_, _, workers):
            return replace(state, known={**workers, **state.known})
        case _:
            return state


def _with(state: State, m: MemberState) -> State:
    done = state.done + (m.phase is Phase.DONE and state.members[m.name].phase is not Phase.DONE)
    if done != state.done:
        m = replace(m, finished_turn=done)
    return replace(state, members={**state.members, m.name: m}, done=done)
