"""What is installed is what was tested, by its hashes; and what is shipped is ours."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import adapters
import controller
from tests.licences import licence_of, locked

ROOT = Path(controller.__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = sorted(ROOT.glob("requirements*.lock"))
CONSTRAINTS = dict(
    line.lower().replace("_", "-").split("==")
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    if "==" in line
)


def named(requirements: list[str]) -> set[str]:
    found = (re.match(r"[A-Za-z0-9._-]+", one) for one in requirements)
    return {one[0].lower().replace("_", "-").replace(".", "-") for one in found if one}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda one: one.name)
def test_every_file_has_its_hash(lock: Path) -> None:
    """And no address: where packages come from is the machine's matter."""
    lines = lock.read_text("utf-8").splitlines()
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        assert re.fullmatch(r"\S+==\S+( ; .*)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line)
        assert line.endswith("\\") == after.startswith("    --hash=")
    assert "://" not in lock.read_text("utf-8")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda one: one.name)
def test_the_versions_are_those_of_the_constraints(lock: Path) -> None:
    """`make lock` after a change of either."""
    pinned = {name.replace(".", "-"): version for name, version in CONSTRAINTS.items()}
    for name, version in locked(lock).items():
        assert pinned.get(name, version) == version, f"{name}: make lock"


def test_the_locks_have_all_that_is_needed() -> None:
    """For those who use it, for the demo, and for those who work on it."""
    extras = PROJECT["project"]["optional-dependencies"]
    needed = named(PROJECT["project"]["dependencies"])
    backend = named(PROJECT["build-system"]["requires"])

    def of(*names: str) -> set[str]:
        return {one for name in names for one in locked(ROOT / f"requirements{name}.lock")}

    assert of("") >= needed
    assert of("-build") >= backend
    assert of("-demo") == named(extras["demo"])
    assert of("-dev") >= needed | backend | named(extras["demo"]) | named(extras["dev"])


@pytest.mark.parametrize("package", [controller, adapters])
def test_the_types_are_for_others_too(package: object) -> None:
    """PEP 561; the wheel takes all files of both packages."""
    assert Path(str(getattr(package, "__file__", ""))).with_name("py.typed").exists()


def test_the_sources_ship_no_tests() -> None:
    """A pattern without a leading slash takes folders of that name from anywhere."""
    shipped = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert all(one.startswith("/") for one in shipped)
    assert "/tests" not in shipped


def test_a_licence_is_known() -> None:
    """From an expression, or from the classifiers of older packages."""
    assert "BSD" in str(licence_of("httpx"))
    assert licence_of("pydantic") == "MIT"


@pytest.mark.parametrize(("goal", "long"), [("demo", "a minute or two"), ("lint", "some minutes")])
def test_an_installation_says_what_and_how_long(goal: str, long: str, tmp_path: Path) -> None:
    """In one line, once, before the first package: pip itself is quiet."""
    fresh = f"VENV={tmp_path / 'venv'}"
    env = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    argv = ["make", "--no-print-directory", "-n", fresh, goal]
    made = subprocess.run(argv, cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    lines = made.stdout.splitlines()
    (told,) = (at for at, line in enumerate(lines) if line.startswith("echo 'Installing"))
    assert lines[told].endswith(f": {long}, once'")
    assert "poolroll, its libraries and" in lines[told]
    assert told < next(at for at, line in enumerate(lines) if " -m pip " in line)
