"""Fixtures that every test may ask for."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from zlib import crc32

import pytest
from coverage import Coverage
from hypothesis import settings

from controller import core
from tests.support.fork_server import SHARED, hosted
from tests.support.worlds import haproxy, short_folder, world

__all__ = ["haproxy", "short_folder", "world"]

pytest.register_assert_rewrite(
    "tests.support.journal_contract",
    "tests.support.lock_contract",
    "tests.support.metrics_contract",
)

ROOT = Path(__file__).parents[1]

MEASURED = "core"
"""The only room of tests that runs with coverage: the branches of the core are covered by its
direct tests. Tracing the others would add nothing and double what they cost."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Hardly anything of what is collected becomes garbage: to look for some would be a quarter of
    the time, and as much again in tests that make much garbage. And nothing is measured but the
    imports of the core: every worker collects all tests, which would take twice as long."""
    if Coverage.current() is not None:
        for module in walk_packages(core.__path__, f"{core.__name__}."):
            import_module(module.name)
    _measure(False)
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mix the files, always in the same way: end-to-end tests wait for half of their time, and the
    others keep a processor busy. Side by side they take the least time."""
    place = cache(lambda path: crc32(str(path.relative_to(ROOT)).encode()))
    items.sort(key=lambda item: place(item.path))


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


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Around the test alone: of the small ones, what pytest does for each takes longer."""
    is_traced = pyfuncitem.get_closest_marker("untraced") is None
    _measure(_room(pyfuncitem.path) == MEASURED and is_traced)
    try:
        return (yield)
    finally:
        _measure(False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Where tests start the command, what they start it from is there before any loop runs: the
    users, balancer and API server of a test would stand still until all is imported."""
    if (command := sys.modules.get("tests.support.command")) is not None:
        command.fork_server()


@cache
def _room(path: Path) -> str:
    return path.relative_to(ROOT / "tests").parts[0]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    _measure(True)


def pytest_configure(config: pytest.Config) -> None:
    """Say that there is no event loop outside async tests: else a plugin's first look for
    one makes one that nobody closes, and a later test fails with its ResourceWarning."""
    asyncio.set_event_loop(None)
    # A shell starts what runs in the background with SIGINT ignored, `nohup` does so with SIGHUP,
    # and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # How long an example takes says more of the machine than of the program. The examples are the
    # same each time, so that what fails is the change at hand; `make fuzz` looks for others.
    is_the_same = "POOLROLL_FUZZ_SECONDS" not in os.environ
    settings.register_profile("poolroll", deadline=None, derandomize=is_the_same)
    settings.load_profile("poolroll")
    if config.getoption("tx", None):  # the workers are started after this, with our environment
        _share_fork_server(config)


def _share_fork_server(config: pytest.Config) -> None:
    stack = ExitStack()
    os.environ[SHARED] = str(stack.enter_context(hosted()))
    config.add_cleanup(stack.close)
