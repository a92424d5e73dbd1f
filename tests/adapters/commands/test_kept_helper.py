"""The helper as it was when poolroll began: an upgrade of the package meanwhile changes no step."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.commands import helper, kept_helper
from tests.test_structure import MODULES, STANDS_ALONE, imports_of

ROOT = Path(helper.__file__).parents[2]

RUN = """\
import asyncio, os, shutil, sys
from datetime import timedelta
from pathlib import Path
from adapters.clock import SystemClock
from adapters.commands.local import LocalCommands
from controller.tasks import Command, Job

async def main() -> None:
    commands = LocalCommands(Path(sys.argv[2]), SystemClock())
    commands.prepare()
    shutil.move(sys.argv[1], sys.argv[1] + ".old")  # an upgrade takes it away
    argv = ("sh", "-c", "echo done; exit 3")
    command = Command(argv, timedelta(seconds=20), cwd="/")
    result = await commands.run(Job("r1/web1/upgrade-0-0", command, is_new=True))
    brief = await commands.run_briefly(command)
    print(result.exit_code, result.output.strip(), result.fault, brief.exit_code)

asyncio.run(main())
"""


def test_it_is_all_that_the_helper_imports() -> None:
    """With nothing left out: what is not there is looked for nowhere."""
    found = [STANDS_ALONE]
    for name in found:  # grows meanwhile
        found += [one for one in imports_of(MODULES[name]) if one not in found]
    paths = {str(MODULES[name].relative_to(ROOT / "adapters")) for name in found}
    assert {path for path in paths if not path.endswith("__init__.py")} == set(kept_helper.NEEDED)


def test_steps_run_although_the_package_is_gone(tmp_path: Path) -> None:
    package = tmp_path / "package"
    for name in ("adapters", "controller"):
        ignored = shutil.ignore_patterns("__pycache__", "kubernetes", "haproxy", "demo")
        shutil.copytree(ROOT / name, package / name, ignore=ignored)
    ran = subprocess.run(
        [sys.executable, "-c", RUN, str(package / "adapters"), str(tmp_path / "jobs")],
        cwd=package,
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout.strip(), ran.stderr) == ("3 done None 3", "")


@pytest.mark.parametrize("is_other_python", [False, True])
def test_what_is_compiled_is_a_short_cut(
    is_other_python: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another Python, like after an upgrade of it, reads the source."""
    if is_other_python:
        monkeypatch.setattr(kept_helper, "MAGIC_NUMBER", b"\0\0\r\n")
    fd = os.memfd_create("test")
    os.write(fd, kept_helper.packed.__wrapped__())
    try:
        ran = subprocess.run(
            [sys.executable, *kept_helper.argv(fd), helper.KEEP_SMALL],
            stdin=subprocess.DEVNULL,
            pass_fds=(fd,),
            capture_output=True,
            check=False,
        )
    finally:
        os.close(fd)
    assert (ran.returncode, ran.stderr) == (0, b"")
