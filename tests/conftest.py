"""Fixtures that every test may ask for."""

import asyncio
import signal

from hypothesis import settings

from tests.support.worlds import haproxy, short_folder, world

__all__ = ["haproxy", "short_folder", "world"]


def pytest_configure() -> None:
    """Say that there is no event loop outside async tests: else a plugin's first look for
    one makes one that nobody closes, and a later test fails with its ResourceWarning."""
    asyncio.set_event_loop(None)
    # A shell starts what runs in the background with SIGINT ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # How long an example takes says more of the machine than of the program.
    settings.register_profile("poolroll", deadline=None)
    settings.load_profile("poolroll")
