"""Fixtures of more than one adapter."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.support.operators import GROUP


@pytest.fixture
def shared() -> Iterator[Path]:
    """The state folder that an administrator made for a group; pytest's own is closed to other
    users."""
    with tempfile.TemporaryDirectory() as base:
        Path(base).chmod(0o755)
        folder = Path(base) / "poolroll"
        folder.mkdir()
        os.chown(folder, 0, GROUP)
        folder.chmod(0o2770)
        yield folder


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> str:
    """The file of its certificate."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)
