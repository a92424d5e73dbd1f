"""The herald: in the background, within bounds, and never in the way. In virtual time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import pytest

from controller.core.events import Event, Finished, Observation, RunBegan
from controller.core.outcome import Outcome
from controller.core.pool import Instant
from controller.core.state.state import State
from controller.ports import Notifier
from controller.records import Notice, Undelivered
from controller.runner.notify import MOST, NoticeSender
from tests.adapters.notify.receiver import HungNotifier, ScriptedNotifier, notice
from tests.support.virtual import LoopClock, run_virtually

T = TypeVar("T")

RUNNING = State(members={})
OVER = State(members={}, finished=Finished(Outcome.DONE, 0))
PASSING = Undelivered("answered with status 503", retryable=True)
LASTING = Undelivered("answered with status 404", retryable=False)


class OneNotice:
    """Implements `controller.runner.notify.Notices`: each event is told as it is said here."""

    def __init__(self, *events: str) -> None:
        self._events = events or ("halted",)

    def of(
        self,
        event: Event | Observation,
        before: State,
        after: State,
        last: Instant | None,
        now: Instant,
        wall: datetime,
    ) -> Sequence[Notice]:
        return [notice(name) for name in self._events]

    def heartbeat(self, state: State, wall: datetime) -> Notice:
        return notice("heartbeat")


class Stage:
    """A herald in virtual time, with what it warned of and when it was done."""

    def __init__(self, *notifiers: Notifier, beat: tuple[Notifier, float] | None = None) -> None:
        self.warned: list[str] = []
        self.ended_after = 0.0
        self._notifiers = notifiers
        self._beat = (beat[0], timedelta(seconds=beat[1])) if beat else None

    def play(self, act: Callable[[NoticeSender], Awaitable[None]], *events: str) -> "Stage":
        async def main() -> None:
            herald = NoticeSender(self._notifiers, LoopClock(), self.warned.append, beat=self._beat)
            herald.watch(OneNotice(*events))
            async with herald:
                await act(herald)
                left = asyncio.get_running_loop().time()
            self.ended_after = asyncio.get_running_loop().time() - left

        run_virtually(main())
        return self


def tell(herald: NoticeSender, after: State = RUNNING) -> None:
    herald.tell(RunBegan("me"), RUNNING, after)


async def tell_and_wait(herald: NoticeSender) -> None:
    tell(herald)
    await asyncio.sleep(60)


def test_delivered_at_once_and_to_who_wants_it() -> None:
    """One try, no warning; who did not ask for this event hears nothing."""
    wants, other = ScriptedNotifier(), ScriptedNotifier(events=("done",))
    stage = Stage(wants, other).play(tell_and_wait)
    assert [event for event, _, _ in wants.tried] == ["halted"]
    assert (other.tried, stage.warned) == ([], [])
    assert wants.is_closed
    assert other.is_closed


def test_passing_trouble_is_tried_three_times() -> None:
    """After 1 and 3 seconds, under the same delivery; each miss is a line in the log."""
    one = ScriptedNotifier(PASSING)
    stage = Stage(one).play(tell_and_wait)
    assert [at for _, _, at in one.tried] == [0.0, 1.0, 4.0]
    assert len({delivery for _, delivery, _ in one.tried}) == 1
    again = "notify[0].webhook: 'halted' was not delivered yet: answered with status 503"
    assert stage.warned == [
        f"{again}; retrying in 1s",
        f"{again}; retrying in 3s",
        "notify[0].webhook: 'halted' was not delivered: answered with status 503",
    ]


def test_second_try_may_succeed() -> None:
    """What is delivered is not sent again."""
    one = ScriptedNotifier(PASSING, None)
    stage = Stage(one).play(tell_and_wait)
    assert len(one.tried) == 2
    assert len(stage.warned) == 1


def test_lasting_trouble_is_not_tried_again() -> None:
    """A 404 stays one: one try, one line."""
    one = ScriptedNotifier(LASTING)
    stage = Stage(one).play(tell_and_wait)
    assert len(one.tried) == 1
    assert stage.warned == [
        "notify[0].webhook: 'halted' was not delivered: answered with status 404"
    ]


def test_hung_receiver_is_given_up_within_half_a_minute() -> None:
    """Three tries of 8 seconds each, and it is over before 30."""
    one = HungNotifier()
    stage = Stage(one).play(tell_and_wait)
    assert [at for _, _, at in one.tried] == [0.0, 9.0, 20.0]
    assert stage.warned[-1] == "notify[0].webhook: 'halted' was not delivered: no answer within 8s"
    assert stage.ended_after == 0.0


def test_hung_receiver_holds_up_nobody_else() -> None:
    """Telling returns at once, and another receiver hears at once, and so does the next event."""
    hung, well = HungNotifier(events=("started",)), ScriptedNotifier(events=("started",))

    async def act(herald: NoticeSender) -> None:
        tell(herald)
        tell(herald)
        assert asyncio.get_running_loop().time() == 0.0
        await asyncio.sleep(0)

    stage = Stage(hung, well).play(act, "started")
    assert [at for _, _, at in well.tried] == [0.0, 0.0]
    assert len(hung.tried) == 2
    assert stage.ended_after == 5.0


async def end_at_once(herald: NoticeSender) -> None:
    tell(herald)


GIVEN_UP = "given up: not delivered since the run ended"


def test_end_waits_for_what_is_under_way_but_not_long() -> None:
    """A notice on its second try when the run ends is still delivered; a hung one gets 5 s."""
    late = ScriptedNotifier(PASSING, None, events=("started",))
    stage = Stage(late).play(end_at_once, "started")
    assert (len(late.tried), stage.ended_after) == (2, 1.0)
    for event in ("started", "member_done"):
        stage = Stage(HungNotifier(events=(event,))).play(end_at_once, event)
        assert stage.ended_after == 5.0
        assert stage.warned == [f"notify[0].webhook: {event!r}: {GIVEN_UP}"]


@pytest.mark.parametrize("event", ["halted", "stuck", "aborted", "refused", "done", "heartbeat"])
def test_end_waits_for_what_tells_of_it(event: str) -> None:
    """It gets its whole half minute, and the log says what is waited for; another does not. An
    all-clear must not look like silence, nor a monitor be left armed."""
    hung, other = HungNotifier(events=(event,)), HungNotifier(events=("started",))
    stage = Stage(hung, other).play(end_at_once, event, "started")
    assert [at for _, _, at in hung.tried] == [0.0, 9.0, 20.0]
    assert stage.ended_after == 28.0
    what = f"notify[0].webhook: {event!r}"
    assert f"waiting up to 39s for notices: {what} (a signal ends the wait)" in stage.warned
    assert f"{what} was not delivered: no answer within 8s" in stage.warned


def test_what_is_delivered_at_once_is_not_waited_for() -> None:
    """Nor is a word said about it."""
    stage = Stage(ScriptedNotifier()).play(end_at_once)
    assert (stage.warned, stage.ended_after) == ([], 0.0)


def test_a_slow_command_is_neither_killed_nor_run_twice() -> None:
    """What pages people has its own time limit."""

    class Pager(ScriptedNotifier):
        within = timedelta(seconds=31)

        async def deliver(self, notice: Notice, delivery: str) -> Undelivered | None:
            await super().deliver(notice, delivery)
            await asyncio.sleep(20)
            return None

    pager = Pager()
    stage = Stage(pager).play(end_at_once)
    assert (len(pager.tried), stage.ended_after) == (1, 20.0)


def test_a_signal_ends_the_wait() -> None:
    """An operator who does not want to wait need not."""

    async def act(herald: NoticeSender) -> None:
        tell(herald)
        asyncio.get_running_loop().call_later(3.0, herald.give_up)

    stage = Stage(HungNotifier()).play(act)
    assert stage.ended_after == 3.0
    assert stage.warned[-1] == f"notify[0].webhook: 'halted': {GIVEN_UP}"


def busy(seconds: float) -> Undelivered:
    return Undelivered("answered with status 429", retryable=True, after=timedelta(seconds=seconds))


def test_a_receiver_says_when_to_come_back() -> None:
    """`Retry-After` is honoured, within the half minute."""
    chat = ScriptedNotifier(busy(10), busy(10), busy(10), None)
    stage = Stage(chat).play(end_at_once)
    assert [at for _, _, at in chat.tried] == [0.0, 10.0, 20.0, 30.0]
    assert stage.warned[0].endswith("answered with status 429; retrying in 10s")
    patient = ScriptedNotifier(busy(60))
    stage = Stage(patient).play(end_at_once)
    assert len(patient.tried) == 1
    assert stage.warned == [
        "notify[0].webhook: 'halted' was not delivered: answered with status 429; "
        "it asks to wait 1m"
    ]


def test_flood_is_bounded() -> None:
    """More deliveries at once than anybody reads are not begun, and the log says so."""
    hung = HungNotifier(events=("member_done",))

    async def act(herald: NoticeSender) -> None:
        for _ in range(MOST + 3):
            tell(herald)

    stage = Stage(hung).play(act, "member_done")
    assert len(hung.tried) == MOST
    assert (
        stage.warned.count(f"notify[0].webhook: 'member_done' was not sent: {MOST} are in delivery")
        == 3
    )


def test_fault_of_a_notifier_stops_nothing() -> None:
    """An error that no notifier may raise is told by its kind alone, after the run."""

    class Faulty(ScriptedNotifier):
        async def deliver(self, notice: Notice, delivery: str) -> Undelivered | None:
            raise KeyError("s3cret")

    async def act(herald: NoticeSender) -> None:
        tell(herald)

    stage = Stage(Faulty()).play(act)
    assert stage.warned == ["a notice was lost because of a bug in poolroll: KeyError"]


def test_what_no_event_tells() -> None:
    """A refusal, before there is a rollout; who asks for something else that it is hears it, too,
    once."""
    hears, other = ScriptedNotifier(events=("refused", "halted")), ScriptedNotifier()
    deaf = ScriptedNotifier(events=("done",))

    async def act(herald: NoticeSender) -> None:
        herald.send(replace(notice("refused"), also=("halted",)))

    stage = Stage(hears, other, deaf).play(act)
    assert [len(one.tried) for one in (hears, other, deaf)] == [1, 1, 0]
    assert stage.warned == []


def test_nobody_to_tell_costs_nothing() -> None:
    """Without receivers nothing is even put into words."""

    class Unasked(OneNotice):
        def of(
            self,
            event: Event | Observation,
            before: State,
            after: State,
            last: Instant | None,
            now: Instant,
            wall: datetime,
        ) -> Sequence[Notice]:
            raise AssertionError("nobody wants to know")

    async def main() -> None:
        async with NoticeSender((), LoopClock(), print) as herald:
            herald.watch(Unasked())
            tell(herald)

    run_virtually(main())


def test_heart_beats_while_the_rollout_is_unfinished() -> None:
    """From the first event on, every so often, and not after the end."""
    monitor = ScriptedNotifier(events=("heartbeat",))

    async def act(herald: NoticeSender) -> None:
        await asyncio.sleep(50)
        tell(herald)
        await asyncio.sleep(65)
        tell(herald, OVER)
        await asyncio.sleep(300)

    stage = Stage(beat=(monitor, 30.0)).play(act)
    assert [at for _, _, at in monitor.tried] == [50.0, 80.0, 110.0]
    assert stage.warned == []
    assert monitor.is_closed


def test_lost_heartbeat_is_told_once() -> None:
    """Going unheard is one line, and being heard again another; beats go on meanwhile."""
    monitor = ScriptedNotifier(PASSING, PASSING, None, events=("heartbeat",))

    async def act(herald: NoticeSender) -> None:
        tell(herald)
        await asyncio.sleep(35)

    stage = Stage(beat=(monitor, 10.0)).play(act)
    assert [at for _, _, at in monitor.tried] == [0.0, 10.0, 20.0, 30.0]
    assert stage.warned == [
        "notify[0].webhook: heartbeat not delivered: answered with status 503",
        "notify[0].webhook: heartbeat delivered again",
    ]


def test_hung_heartbeat_does_not_hold_up_the_end() -> None:
    """The heart is not waited for."""

    async def act(herald: NoticeSender) -> None:
        tell(herald)
        await asyncio.sleep(1)

    stage = Stage(beat=(HungNotifier(events=("heartbeat",)), 60.0)).play(act)
    assert stage.ended_after == 0.0
