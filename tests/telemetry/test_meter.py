"""The meter: beside the rollout, within bounds, and never in its way. In virtual time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from controller.core.events import Finished, RunBegan
from controller.core.outcome import Outcome
from controller.core.plan.plan import CourseShape, Plan
from controller.core.settings import Policies
from controller.core.state.state import State
from controller.errors import PoolHeld, PoolrollError, Refused, UsageFault
from controller.telemetry.catalogue import REFUSED
from controller.telemetry.measure import Subject
from controller.telemetry.meter import EVERY, PATIENCE, Meter
from controller.telemetry.values import Collect, Family, Sample
from tests.support.virtual import EPOCH, LoopClock, run_virtually

PLAN = Plan("web", (), (), (), ("web",), 1, 1, 2, Policies(), CourseShape(1))
RUNNING = State(members={})
OVER = State(members={}, finished=Finished(Outcome.DONE, 0))
AWHILE = 58.0
"""Seconds; between two of the regular times."""


class ScriptedOutlet:
    """Implements `controller.telemetry.values.Outlet`: answers as told, the last one for ever."""

    def __init__(self, *answers: str | None, name: str = "--out") -> None:
        self.name = name
        self.given: list[tuple[float, float]] = []
        """The loop's time in seconds, and whether the rollout was over."""
        self.is_closed = False
        self.added: list[Family] = []
        self.collect: Collect = tuple
        self._answers = list(answers) or [None]

    async def open(self, collect: Collect) -> None:
        self.collect = collect

    async def give(self) -> str | None:
        over = [one for one in self.collect() if one.metric.name == "poolroll_rollout_exit_code"]
        self.given.append((asyncio.get_running_loop().time(), len(over[0].samples)))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    async def add(self, families: Sequence[Family]) -> str | None:
        self.added += families
        return None

    async def aclose(self) -> None:
        self.is_closed = True


class HungOutlet(ScriptedOutlet):
    """Never comes to an end."""

    async def give(self) -> str | None:
        await super().give()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets that event")


class FaultyOutlet(ScriptedOutlet):
    """Has a bug."""

    async def give(self) -> str | None:
        await super().give()
        raise LookupError("a bug")


class UnusableOutlet(ScriptedOutlet):
    """Cannot work here."""

    async def open(self, collect: Collect) -> None:
        raise UsageFault("--out: cannot work here")


class Stage:
    """A meter in virtual time, what it warned of, and how long it took to leave."""

    def __init__(self, *outlets: ScriptedOutlet) -> None:
        self.warned: list[str] = []
        self.took = 0.0
        self._outlets = outlets

    def play(self, act: Callable[[Meter], Awaitable[None]]) -> "Stage":
        async def main() -> None:
            async with Meter(self._outlets, LoopClock(), self.warned.append) as meter:
                await meter.open(Subject(PLAN, EPOCH))
                await act(meter)
                left = asyncio.get_running_loop().time()
            self.took = asyncio.get_running_loop().time() - left
            others = asyncio.all_tasks() - {asyncio.current_task()}
            assert others == set()

        run_virtually(main())
        return self


def tell(meter: Meter, after: State = RUNNING) -> None:
    meter.tell(RunBegan("me"), RUNNING, after)


async def awhile(meter: Meter) -> None:
    tell(meter)
    await asyncio.sleep(AWHILE)
    tell(meter, OVER)


async def nothing(meter: Meter) -> None:
    """The operator said no."""


def test_given_regularly_and_at_the_end() -> None:
    """Every few seconds from the first event on, and once more with how it ended."""
    out = ScriptedOutlet()
    stage = Stage(out).play(awhile)
    every = EVERY.total_seconds()
    whens = [when for when, _ in out.given]
    assert whens == [*(every * n for n in range(12)), AWHILE]
    assert [over for _, over in out.given][-2:] == [0, 1]
    assert (stage.warned, stage.took, out.is_closed) == ([], 0.0, True)


def test_nothing_before_a_rollout_has_begun() -> None:
    """A run that is not begun hands out nothing: what was said of the former one stays."""
    out = ScriptedOutlet()
    stage = Stage(out).play(nothing)
    assert (out.given, out.collect(), out.is_closed, stage.warned) == ([], (), True, [])


def test_trouble_is_told_once_and_once_when_it_is_over() -> None:
    """One line however long it lasts, one when it works again, and the other outlet goes on."""
    bad, good = ScriptedOutlet("full", "full", "full", None, name="--bad"), ScriptedOutlet()
    stage = Stage(bad, good).play(awhile)
    assert stage.warned == [
        "--bad: full; the rollout goes on without it",
        "--bad: works again",
    ]
    assert len(good.given) == len(bad.given)


def test_trouble_to_the_end_is_one_line() -> None:
    """A gateway that is down all the time is one line, the last push included."""
    stage = Stage(ScriptedOutlet("down")).play(awhile)
    assert stage.warned == ["--out: down; the rollout goes on without it"]


def test_hung_outlet_is_bounded() -> None:
    """An outlet that hangs holds up neither the rollout nor the others; the end waits for it
    once, and no longer than promised."""
    hung, good = HungOutlet(), ScriptedOutlet()
    stage = Stage(hung, good).play(awhile)
    assert stage.took == PATIENCE.total_seconds()
    assert stage.warned == ["--out: no export within 3s; the rollout goes on without it"]
    assert good.given[-1] == (AWHILE, 1)
    assert hung.is_closed


def test_bug_in_an_outlet_is_a_line() -> None:
    """What nobody thought of ends the outlet, not the rollout."""
    faulty, good = FaultyOutlet(name="--faulty"), ScriptedOutlet()
    stage = Stage(faulty, good).play(awhile)
    assert set(stage.warned) == {"--faulty: stopped by a bug in poolroll: LookupError"}
    assert len(faulty.given) == 2
    assert good.given[-1] == (AWHILE, 1)


def test_unusable_outlet_is_refused() -> None:
    """What cannot work is said when it is opened, and what was opened is closed."""
    first, second = ScriptedOutlet(), UnusableOutlet()
    with pytest.raises(UsageFault, match="cannot work here"):
        Stage(first, second).play(nothing)
    assert first.is_closed


def test_heartbeat_is_the_last_event() -> None:
    """A rollout that hangs grows silent although its outlets still answer."""
    out = ScriptedOutlet()

    async def hangs(meter: Meter) -> None:
        tell(meter)
        await asyncio.sleep(60)
        (beat,) = (
            one.samples[0].value
            for one in meter.families()
            if one.metric.name == "poolroll_heartbeat_timestamp_seconds"
        )
        assert beat == EPOCH.timestamp()

    Stage(out).play(hangs)
    assert out.given[-1][0] == timedelta(minutes=1).total_seconds()


class HungAdding(ScriptedOutlet):
    async def add(self, families: Sequence[Family]) -> str | None:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets that event")


@pytest.mark.parametrize(
    ("error", "begins", "is_told"),
    [
        (Refused("capacity"), False, True),
        (UsageFault("a gate"), False, True),
        (Refused("later"), True, False),
        (PoolHeld("web", "me@here", "since noon"), False, False),
    ],
)
def test_a_refused_run(error: PoolrollError, begins: bool, is_told: bool) -> None:
    """It is added, and nothing else exported; not where one has begun, nor where another run holds
    the pool and exports its own. Who takes it late is not waited for."""
    outlet, hung = ScriptedOutlet(), HungAdding(name="--hung")

    async def run(meter: Meter) -> None:
        async with meter.told_of_refusals("web"):
            if begins:
                meter.tell(RunBegan("me"), RUNNING, RUNNING)
            raise error

    async def act(meter: Meter) -> None:
        with pytest.raises(type(error)):
            await run(meter)

    stage = Stage(outlet, hung).play(act)
    sample = Sample(("web",), EPOCH.timestamp())
    assert outlet.added == [Family(REFUSED, (sample,))] * is_told
    assert bool(outlet.given) is begins
    late = [line for line in stage.warned if "--hung" in line]
    assert late == ["--hung: no export within 3s"] * is_told
