"""What watches a run and ends by itself brings the run to rest."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from controller.errors import LeaseLost
from controller.runner.task_group import task_group
from controller.runner.unending import until_one_ends
from controller.runner.watchers import Watchers
from tests.support.plays import play
from tests.support.scenarios import Scenario
from tests.support.virtual import run_virtually


async def for_ever() -> None:
    await asyncio.Event().wait()


async def returns() -> None:
    await asyncio.sleep(1)


async def is_cut() -> None:
    """By a cancellation that somebody left behind."""
    await asyncio.sleep(1)
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


async def is_lost() -> None:
    await asyncio.sleep(1)
    raise LeaseLost("web", "it lapsed")


def watched(work: Callable[[], Coroutine[Any, Any, None]], *, ends: bool = False) -> None:
    async def main() -> None:
        async with task_group() as group:
            tasks = [group.create_task(one()) for one in (for_ever, work)]
            watcher = group.create_task(until_one_ends(tasks))
            if ends:
                await asyncio.sleep(2)
                for task in (*tasks, watcher):
                    task.cancel()

    run_virtually(main())


def test_one_that_returns() -> None:
    """It was to go on as long as the run does."""
    with pytest.raises(BaseExceptionGroup) as raised:
        watched(returns)
    assert "ended, which it never should" in str(raised.value.exceptions[0])


def test_one_that_is_cancelled_by_nobody() -> None:
    """A task group says nothing of that by itself."""
    with pytest.raises(BaseExceptionGroup) as raised:
        watched(is_cut)
    assert "nobody did that" in str(raised.value.exceptions[0])


def test_one_that_raises_tells_it_itself() -> None:
    """And nothing else is told."""
    with pytest.raises(LeaseLost, match="it lapsed"):
        watched(is_lost)


def test_the_end_of_the_run_is_no_fault() -> None:
    """All are cancelled then."""
    watched(for_ever, ends=True)


def test_a_run_whose_poller_ends_comes_to_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not go on blind."""

    async def poll(self: Watchers, instance: str) -> None:
        await is_cut()

    monkeypatch.setattr(Watchers, "_poll", poll)

    played = play(Scenario(may_break=True))
    assert played.end.exit_code == 1
    assert "in a look at lb1" in played.state.bug
