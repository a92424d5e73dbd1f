"""Loads what libraries load at their first use: after an upgrade during a run it may be gone, or be
of another version than the rest."""

import sys
from importlib import import_module
from typing import Final

ALWAYS: Final = ("pydantic.dataclasses",)
WITH_HTTP: Final = (
    "anyio._backends._asyncio",
    "anyio._core._synchronization",
    "anyio._core._testing",
    "anyio.lowlevel",
    "anyio.streams.stapled",
    "anyio.streams.tls",
    "anyio.to_thread",
)
"""What httpcore takes at its first request: 1 MiB, so only where something keeps connections by it.
Probes do not."""


def load_the_rest() -> None:
    """Before the first member is touched. A test proves that nothing is loaded after it."""
    for name in (*ALWAYS, *(WITH_HTTP if "httpcore" in sys.modules else ())):
        import_module(name)
    if "rich" in sys.modules:
        import_module("rich.cells").cell_len("\N{BOX DRAWINGS LIGHT HORIZONTAL}\u4e00")
