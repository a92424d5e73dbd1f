"""`make image-check`: needs the package index, hence no part of the tests."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from controller import __version__
from tests.image.bare import installed
from tests.image.dockerfile import LOCKS

VERSIONS: Final = ("3.11", "3.13")
MACHINES: Final = ("x86_64", "aarch64")


def check(folder: Path) -> None:
    """Raises CalledProcessError, and AssertionError."""
    (bare := folder / "bare").mkdir()
    home = installed(bare)
    said = _said(home / "bin" / "poolroll", "--version")
    assert said == f"poolroll, version {__version__}\n", said
    assert "upgrade" in _said(home / "bin" / "poolroll", "schema")
    assert not list(home.glob("lib/python*/site-packages/pip"))
    for machine in MACHINES:
        for version in VERSIONS:
            _is_there(folder / f"{machine}-{version}", machine, version)


def _said(*argv: object) -> str:
    """With nothing in its environment, and from a folder that has nothing of ours."""
    command = [str(one) for one in argv]
    done = subprocess.run(command, env={}, cwd="/", check=True, capture_output=True, text=True)
    return done.stdout


def _is_there(folder: Path, machine: str, version: str) -> None:
    """A file with one of the hashes for each package."""
    print(f"files for Python {version} on {machine}", flush=True)
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in (17, 28, 34)]
    platforms += [f"--platform=manylinux2014_{machine}"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += [f"--python-version={version}", "--only-binary=:all:", "--require-hashes"]
    command += [*platforms, f"--dest={folder}", f"--requirement={LOCKS[0]}"]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        check(Path(made))
    print("the image would install, and its files are there for other machines")
