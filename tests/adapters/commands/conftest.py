"""Fixtures for what steps leave behind."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.commands.support import pid_in


@pytest.fixture
def left(tmp_path: Path) -> Iterator[Path]:
    """Where a step writes the process id of what it leaves behind; that is ended afterwards."""
    path = tmp_path / "left"
    yield path
    if pid := pid_in(path):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
