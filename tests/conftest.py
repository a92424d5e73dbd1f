"""Fixtures that every test may ask for."""

import asyncio
import signal
from zlib import crc32

import pytest
from hypothesis import settings

from tests.support.worlds import haproxy, short_folder, world

__all__ = ["haproxy", "short_folder", "world"]

MEASURED = "core"
"""The only room of tests that runs with coverage: the branches of the core are covered by its
direct tests. Tracing the others would add nothing and double what they cost."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mix the files, always in the same way: end-to-end tests wait for half of their time, and the
    others keep a processor busy. Side by side they take the least time."""
    items.sort(key=lambda item: crc32(str(item.path.relative_to(config.rootpath)).encode()))
    for item in items:
        room = item.path.relative_to(config.rootpath / "tests").parts[0]
        if room != MEASURED:
            item.add_marker(pytest.mark.no_cover)


def pytest_configure() -> None:
    """Say that there is no event loop outside async tests: else a plugin's first look for
    one makes one that nobody closes, and a later test fails with its ResourceWarning."""
    asyncio.set_event_loop(None)
    # A shell starts what runs in the background with SIGINT ignored, `nohup` does so with SIGHUP,
    # and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # How long an example takes says more of the machine than of the program.
    settings.register_profile("poolroll", deadline=None)
    settings.load_profile("poolroll")
