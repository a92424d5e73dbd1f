"""At which load balancer requests of our own were counted; what is not known was, at each."""

from dataclasses import replace
from typing import Any

from controller.core.events import Looked, ProbeSeen
from controller.core.gates.tally import Tally
from controller.core.phases import Phase
from controller.core.pool import Counters, Incarnation, InstanceView
from controller.core.state.apply import apply
from controller.core.state.baseline import marked
from controller.core.state.ours import Ours
from controller.core.state.ours_at import counted_at, ours_at
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from tests.core.state.test_ours import THROUGH
from tests.support.contexts import NOW, WORKER, a_context, ago, standing
from tests.support.lines import a_line
from tests.support.tables import table

FORTY: dict[str, Any] = {"own": Counters(0, 40)}


def sent(*members: MemberState, total: int = 40) -> State:
    """So many within the last second."""
    ours = Ours(total, 0, ((ago(0.5), total),))
    return a_context(*members, plan=THROUGH, ours=ours).state


def judged(name: str = "web1", **trial: Any) -> MemberState:
    return standing(Phase.SOAKING, name, **trial)


def one(lb1: int, lb2: int, **trial: Any) -> State:
    return sent(judged(seen_at={"lb1": lb1, "lb2": lb2}, **FORTY | trial))


@table(
    "state most",
    {
        "none was sent": (a_context(judged(**FORTY)).state, (0, 0)),
        "through the first": (one(40, 0), (40, 0)),
        "a few users came to the second": (one(40, 3), (40, 3)),
        "some are not counted yet": (one(38, 0), (40, 2)),
        "more users than that came to the second": (one(40, 5), (40, 40)),
        "through both": (one(20, 20), (40, 40)),
        "most are not counted yet": (one(30, 0), (40, 40)),
        "the pin does not work": (one(0, 0), (40, 40)),
        "users came": (one(40, 0, met_users=True), (40, 40)),
        "the second was reloaded": (sent(judged(seen_at={"lb1": 40}, **FORTY)), (40, 40)),
        "some are of a former return": (one(30, 0, own=Counters(0, 30)), (40, 10)),
        "two members": (
            sent(
                judged(seen_at={"lb1": 40, "lb2": 1}, **FORTY),
                judged("web2", seen_at={"lb1": 20, "lb2": 1}, own=Counters(0, 20)),
                total=60,
            ),
            (60, 2),
        ),
    },
)
def test_where(state: State, most: tuple[int, int]) -> None:
    assert tuple(ours_at(state, lb, ago(3), NOW) for lb in ("lb1", "lb2")) == most
    assert ours_at(state, "lb1", ago(30), ago(20)) == 0


RELOADED = Incarnation("200", 2000)


def tallied(lb2: tuple[Incarnation, Counters]) -> State:
    last = {("lb1", "web"): (WORKER, Counters(0, 50)), ("lb2", "web"): lb2}
    state = sent(judged(mark_at={place: (WORKER, Counters(0, 10)) for place in last}))
    return replace(state, tallies={"web1": Tally(last=last)})


@table(
    "state seen",
    {
        "both count": (tallied((WORKER, Counters(0, 12))), {"lb1": 40, "lb2": 2}),
        "one was reloaded": (tallied((RELOADED, Counters(0, 90))), {"lb1": 40}),
        "one was cleared": (tallied((WORKER, Counters(0, 9))), {"lb1": 40}),
        "it was not marked": (
            replace(tallied((WORKER, Counters())), members={"web1": judged()}),
            {},
        ),
        "nothing is counted": (sent(judged()), {}),
    },
)
def test_counted(state: State, seen: dict[str, int]) -> None:
    assert counted_at(state, state.members["web1"]) == seen


def test_in_two_backends() -> None:
    state = tallied((WORKER, Counters(0, 12)))
    more = {("lb1", "api"): (WORKER, Counters(0, 11))}
    (m,) = (one for one in state.members.values() if one.name == "web1")
    last = {**state.tallies["web1"].last, **more}
    m = replace(
        m, trial=replace(m.trial, mark_at={**m.trial.mark_at, ("lb1", "api"): (WORKER, Counters())})
    )
    assert counted_at(replace(state, tallies={"web1": Tally(last=last)}), m) == {
        "lb1": 51,
        "lb2": 2,
    }


def looked(state: State, total: int, instance: str = "lb1") -> State:
    line = a_line("web1", counters=Counters(0, total))
    view = InstanceView(instance, NOW, WORKER, (line,), is_full=False)
    return apply(THROUGH, state, Looked(view), NOW)


def test_kept_as_long_as_it_is_judged() -> None:
    """What comes later, with users, does not blur it; a return begins anew."""
    state = looked(sent(judged(mark=None), total=0), 7)
    m = marked(state, state.members["web1"])
    assert m.trial.mark_at == {("lb1", "web"): (WORKER, Counters(0, 7))}
    state = replace(state, members={"web1": m}, ours=Ours(2, 0, ((ago(0.1), 2),)))
    for _ in range(2):
        state = apply(THROUGH, state, ProbeSeen("web1", True, "", m.trial.returned_at), NOW)
    state = looked(state, 9)
    assert state.members["web1"].trial.seen_at == {"lb1": 2}
    done = replace(state.members["web1"], phase=Phase.DONE)
    later = looked(replace(state, members={"web1": done}), 900)
    assert later.members["web1"].trial.seen_at == {"lb1": 2}
    again = replace(m, trial=replace(later.members["web1"].trial, mark=None))
    assert marked(later, again).trial.seen_at == {}
