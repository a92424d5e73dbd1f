"""Every call of every port fails in every way, and the world comes to rest: nothing drains, what
was not changed is back, a version that fails users is out, the operator is told in six lines, the
exit code says whether it was a bug, and the next run goes on.

A sample is played; all of it, some ten thousand rollouts, with POOLROLL_TEST_FAULTS=all.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial

import pytest

from controller.core.events import ResumeRequested
from controller.core.pool import Admin
from controller.core.state.state import State
from controller.report.run.halt import halt_message
from controller.report.run.next_commands import NextCommands
from tests.promises.beats import bad_v2, ended
from tests.support.failing import ERRORS, Failing
from tests.support.plays import Played, play
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
LABELS = ("SEEN", "LIMIT", "MEMBERS", "USERS", "CAN WAIT", "NEXT")
RESUMED = ResumeRequested("operator", "mended")
IS_ALL = os.environ.get("POOLROLL_TEST_FAULTS") == "all"
EVERY = 61
"""Of the ways to fail, one in so many is in the sample, and each call of a rarer kind once."""


@cache
def calls(name: str) -> tuple[str, ...]:
    failing = Failing()
    ended(play(replace(SCENARIOS[name], wrap=failing)), *EXPECTED[name])
    return tuple(failing.calls)


EXPECTED = {"good": ("done", 0), "bad": ("halted", 4), "places": ("done", 0)}


def faults(name: str) -> Iterator[tuple[int, str]]:
    ways = list(ERRORS)
    pairs = [(at, how) for at in range(len(calls(name))) for how in ways]
    if IS_ALL:
        yield from pairs
        return
    seen: dict[str, int] = {}
    for number, (at, how) in enumerate(pairs):
        call = calls(name)[at]
        is_rare = how == ways[seen.get(call, 0) * 7 % len(ways)] and seen.get(call, 0) < 3
        seen[call] = seen.get(call, 0) + is_rare
        if is_rare or number % (EVERY * len(ways)) == 0:
            yield at, how


def told(played: Played) -> list[str]:
    commands = NextCommands("web", played.plan.purpose, "web.yaml")
    now = played.state.halted_at
    assert now is not None
    return halt_message(played.plan, played.state, now, EPOCH, commands=commands, contact="")


def is_at_rest(state: State) -> bool:
    return not any(m.is_in_progress or m.order.setting for m in state.members.values())


def check(name: str, played: Played, failing: Failing) -> None:
    # A setting that is on its way when something else fails arrives; it is undone (see below).
    assert [one for one in played.broken if ": drain web" not in one] == []
    world, state = played.world, played.state
    lines = [line for _, line in world.sim.every_line()]
    assert {line.admin for line in lines} <= {Admin.READY, Admin.OUT}
    changed = {m.name for m in state.members.values() if m.progress.begun}
    assert all(line.admin is Admin.READY for line in lines if line.app.name not in changed)
    is_hurt = played.end.exit_code == 1
    assert is_hurt is (failing.is_bug and state.bug != ""), played.end
    if state.finished is not None and state.halt is not None and played.end.outcome == "halted":
        assert is_at_rest(state)
        assert [label for line in told(played) if (label := line[:8].strip())] == list(LABELS)
    if name == "bad":
        assert all(line.admin is Admin.OUT for line in lines if line.app.version == "v2")


@pytest.mark.parametrize("name", SCENARIOS)
def test_one_call_fails(name: str) -> None:
    scenario = SCENARIOS[name]
    for at, how in faults(name):
        failing = Failing(at, how)
        played = play(replace(scenario, wrap=failing))
        what = f"{name}: call {at}, {failing.failed}: {how}"
        try:
            check(name, played, failing)
        except AssertionError as error:
            raise AssertionError(what) from error
