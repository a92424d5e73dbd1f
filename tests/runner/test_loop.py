"""The shell around the decisions: errors, requests, records, and what is left behind."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

import pytest

from controller.core.decide import decide as deciding
from controller.core.events import (
    AbortRequested,
    MemberReturned,
    PauseRequested,
    ResumeRequested,
    SettingFailed,
    SoakEnded,
)
from controller.errors import LeaseLost, StateError
from controller.journal.codec import decode
from controller.records import Request, Verb
from controller.runner import recorder as recorder_module
from controller.runner.perform import weigh
from controller.runner.watchers import heard
from controller.tasks import Command, Guard, JobResult, PoolTask
from tests.promises.beats import ended
from tests.support.plays import play, play_on, start
from tests.support.scenarios import QUICK, ROLLOUT, ForkableRequests, Scenario, World, ms
from tests.support.virtual import EPOCH, LoopClock, run_virtually


def full_disk(left: int) -> Callable[[str, str], None]:
    """For `ForkableJournal.around`: takes so many records, then fails."""
    records = count(1)

    def around(when: str, kind: str) -> None:
        if when == "before" and next(records) > left:
            raise StateError("no space left on device")

    return around


def test_journal_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever record it fails at, the run halts in order, and nothing is done that was not
    recorded; the next run goes on, or asks the operator. The minute of patience is shortened: it
    passes once for each record, and a halt after the whole of it is played elsewhere."""
    monkeypatch.setattr(recorder_module, "PATIENCE", recorder_module.SILENT + ms(1000))
    scenario = Scenario()
    whole = len(play(scenario).events)
    for left in range(1, whole):
        world = scenario.world()
        world.journal.around.append(full_disk(left))
        played = run_virtually(start(scenario, world), ms(500))
        assert played.broken == [], left
        assert played.state.journal.fault == "no space left on device"
        assert played.end.exit_code in (0, 3, 5), left
        if played.end.exit_code == 0:
            assert set(played.versions().values()) == {"v2"}, left
        assert played.state.journal.is_unwritten, left
        world.journal = world.journal.fork()
        later = play_on(scenario, world)
        assert later.broken == [], left
        assert later.end.exit_code in (0, 5), left


def test_journal_that_fails_before_the_run_has_begun() -> None:
    """Nothing is touched."""
    scenario = Scenario()
    world = scenario.world()
    world.journal.around.append(full_disk(0))
    played = run_virtually(start(scenario, world), ms(500))
    ended(played, "refused", 3)
    assert played.calls == []


@pytest.mark.parametrize(
    ("verb", "event"),
    [
        (Verb.PAUSE, PauseRequested("me", 7, "why")),
        (Verb.RESUME, ResumeRequested("me", "why", 7)),
        (Verb.ABORT, AbortRequested("me", restore=False, request=7)),
        (Verb.ABORT_RESTORE, AbortRequested("me", restore=True, request=7)),
    ],
)
def test_requests_are_heard(verb: Verb, event: object) -> None:
    """Each verb of the operator is the event that it means, under the request's number."""
    assert heard(Request(7, "r1", verb, "why", "me", EPOCH)) == event


def test_record_of_what_is_out_is_kept_while_it_is_out() -> None:
    """The pool's record of what we have out is there from before the first touch until the return
    (S8)."""
    held: list[int] = []
    scenario = Scenario()
    world = scenario.world()

    def narrate(event: object, before: object, after: object) -> None:
        held.append(len(world.journal.out_by(ROLLOUT)))

    played = run_virtually(start(scenario, world, (), narrate), ms(500))
    ended(played, "done", 0)
    assert max(held) == 1
    assert held[-1] == 0


def command(*argv: str) -> Command:
    return Command(argv, ms(1000))


@pytest.mark.parametrize(
    ("result", "answer", "words"),
    [
        (JobResult(exit_code=0), "already there", "exit code 0"),
        (JobResult(exit_code=1), "upgrade needed", "exit code 1"),
        (JobResult(exit_code=2, output="a\nno such host\n"), "refused", "no such host"),
        (JobResult(exit_code=2), "refused", "exit code 2"),
        (JobResult(exit_code=255, output="no route to host"), "not reached", "no route to host"),
        (JobResult(timed_out=True, seconds=60), "not reached", "did not end in time"),
        (JobResult(fault="no such file"), "refused", "could not be started: no such file"),
        (JobResult(lost=True), "refused", "how it ended is not known"),
    ],
)
def test_weighing_a_guard(result: JobResult, answer: str, words: str) -> None:
    """Every way in which `unless` can end is an answer, and only a clear one lets go on."""
    said, detail = weigh(Guard(command("true"), frozenset({1})), result)
    assert said == answer
    assert words in detail


def test_what_the_pool_itself_answers_is_told() -> None:
    """Nobody has written an `unless` there, so its exit code alone says nothing."""
    guard = Guard(PoolTask("is_current", ms(1000)), frozenset({1}))
    result = JobResult(exit_code=1, output="web-2 is not Ready yet\n")
    said, detail = weigh(guard, result)
    assert said == "upgrade needed"
    assert detail.endswith("exit code 1: web-2 is not Ready yet")


def test_reload_between_setting_and_look_is_no_foreign_hand() -> None:
    """A worker that came up right after a setting was made is not held to it."""

    def prepare(world: World) -> None:
        world.sim.reload_after = "drain"

    played = play(Scenario(prepare=prepare))
    ended(played, "done", 0)
    assert len(played.told(SettingFailed)) == 1


def test_what_time_alone_ends_is_ended_in_time() -> None:
    """Each member waits for its soak, and not for a tick beside it."""
    soak = ms(615)
    played = play(Scenario(replace(QUICK, soak=soak, gates=())))
    ended(played, "done", 0)
    at = {
        (kind, decode(one.kind, one.body).member): one.at
        for kind in (MemberReturned, SoakEnded)
        for one in played.world.journal.written(ROLLOUT)
        if one.kind == kind.__name__
    }
    late = [at[SoakEnded, name] - at[MemberReturned, name] - soak for name in played.state.members]
    assert max(late) <= ms(5)


def test_decides_nothing_before_a_run_began_or_after_it_ended() -> None:
    """Outside a run there is nothing to decide."""
    played = play(Scenario())
    state = played.state
    assert deciding.decide(played.plan, state, ms(0)) is None
    assert deciding.decide(played.plan, replace(state, run=None), ms(0)) is None


def test_a_failure_beside_the_loop_leaves_as_itself() -> None:
    """What a watcher or a step raises comes out of `run` as the plain error of ours."""

    class NoRequests(ForkableRequests):
        async def pending(self, rollout: str, after: int) -> Sequence[Request]:
            raise LeaseLost("web", "it was taken")

    scenario = Scenario()
    world = scenario.world()
    world.requests = NoRequests(LoopClock())
    with pytest.raises(LeaseLost, match="it was taken") as caught:
        run_virtually(start(scenario, world), ms(500))
    assert type(caught.value) is LeaseLost


@pytest.mark.parametrize("lasts", [5, 600])
def test_state_folder_that_can_no_longer_be_read(lasts: int) -> None:
    """Nothing begins meanwhile, since a pause would not be heard; after a while the rollout halts
    in order."""

    class NoRequests(ForkableRequests):
        async def pending(self, rollout: str, after: int) -> Sequence[Request]:
            if ms(1000) < LoopClock().now() < ms(1000 * lasts):
                raise StateError("journal: it was removed")
            return []

    scenario = Scenario()
    world = scenario.world()
    world.requests = NoRequests(LoopClock())
    played = run_virtually(start(scenario, world), ms(500))
    if lasts == 5:
        ended(played, "done", 0)
        assert not played.state.unheard
        assert played.took > ms(4500)
    else:
        ended(played, "halted", 5)
        assert "it was removed" in played.end.why
        assert list(played.versions().values()).count("v2") <= 1
