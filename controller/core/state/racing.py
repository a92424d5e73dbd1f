"""Members under judgement beside the others: how long requests take, or wait, from the looks so
far."""

from collections.abc import Collection, Mapping, Sequence

from controller.core.gates.gate import TimingGate
from controller.core.gates.race import Race
from controller.core.gates.slowness import surely_slow
from controller.core.phases import JUDGED, UNTOUCHED, UPGRADED
from controller.core.plan.plan import Plan
from controller.core.pool import InstanceView, Line, Timing
from controller.core.pool.copies import replace
from controller.core.state.counts import ours_beside
from controller.core.state.parts import MemberState
from controller.core.state.state import Place, State
from controller.core.steps import Course

Races = Mapping[Place, Race]


def raced(plan: Plan, state: State, view: InstanceView) -> State:
    """With what one more look shows. It ends with the judgement of the member."""
    gates = [gate for gate in plan.policies.gates if isinstance(gate, TimingGate)]
    on_time = [gate for gate in gates if not gate.measure]
    on_queue = [gate for gate in gates if gate.measure]
    if on_time:
        state = replace(state, races=_raced(on_time, state, state.races, view))
    if on_queue:
        state = replace(state, queues=_raced(on_queue, state, state.queues, view))
    return state


def timing_of(gate: TimingGate, line: Line) -> Timing | None:
    return line.waiting if gate.measure else line.timing


def _raced(
    gates: Sequence[TimingGate], state: State, former: Races, view: InstanceView
) -> Mapping[Place, Race]:
    """`gates`: all on the same measure."""
    judged = [m for m in state.members.values() if m.phase in JUDGED and m.trial.mark is not None]
    names = {m.name for m in judged}
    races = {place: race for place, race in former.items() if place[0] in names}
    others = _others(state) if judged and view.is_full else ()
    for m in judged:
        for line in view.of(m.name):
            place = (m.name, view.instance, line.backend)
            timing = timing_of(gates[0], line)
            if timing is None or is_ours(state, m):  # what we ask for may be a faster page
                races.pop(place, None)
                continue
            race = races.get(place)
            if race is None or not race.incarnation.is_same(view.incarnation):
                compared = race.compared if race is not None else ()
                race = Race(view.incarnation, timing, {}, compared=compared)
            race = race.seen(timing, surely_slow(gates, race))
            if view.is_full:
                race = race.beside(_timings(gates[0], view, line.backend, others))
            races[place] = race
    return races


def is_ours(state: State, m: MemberState) -> bool:
    """Whether what came to it since its return may all be requests of our own."""
    return not m.trial.met_users and ours_beside(state, m.name) > 0


def races_of(state: State, member: str, gate: TimingGate) -> tuple[Race, ...]:
    races = state.queues if gate.measure else state.races
    return tuple(race for place, race in races.items() if place[0] == member)


def _others(state: State) -> Collection[str]:
    """Members not yet upgraded; once there are none, those that are proven."""
    members = state.members.values()
    return [m.name for m in members if _is_untouched(m)] or [
        m.name for m in members if m.phase in UPGRADED
    ]


def _is_untouched(m: MemberState) -> bool:
    return m.phase in UNTOUCHED and m.progress.course is Course.UPGRADE and not m.is_away


def _timings(
    gate: TimingGate, view: InstanceView, backend: str, members: Collection[str]
) -> dict[str, Timing]:
    return {
        line.member: timing
        for line in view.lines
        if line.backend == backend and line.member in members
        if (timing := timing_of(gate, line)) is not None
    }
