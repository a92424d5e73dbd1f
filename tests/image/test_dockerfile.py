"""The image: what a linter says, what it is made of, and as whom it runs."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from controller import __version__
from tests.image.dockerfile import DOCKERFILE, LOCKS, ROOT, of

BUILD, FINAL = 1, 2
PINNED = re.compile(
    r"([a-z0-9-]+)==([^ ;\\]+)[^\\\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
)


def normal(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def constrained() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {normal(name): version for name, version in pins}


def locked(lock: Path) -> dict[str, str]:
    return {name: version for name, version, _ in PINNED.findall(lock.read_text("utf-8"))}


def test_a_linter_finds_nothing() -> None:
    """hadolint, at its lowest threshold."""
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [linter, "--failure-threshold", "style", DOCKERFILE],
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_as_whom_and_how_it_runs() -> None:
    """A numeric user without rights, which `runAsNonRoot` can tell, as process 1 without a shell,
    so that it gets the signals."""
    (user,) = of("USER", FINAL)
    assert user.text == "65532:65532"
    (entry,), (command,) = of("ENTRYPOINT", FINAL), of("CMD", FINAL)
    assert (entry.argv, command.argv) == (["poolroll"], ["--help"])
    (packages,) = of("RUN", FINAL)
    assert "install -y --no-install-recommends ca-certificates openssh-client " in packages.text
    last = [one.name for one in of("USER") + of("RUN", FINAL)]
    assert last == ["USER", "RUN"]
    assert not of("ADD") + of("VOLUME") + of("EXPOSE")


def test_from_one_base_by_tag_and_digest() -> None:
    """Both stages have the same Python, since the second one takes its packages from the first."""
    arguments = dict(one.text.partition("=")[::2] for one in of("ARG", 0))
    assert re.fullmatch(r"3\.\d+-slim-[a-z]+", arguments["PYTHON"])
    assert arguments["DIGEST"] == ""
    bases = [one.text.removesuffix(" AS build") for one in of("FROM")]
    assert bases == ["python:${PYTHON}${DIGEST}"] * 2


def test_the_same_for_every_machine() -> None:
    """No line is for one architecture."""
    text = DOCKERFILE.read_text("utf-8").lower()
    assert not re.search(r"amd64|arm64|x86|aarch64|--platform", text)


def test_one_version() -> None:
    """The image says the version of the program."""
    arguments = dict(one.text.partition("=")[::2] for one in of("ARG", FINAL))
    assert arguments["VERSION"] == __version__


def test_nothing_is_installed_without_its_hash() -> None:
    """From the index only what the locks have; the rest is ours."""
    steps = [part for one in of("RUN", BUILD) for part in one.text.split(" && ")]
    installs = [step for step in steps if re.search(r"pip (install|wheel|download)", step)]
    assert len(installs) == len(LOCKS) + 2
    for step in installs:
        is_hashed = any(f"--require-hashes -r {lock.name}" in step for lock in LOCKS)
        assert is_hashed or "--no-index --no-deps" in step, step


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_locks_are_whole(lock: Path) -> None:
    """Each line is a version with its hashes, and says nothing of where it is from."""
    text = lock.read_text("utf-8")
    assert PINNED.sub("", text) == ""
    assert "://" not in text


def test_the_lock_is_what_was_tested() -> None:
    """Else: `make lock`. All that poolroll needs is in it, in the versions of the constraints."""
    versions, tested = locked(LOCKS[0]), constrained()
    assert versions == {name: tested.get(name) for name in versions}
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert {normal(re.split(r"[<>=~!;\[ ]", one)[0]) for one in needed} <= set(versions)
    assert "hatchling" in locked(LOCKS[1])


def test_only_what_is_copied_is_sent() -> None:
    """`.dockerignore` lets through what the Dockerfile copies, and nothing else."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if not line.startswith("#")]
    copied = [name for one in of("COPY", BUILD) for name in one.text.split()[:-1]]
    assert rules == ["*", *(f"!{name}" for name in copied), "**/__pycache__", "**/*.pyc"]
    assert all((ROOT / name).exists() for name in copied)
