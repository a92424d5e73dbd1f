"""What is installed: the package, and the runbook that `explain` reads."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.image.dockerfile import ROOT


def test_the_runbook_is_in_the_wheel(tmp_path: Path) -> None:
    """Letter by letter, where `explain` looks first."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, check=False, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as inside:
        shipped = inside.read("controller/runbook.md").decode()
    assert shipped == (ROOT / "docs" / "runbook.md").read_text("utf-8")
