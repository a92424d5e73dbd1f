"""The helper as it was when poolroll began: an upgrade of the package meanwhile changes no step.

Its source lies in a file in memory, which only this process and its helpers have; in the folder of
the jobs, whoever shares that could write it.
"""

import io
import marshal
import os
import zipfile
from functools import cache
from importlib.abc import InspectLoader
from importlib.util import MAGIC_NUMBER, find_spec
from pathlib import Path
from typing import Final, cast

from adapters.commands import helper

HELPER_FD: Final = 4
"""Under which a helper gets it; it closes it once it has begun."""
NEEDED: Final = (
    "modes.py",
    *(f"commands/{name}.py" for name in ("durable", "helper", "message", "output", "processes")),
)
"""All that the helper imports of ours, itself included."""

_BEGIN: Final = """\
import os, sys
for name in ("adapters", "adapters.commands"):
    package = sys.modules[name] = type(sys)(name)
    package.__path__ = [f"{sys.path[0]}/{name.replace('.', '/')}"]
from adapters.commands import helper
helper.keep_small() if sys.argv[1:] == [helper.KEEP_SMALL] else helper.main()
os._exit(0)
"""


@cache
def descriptor() -> int:
    """A file with the helper, open for as long as this process is. Raises OSError."""
    fd = os.memfd_create("poolroll-helper", os.MFD_CLOEXEC)
    os.write(fd, packed())
    return fd


def argv(fd: int = HELPER_FD) -> tuple[str, ...]:
    """What runs the helper that is open as `fd` there. To run the archive itself, Python would load
    `runpy` and what that needs: as much again as the helper."""
    return ("-I", "-S", "-c", f"import sys; sys.path.insert(0, '/proc/self/fd/{fd}'); import begin")


@cache
def packed() -> bytes:
    """The helper as an archive that Python runs. Raises OSError."""
    home = Path(helper.__file__).parents[1]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("begin.py", _BEGIN)
        for name in NEEDED:
            source = (home / name).read_bytes()
            archive.writestr(f"adapters/{name}", source)
            archive.writestr(f"adapters/{name}c", _compiled(f"adapters/{name}"))
    return packed.getvalue()


def _compiled(file: str) -> bytes:
    """As a file that is not compared with its source (PEP 552); another Python reads the source.
    The loader has it compiled already: doing so again takes a MiB."""
    name = file.removesuffix(".py").replace("/", ".")
    spec = find_spec(name)
    assert spec is not None
    code = marshal.dumps(cast(InspectLoader, spec.loader).get_code(name))
    return MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8) + code
