"""Fixtures that every test may ask for."""

import asyncio
import signal
from zlib import crc32

import pytest
from coverage import Coverage
from hypothesis import settings

from tests.support.worlds import haproxy, short_folder, world

__all__ = ["haproxy", "short_folder", "world"]

pytest.register_assert_rewrite(
    "tests.support.journal_contract",
    "tests.support.lock_contract",
    "tests.support.metrics_contract",
)

MEASURED = "core"
"""The only room of tests that runs with coverage: the branches of the core are covered by its
direct tests. Tracing the others would add nothing and double what they cost."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mix the files, always in the same way: end-to-end tests wait for half of their time, and the
    others keep a processor busy. Side by side they take the least time."""
    items.sort(key=lambda item: crc32(str(item.path.relative_to(config.rootpath)).encode()))


_STOPPED: list[Coverage] = []
"""The innermost first: a worker of pytest-xdist has two of pytest-cov's, and its marker `no_cover`
stops one of them."""


def _measure(wanted: bool) -> None:
    if wanted:
        while _STOPPED:
            _STOPPED.pop().start()
        return
    while (running := Coverage.current()) is not None:
        running.stop()
        _STOPPED.append(running)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    room = item.path.relative_to(item.config.rootpath / "tests").parts[0]
    _measure(room == MEASURED and item.get_closest_marker("untraced") is None)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    _measure(True)


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
