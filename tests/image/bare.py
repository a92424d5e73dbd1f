"""The steps of the image that install, in a folder that has what the build would be given."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.image.dockerfile import ROOT, of

BUILD = 1
"""The stage that installs."""


def installed(folder: Path) -> Path:
    """Where it is then: what /opt/poolroll is in the image. Raises CalledProcessError."""
    source, opt, bin_ = folder / "src", folder / "opt", folder / "bin"
    for one in (source, opt, bin_):
        one.mkdir()
    (bin_ / "python").symlink_to(Path(sys.base_prefix, "bin", "python3"))
    for step in of("COPY", BUILD):
        *names, _ = step.text.split()
        for name in names:
            _copy(ROOT / name, source / name)
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    env |= dict(pair.split("=", 1) for one in of("ENV", BUILD) for pair in one.text.split())
    env |= {"PATH": f"{bin_}:/usr/bin:/bin", "HOME": str(folder)}
    for step in of("RUN", BUILD):
        script = step.text.replace("/opt/", f"{opt}/")
        subprocess.run(["/bin/sh", "-ec", script], cwd=source, env=env, check=True)
    return opt / "poolroll"


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
