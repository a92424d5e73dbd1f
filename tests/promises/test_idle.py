"""Proof that nobody uses a member: no step begins before `drain.idle` has given it (S3, S5)."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from controller.core.events import Halted, Intended
from controller.core.gates.evidence import Freshness, Missing, Query, Reading, Reduce
from controller.core.gates.gate import MetricGate, Scope
from controller.core.phases import Phase
from controller.core.steps import RunStep
from controller.journal.codec import PLAN, decode
from controller.metrics_servers import MetricsServer
from controller.runner.sampler import Sampler
from tests.support.fake_metrics import FakeMetricsSource
from tests.support.plays import Played, play
from tests.support.scenarios import QUICK, ROLLOUT, Scenario, ms
from tests.support.sim import make_sim
from tests.support.virtual import LoopClock

IDLE = MetricGate(
    "drain.idle", Scope.MEMBER, {Query.VALUE: "in_flight"}, maximum=0, is_ratio=False, every=ms(50)
)
SCRAPED = ms(100)


class InFlight(FakeMetricsSource):
    """Somebody uses each member until then."""

    def __init__(self, until: timedelta, missing: Missing | None = None) -> None:
        super().__init__()
        self._until = until
        self._missing = missing

    async def read(
        self, query: str, *, reduce: Reduce | None = None, at: datetime | None = None
    ) -> Reading:
        is_used = LoopClock().now() < self._until
        if is_used and self._missing is not None and query != "time()":
            return Reading(query, missing=self._missing, words="nothing says so")
        return Reading(query, value=2.0 if is_used else 0.0, series=1)

    async def freshness_of(
        self, query: str, *, at: datetime | None = None, since: timedelta | None = None
    ) -> Freshness | None:
        return Freshness(query, ms(10), SCRAPED, series=1)


def played(until: timedelta, missing: Missing | None = None) -> Played:
    def sampler() -> Sampler:
        servers = {IDLE.name: [MetricsServer("http://metrics.test")]}
        return Sampler(
            lambda _: InFlight(until, missing), servers, lambda gate, *_: dict(gate.queries)
        )

    drain = replace(QUICK.drain, idle=IDLE)
    policies = replace(QUICK, drain=drain, gates=())
    return play(Scenario(policies, partial(make_sim, 3), sampler=sampler))


def first_step(run: Played) -> timedelta:
    """When it was recorded, after the start."""
    records = run.world.journal.written(ROLLOUT)
    events = [(one.at, decode(one.kind, one.body)) for one in records if one.kind != PLAN]
    steps = (at for at, e in events if isinstance(e, Intended) and isinstance(e.step, RunStep))
    return next(steps)


def test_a_step_waits_until_nobody_uses_the_member() -> None:
    """And until that was scraped twice since the member is out."""
    soon = played(ms(0))
    assert first_step(soon) >= 2 * SCRAPED
    busy = played(ms(900))
    assert first_step(busy) >= ms(900)
    assert {m.phase for m in busy.state.members.values()} == {Phase.DONE}


def test_one_that_stays_in_use() -> None:
    """The rollout halts at the drain's deadline; the member was not changed, and goes back."""
    run = played(ms(1_000_000))
    (halt,) = (event for event in run.events if isinstance(event, Halted))
    assert "is still in use" in halt.seen
    assert "2, above 0" in halt.seen
    assert not any(isinstance(e, Intended) and isinstance(e.step, RunStep) for e in run.events)


def test_no_answer_is_no_proof() -> None:
    """Missing evidence never lets a step begin."""
    run = played(ms(1_000_000), Missing.NO_DATA)
    (halt,) = (event for event in run.events if isinstance(event, Halted))
    assert "it is not known whether" in halt.seen
