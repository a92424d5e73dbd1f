"""A worker thread for database calls, so that the event loop never waits for a disk."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

from adapters.storage.tables import Tables
from controller.errors import StateError

PATIENCE: Final = 10.0
"""Seconds at most for the end: a disk that hangs keeps no process from ending."""

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """One thread, so calls take effect in their order. SQLite's connection belongs to it."""

    def __init__(self, open_tables: Callable[[], Tables]) -> None:
        """Opens at once, and blocks meanwhile. Raises StateError."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._is_closed = False
        try:
            self.tables = self._thread.submit(open_tables).result()
        except BaseException:
            self._thread.shutdown()
            raise

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `call` in the thread. When cancelled, it has run whole or not at all, and later
        calls still come after it. Raises StateError once closed."""
        if self._is_closed:
            raise StateError("the journal is closed")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(call, *args, **kwargs))

    async def aclose(self) -> None:
        """Ends the thread after all that was asked of it, if that does not take too long. May be
        called again."""
        if self._is_closed:
            return
        self._is_closed = True
        closing = self._thread.submit(self.tables.close)
        self._thread.shutdown(wait=False)
        await asyncio.wait((asyncio.wrap_future(closing),), timeout=PATIENCE)
