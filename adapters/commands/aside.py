"""Calls that touch a disk, each in a thread of its own: the event loop never waits for a disk.

Not the loop's executor: its threads are waited for at the end of the process, and a disk that hangs
would keep that from ending.
"""

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def aside(call: Callable[[], T], *, undo: Callable[[T], object] | None = None) -> T:
    """What `call` returns or raises. Cancelled, it is left to run by itself, and `undo` gets what
    it returns then."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def take(result: T) -> None:
        if not future.done():
            future.set_result(result)
        elif undo is not None:
            undo(result)

    def fail(error: Exception) -> None:
        if not future.done():
            future.set_exception(error)

    def work() -> None:
        try:
            result = call()
        except Exception as error:  # noqa: BLE001 - raised by whoever waits
            _tell(loop, fail, error)
        else:
            _tell(loop, take, result)

    leave(work)
    try:
        return await future
    except asyncio.CancelledError:
        # Both in the same turn of the loop: what it returned reaches nobody.
        if undo is not None and _has_result(future):
            undo(future.result())
        raise


def _has_result(future: asyncio.Future[T]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _tell(loop: asyncio.AbstractEventLoop, whom: Callable[[T], None], what: T) -> None:
    with suppress(RuntimeError):  # the loop is closed: this process is about to end
        loop.call_soon_threadsafe(whom, what)


def keeping(lock: int, call: Callable[[], T]) -> Callable[[], T]:
    """`call`, and `lock` is held until its end, whatever becomes of who waits for it."""
    copy = os.dup(lock)

    def work() -> T:
        try:
            return call()
        finally:
            os.close(copy)

    return work


def leave(call: Callable[[], object]) -> None:
    """Nobody waits for its end."""
    threading.Thread(target=call, name="disk", daemon=True).start()
