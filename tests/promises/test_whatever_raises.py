"""Every call of every port fails in every way, and the world comes to rest: nothing drains, what
was not changed is back, a version that fails users is out, the operator is told in six lines, the
exit code says whether it was a bug, and the next run goes on.

A sample is played; all of it, some ten thousand rollouts, with POOLROLL_TEST_FAULTS=all.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial

import pytest

from controller.core.events import ResumeRequested
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.state.state import State
from controller.report.run.halt import halt_message
from controller.report.run.next_commands import NextCommands
from tests.promises.beats import bad_v2, ended
from tests.support.failing import ERRORS, HANG, Failing
from tests.support.plays import IS_ALL, Played, play, play_on
from tests.support.scenarios import QUICK, Scenario, of_places
from tests.support.sim import make_sim
from tests.support.virtual import EPOCH

SHORT = replace(QUICK, drain=replace(QUICK.drain, timeout=QUICK.soak))
GOOD = Scenario(SHORT, partial(make_sim, 2), has_guard=True, answers=(True,), may_break=True)
GOOD = replace(GOOD, begin=replace(GOOD.begin, stepwise=True))
SCENARIOS = {
    "good": GOOD,
    "bad": Scenario(SHORT, partial(make_sim, 2), prepare=bad_v2(), may_break=True),
    "places": of_places(replace(GOOD, answers=None, begin=replace(GOOD.begin, stepwise=False))),
}
LABELS = ("HALTED", "SEEN", "LIMIT", "MEMBERS", "USERS", "CAN WAIT", "NEXT")
RESUMED = ResumeRequested("operator", "mended")
WAYS = tuple(ERRORS)
EACH = 1
"""So many calls of each kind fail in the sample, each in another way."""
STRIDE = 499
"""And one in so many of all that there is."""
EXPECTED = {"good": ("done", 0), "bad": ("halted", 4), "places": ("done", 0)}


@cache
def calls(name: str) -> tuple[str, ...]:
    failing = Failing()
    ended(play(replace(SCENARIOS[name], wrap=failing)), *EXPECTED[name])
    return tuple(failing.calls)


def faults(name: str) -> Iterator[tuple[int, str]]:
    """Which call fails, and how. Before the first record is taken, nothing has begun; and an
    operator may take for ever to answer."""
    seen: dict[str, int] = {}
    for at, call in enumerate(calls(name)):
        if at <= calls(name).index("journal.append") and call == "clock.now":
            continue
        nth = seen[call] = seen.get(call, -1) + 1
        for number, how in enumerate(("ValueError",) if call == "clock.now" else WAYS):
            is_rare = nth < EACH and number == (5 * at + 7 * nth) % len(WAYS)
            if how == HANG and call.startswith("questions."):
                continue
            if IS_ALL or is_rare or (at * len(WAYS) + number) % STRIDE == 0:
                yield at, how


def told(played: Played) -> list[str]:
    commands = NextCommands("web", played.plan.purpose, "web.yaml")
    now = played.state.halted_at
    assert now is not None
    return halt_message(played.plan, played.state, now, EPOCH, commands=commands)


def is_at_rest(state: State) -> bool:
    return not any(m.is_in_progress or m.order.setting for m in state.members.values())


def broken(played: Played) -> list[str]:
    """A drain that is on its way when something else fails arrives; it is undone (see `check`)."""
    return [one for one in played.broken if ": drain web" not in one]


def check(name: str, played: Played, failing: Failing) -> None:
    assert broken(played) == []
    world, state = played.world, played.state
    lines = [line for _, line in world.sim.every_line()]
    assert {line.admin for line in lines} <= {Admin.READY, Admin.OUT}
    changed = {m.name for m in state.members.values() if m.progress.begun}
    assert all(line.admin is Admin.READY for line in lines if line.app.name not in changed)
    is_after_the_end = played.end.outcome == "done"
    is_told = played.end.exit_code == 1 or is_after_the_end
    assert is_told if failing.is_bug and state.bug else played.end.exit_code != 1, played.end
    if state.halt is not None and played.end.outcome == "halted":
        assert is_at_rest(state)
        assert [label for line in told(played) if (label := line[:8].strip())] == list(LABELS)
    if name == "bad":
        kept = {m.name for m in state.members.values() if m.phase is Phase.KEPT}
        assert not kept or (failing.failed, failing.how) == ("balancer.look", HANG)
        bad = [line for line in lines if line.app.version == "v2" and line.app.name not in kept]
        assert all(line.admin is Admin.OUT for line in bad)


def goes_on(scenario: Scenario, played: Played) -> None:
    """Without the fault, to the end: as often as the operator is asked, the answer is to go on."""
    for _ in range(3):
        if played.end.exit_code == 0 and played.end.outcome == "done":
            assert set(played.versions().values()) == {"v2"}
            return
        words = (RESUMED,) if played.end.outcome == "halted" else ()
        played = play_on(scenario, played.world, *words)
        assert broken(played) == []
    raise AssertionError(played.end)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_clock_fails_for_good(name: str) -> None:
    """Time goes on all the same, and the world comes to rest."""
    scenario = SCENARIOS[name]
    every = [at for at, each in enumerate(calls(name)) if each == "clock.now"]
    for at in (every[len(every) // 2], every[len(every) // 5]):
        failing = Failing(at, "ValueError", is_for_good=True)
        played = play(replace(scenario, wrap=failing))
        check(name, played, failing)
        if name != "bad":
            goes_on(scenario, played)


@pytest.mark.parametrize("name", SCENARIOS)
def test_one_call_fails(name: str) -> None:
    """And the next run goes on from where the journal and the pool are."""
    scenario = SCENARIOS[name]
    for at, how in faults(name):
        failing = Failing(at, how)
        played = play(replace(scenario, wrap=failing))
        try:
            check(name, played, failing)
            if name != "bad" and played.end.outcome != "refused":
                goes_on(scenario, played)
        except AssertionError as error:
            raise AssertionError(f"call {at}, {failing.failed}: {how}") from error
