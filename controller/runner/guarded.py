"""Steps and watchers, whatever they raise: an error of our own is noted, and what failed counts as
failed. The rollout comes to rest then; see `controller.core.decide.bug`."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from controller.core.events import Event, SightLost
from controller.core.steps import SetMember, Setting, Step
from controller.errors import LeaseLost, StateError
from controller.ports import Clock, Hold
from controller.runner.patience import LOCK, Overdue, is_wanted, within
from controller.runner.perform import Performer
from controller.runner.unbegun import DESTRUCTIVE, broken_off, unbegun
from controller.runner.unending import until_one_ends

AGAIN: Final = timedelta(seconds=1)
"""Before a watcher that has failed goes on."""

Broke = Callable[[BaseException, str], None]
Watch = Callable[[], Coroutine[Any, Any, None]]


async def performed(
    step: Step,
    performer: Performer,
    hold: Hold,
    broke: Broke,
    has_halted: Callable[[], bool],
    *,
    is_new: bool,
) -> Event | SightLost:
    """The outcome of a step. Raises LeaseLost. Nobody is drained once the rollout has halted, if
    only since that was decided (S6)."""
    try:
        if isinstance(step, DESTRUCTIVE):
            try:
                await within(LOCK, hold.check())
            except Overdue as error:
                return unbegun(step, f"not begun: whether the lock is held is not known: {error}")
            if isinstance(step, SetMember) and step.setting is Setting.DRAIN and has_halted():
                return unbegun(step, "not begun: the rollout halted meanwhile")
        return await performer.perform(step, is_new=is_new)
    except LeaseLost:
        raise
    except (Overdue, StateError) as error:
        return broken_off(step, str(error))
    except (Exception, asyncio.CancelledError) as error:
        if is_wanted():
            raise
        broke(error, f"in {type(step).__name__}")
        return broken_off(step, f"a bug in poolroll ({type(error).__name__})")


def started(
    group: asyncio.TaskGroup, watches: Mapping[str, Watch], broke: Broke, clock: Clock
) -> list[asyncio.Task[None]]:
    """Watchers in tasks of their own, by where an error of theirs comes from."""
    tasks = [
        group.create_task(kept_up(watch, where, broke, clock)) for where, watch in watches.items()
    ]
    return [*tasks, group.create_task(_missed(tuple(tasks), broke))]


async def _missed(tasks: Sequence[asyncio.Task[None]], broke: Broke) -> None:
    try:
        await until_one_ends(tasks)
    except AssertionError as error:
        broke(error, "among the watchers")


async def kept_up(watch: Watch, where: str, broke: Broke, clock: Clock) -> None:
    """A watcher that fails, or ends by itself, is noted, and begins anew: what it watches is needed
    to come to rest, too. Raises LeaseLost."""
    while True:
        try:
            await watch()
            raise AssertionError("it ended by itself")
        except LeaseLost:
            raise
        except (Exception, asyncio.CancelledError) as error:
            if is_wanted():
                raise
            broke(error, where)
        await clock.sleep(AGAIN)
