"""Fixtures: one real sshd for the tests of a module, and tasks for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.hosts.sshd import Sshd, sshd


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Sshd]:
    async with sshd(tmp_path / "host") as one:
        yield one
