"""One preflight: what `plan` shows as a refusal is what `run` refuses by."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import pytest

from controller.config import RolloutFile, parse
from controller.core.events import MemberLeft, RunBegan
from controller.core.gates.evidence import AlertRule
from controller.core.gates.figures import span
from controller.core.plan.plan import Purpose
from controller.errors import PoolHeld, Refused, UsageFault
from controller.journal.codec import encode
from controller.lifecycle import Findings, Ports, Prepared, RunOptions
from controller.lifecycle.begin import prepare
from controller.lifecycle.preflight import preflight
from controller.runner.task_router import TaskRouter
from tests.config.pages import page
from tests.lifecycle.test_way_back import GOES_BACK, RAN, two_upgrades
from tests.support.fake_metrics import FakeMetricsSource
from tests.support.fakes import FakeCommands, FakeLoadBalancer, FakeValidator, Workshop
from tests.support.memory_journal import Holdings, MemoryJournal, MemoryLock, MemoryRequests
from tests.support.sim import Sim, make_sim
from tests.support.virtual import LoopClock, run_virtually

T = TypeVar("T")

FILE = parse(
    page(
        "upgrade: {command: [upgrade, '${member.name}', '0']}",
        "gates: [{name: ratio, prometheus: {url: 'http://m', query: q}, max: 1%}]",
    ),
    "/srv/web.yaml",
)
NO_OPTIONS = RunOptions()
BAD = "gate 'ratio': fail: "


@dataclass
class Place:
    """A pool, its metrics server, and a state folder."""

    metrics: FakeMetricsSource = field(default_factory=FakeMetricsSource)
    holdings: Holdings = field(default_factory=Holdings)
    file: RolloutFile = FILE
    sim: Sim = field(default_factory=lambda: make_sim(3))

    def __post_init__(self) -> None:
        clock, sim = LoopClock(), self.sim
        self.workshop = Workshop()
        commands = FakeCommands(sim, self.workshop, clock)
        self.lock = MemoryLock(clock, "me", self.holdings)
        self.ports = Ports(
            balancer=FakeLoadBalancer(sim, clock),
            tasks=TaskRouter(commands),
            commands=commands,
            validator=FakeValidator(sim, clock),
            journal=MemoryJournal(clock),
            requests=MemoryRequests(clock),
            lock=self.lock,
            clock=clock,
            sources=lambda server: self.metrics,
            by="me",
        )

    async def plan(self, options: RunOptions = NO_OPTIONS) -> Findings:
        return await preflight(self.ports, self.file, options, None)

    async def run(self, options: RunOptions = NO_OPTIONS) -> Prepared:
        async with self.lock.hold("web") as hold:
            return (await prepare(self.ports, hold, self.file, options))[0]

    async def begin(self) -> None:
        """A rollout that is cut off right after its beginning."""
        self.metrics.set("q", 0.0)
        prepared = await self.run()
        now = self.ports.clock.now()
        await self.ports.journal.begin(prepared.row, now, *encode(prepared.plan))
        for event in prepared.first:
            await self.ports.journal.append(prepared.row.id, now, *encode(event))


def in_place(test: Callable[[Place], Awaitable[T]]) -> T:
    async def run() -> T:
        return await test(Place())

    return run_virtually(run())


def test_both_refuse_for_the_same_reasons() -> None:
    """A gate that fails now is in the findings of the one and in the refusal of the other."""

    async def test(place: Place) -> None:
        place.metrics.set("q", 0.5)
        seen = await place.plan()
        assert [line for line in seen.refusals if line.startswith(BAD)] == seen.refusals != []
        with pytest.raises(Refused) as caught:
            await place.run()
        assert list(caught.value.reasons) == seen.refusals

    in_place(test)


ASKING = "preflight: [{command: [preflight, '${member.name}'], min: 20}]"


def asking(place: Place, *sections: str) -> RolloutFile:
    place.metrics.set("q", 0.0)
    return parse(
        page("upgrade: {command: [upgrade, '${member.name}', '0']}", ASKING, *sections),
        "/srv/w.yaml",
    )


def test_a_full_disk() -> None:
    """Both refuse, with a line for the member; and nothing was touched."""

    async def test(place: Place) -> None:
        place.file = asking(place)
        place.workshop.room = {"web2": 3}
        seen = await place.plan()
        (reason,) = seen.refusals
        assert reason.startswith("web2: `preflight web2` printed 3, and must print at least 20; ")
        with pytest.raises(Refused) as caught:
            await place.run()
        assert list(caught.value.reasons) == [reason]
        place.workshop.room = {}
        assert (await place.plan()).notes[-1] == "`preflight` holds now, asked of 3 members"
        prepared = await place.run()
        assert prepared.plan.upgrade.has_questions

    in_place(test)


def test_a_full_disk_where_nothing_is_to_be_done() -> None:
    """Whoever is already there is held against nobody."""

    async def test(place: Place) -> None:
        guarded = "{command: [up], unless: {command: [unless, '${member.name}', v2]}}"
        place.file = parse(page(f"upgrade: {guarded}", ASKING), "/srv/w.yaml")
        place.sim.apps["web2"].version = "v2"
        place.workshop.room = {"web2": 3}
        assert (await place.plan()).refusals == []

    in_place(test)


def test_nobody_answers_there() -> None:
    """Refused, or skipped where the file allows it."""

    async def test(place: Place) -> None:
        place.file = asking(place)
        place.workshop.room = {"web3": -1}
        (reason,) = (await place.plan()).refusals
        assert reason.startswith("web3: not reached: `preflight web3` ended with exit code 255")
        place.file = asking(place, "failures: {max: 1}")
        left = [one for one in (await place.run()).first if isinstance(one, MemberLeft)]
        assert [(one.member, one.is_unreached) for one in left] == [("web3", True)]
        assert left[0].why.startswith("not reached: `preflight web3`")

    in_place(test)


CHECKED = """validate: [{http: {url: 'https://${member.address}/', ca: mine.pem}}]"""


def test_a_validation_that_no_member_could_pass() -> None:
    """It is said once, with its place, and before a member is taken out for it."""

    async def test(place: Place) -> None:
        page_of = page("upgrade: {command: [upgrade, '${member.name}', '0']}", CHECKED)
        place.file = parse(page_of, "/srv/web.yaml")
        with pytest.raises(Refused) as caught:
            await place.run()
        (reason,) = caught.value.reasons
        assert reason.startswith("/srv/web.yaml:")
        assert "validate[0].http.ca: no file /srv/mine.pem; name a PEM file" in reason
        assert (await place.plan()).refusals == [reason]

    in_place(test)


def test_a_gate_that_is_overridden_is_not_asked() -> None:
    """Neither of them refuses by it."""

    async def test(place: Place) -> None:
        place.metrics.set("q", 0.5)
        options = RunOptions(overrides={"ratio": "known"})
        assert (await place.plan(options)).refusals == []
        assert (await place.run(options)).is_new
        assert place.metrics.asked == []

    in_place(test)


def test_what_is_gone_on_with_is_not_refused_by_a_gate() -> None:
    """S7: a run goes on with what was cut off, whatever its gates say now, and asks them when it
    runs; so `plan` says what they say as a note."""

    async def test(place: Place) -> None:
        await place.begin()
        place.metrics.set("q", 0.5)
        seen = await place.plan()
        assert seen.refusals == []
        assert [note for note in seen.notes if f"a run would still go on: {BAD}" in note]
        place.metrics.asked.clear()
        assert not (await place.run()).is_new
        assert place.metrics.asked == []

    in_place(test)


def test_a_query_that_can_never_work_is_a_fault_of_the_file() -> None:
    """Exit 2 of both, not 3."""

    async def test(place: Place) -> None:
        place.metrics.refuse("q", "parse error")
        with pytest.raises(UsageFault, match="parse error"):
            await place.plan()
        with pytest.raises(UsageFault, match="parse error"):
            await place.run()

    in_place(test)


def test_a_held_pool_goes_before_any_refusal() -> None:
    """`run` ends with the holder (6 before 3), and asks no metrics server; `plan` shows both."""

    async def test(place: Place) -> None:
        place.metrics.set("q", 0.5)
        other = MemoryLock(LoopClock(), "other", place.holdings, pid=2)
        keys = (await place.plan()).survey
        assert keys is not None
        async with other.hold("other") as hold:
            await hold.add({line.key for view in keys.views for line in view.lines})
            seen = await place.plan()
            assert [BAD in line for line in seen.refusals] == [False, True]
            place.metrics.asked.clear()
            with pytest.raises(PoolHeld):
                await place.run()
        assert place.metrics.asked == []

    in_place(test)


def test_alerts_that_nothing_could_fire() -> None:
    """A typing error in a matcher is refused by both before anything is touched, in words."""
    alerts = "gates: [{name: pages, alerts: {url: 'http://m', matchers: ['severity=\"pages\"']}}]"
    file = parse(page("upgrade: {command: [upgrade]}", alerts), "/srv/web.yaml")

    async def test(place: Place) -> None:
        place.file = file
        place.metrics.set_rules(AlertRule("High", {"severity": "page"}))
        seen = await place.plan()
        assert [line for line in seen.refusals if "could match severity" in line] == seen.refusals
        with pytest.raises(Refused):
            await place.run()
        place.metrics.set_rules(AlertRule("High", {"severity": "pages"}))
        assert (await place.plan()).refusals == []

    in_place(test)


@pytest.mark.parametrize(("interval", "is_refused"), [(60, True), (30, False)])
def test_a_gate_that_cannot_pass_in_its_time(interval: int, is_refused: bool) -> None:
    """Scraped once a minute, a pass counts from four minutes on, and soak and hold end before: that
    would halt every rollout."""
    query = 'q{server="${member.name}"}'
    gate = f"{{name: prom, prometheus: {{url: 'http://m', query: '{query}'}}, max: 1%}}"
    text = page("upgrade: {command: [upgrade]}", "soak: 30s", f"gates: [{gate}]")
    file = parse(text, "/web.yaml")

    async def test(place: Place) -> None:
        place.file = file
        asked = 'q{server="web1"}'
        place.metrics.set(asked, 0.0)
        place.metrics.set_age(asked, timedelta(seconds=1), timedelta(seconds=interval))
        seen = await place.plan()
        words = "gate 'prom' cannot pass in its time: it is scraped every 1m, so a pass counts"
        assert [line.startswith(words) for line in seen.refusals] == [True] * is_refused
        scraped = f"scraped every {span(timedelta(seconds=interval))}: a pass counts from "
        assert scraped in seen.gates["prom"]
        assert seen.intervals == {"prom": timedelta(seconds=interval)}

    in_place(test)


def test_a_name_without_an_address_needs_none() -> None:
    """Its member is left out, and no template is filled for it; an empty slot is nothing at all."""

    async def test(place: Place) -> None:
        place.metrics.set("q", 0.0)
        place.sim.lose_name("web2")
        seen = await place.plan()
        how = "web2 has a name without an address (web at lb1)"
        assert f"{how}: left out, not upgraded" in seen.notes
        assert seen.refusals == []

    in_place(test)


def test_a_rollback_to_a_stale_version() -> None:
    """Refused, with --yes too; where only others are meant, it does not matter."""
    gates = "gates: [{name: ratio, prometheus: {url: 'http://m', query: q}, max: 1%}]"
    place = Place(file=parse(page(GOES_BACK, gates), "/srv/web.yaml"))
    place.metrics.set("q", 0.0)

    async def refusals(only: tuple[str, ...]) -> tuple[str, ...]:
        back = RunOptions(only=only, purpose=Purpose.ROLLBACK)
        try:
            await place.run(back)
        except Refused as refused:
            return refused.reasons
        return ()

    async def all_of_it() -> list[tuple[str, ...]]:
        journal = place.ports.journal
        assert isinstance(journal, MemoryJournal)
        await two_upgrades(journal)
        return [await refusals(only) for only in ((), ("web2",))]

    refused, other = run_virtually(all_of_it())
    assert len(refused) == 1
    assert RAN in refused[0]
    assert "web2 was not upgraded, so it is not rolled back" in other[0]


@pytest.mark.parametrize(
    ("asked", "is_said"),
    [
        ("query: 'q'", True),
        ("query: 'q', evidence: up", False),
        ("query: 'q{server=\"${member.name}\"}'", False),
    ],
    ids=["the pool", "the pool, by its targets", "a member"],
)
def test_targets_that_nobody_would_miss(asked: str, is_said: bool) -> None:
    """The plan says where a load balancer that is scraped no more goes unnoticed."""
    gate = f"{{name: prom, prometheus: {{url: 'http://m', {asked}}}, max: 1%}}"
    file = parse(page("upgrade: {command: [upgrade]}", f"gates: [{gate}]"), "/web.yaml")

    async def test(place: Place) -> None:
        place.file = file
        words = "without `evidence` a target that is down is not noticed"
        assert (words in (await place.plan()).gates["prom"]) is is_said

    in_place(test)


GUARDED = parse(
    page(
        "upgrade: {command: [upgrade, '${member.name}', '0'], "
        "unless: {command: [unless, '${member.name}', v2], go_on: [1]}}",
        "failures: {max: 1}",
        "gates: []",
    ),
    "/srv/web.yaml",
)


def test_who_is_not_reached_is_skipped_within_the_budget() -> None:
    """`plan` names it, and a run does not ask it again; one more, and it is refused."""

    async def test() -> None:
        place = Place(file=GUARDED)
        place.workshop.guards["web2"] = [255]
        seen = await place.plan()
        assert seen.refusals == []
        assert "not reached, would be skipped (1 of at most 1): web2" in seen.notes
        prepared = await place.run()
        (left,) = [event for event in prepared.first if isinstance(event, MemberLeft)]
        assert (left.member, left.is_unreached) == ("web2", True)
        assert prepared.first.index(left) > [type(one) for one in prepared.first].index(RunBegan)
        place.workshop.guards["web3"] = [255]
        with pytest.raises(Refused) as caught:
            await place.run()
        assert caught.value.reasons[0] == (
            "2 members not reached, and failures.max (1) lets 1 be skipped"
        )
        assert [one.partition(":")[0] for one in caught.value.reasons[1:]] == ["web2", "web3"]

    run_virtually(test())
