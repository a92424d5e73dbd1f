"""Calls that may block for ever, in a thread that nobody waits for any longer than he wants to.

Not the loop's executor: the process would wait for its threads at its end.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class _Call(Generic[T]):
    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._result: T | None = None
        self._error: BaseException | None = None
        self.is_done = False

    def run(self, then: Callable[[], object] = lambda: None) -> None:
        try:
            self._result = self._call()
        except BaseException as error:  # noqa: BLE001 - raised again by `result`
            self._error = error
        self.is_done = True
        then()

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]


def bounded(call: Callable[[], T], seconds: float) -> T:
    """Blocks. Raises TimeoutError, and whatever `call` raises."""
    made = _Call(call)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not made.is_done:
        raise TimeoutError
    return made.result()


async def beside(call: Callable[[], T], seconds: float) -> T:
    """As `bounded`, without holding the loop."""
    loop, done, made = asyncio.get_running_loop(), asyncio.Event(), _Call(call)

    def tell() -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(done.set)

    threading.Thread(target=made.run, args=(tell,), daemon=True).start()
    async with asyncio.timeout(seconds):
        await done.wait()
    return made.result()
