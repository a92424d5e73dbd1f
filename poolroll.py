"""Where the console script begins, under a name that is nobody else's.

`controller` and `adapters` are common names. They are found beside this file, and must be ours: a
package that was installed over them is told. What is on PYTHONPATH, or in the folder that
poolroll is called from, is not imported at all (see docs/adr/0023).
"""

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import NoReturn

HOME = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib loads slowly
OURS = b'__project__ = "poolroll"\n'
BROKEN = 2


def entry() -> None:
    """The command `poolroll`."""
    _leave_path_of_others()
    for name in ("controller", "adapters"):
        _import_ours(name)
    from controller.cli.entry import entry as run

    run()


def _leave_path_of_others() -> None:
    named = [] if sys.flags.ignore_environment else os.environ.get("PYTHONPATH", "").split(":")
    others = {os.path.abspath(one) for one in named if one}  # noqa: PTH100
    if __name__ == "__main__":
        others.add(os.path.abspath(sys.path[0]))  # noqa: PTH100 - `-m`: the present folder
    sys.path[:] = [one for one in sys.path if one == HOME or (one and one not in others)]


def _import_ours(name: str) -> None:
    spec = PathFinder.find_spec(name, [HOME])
    if spec is None or spec.loader is None or spec.origin is None:
        _end(f"poolroll is not installed as a whole: its package {name!r} is missing in {HOME}")
    with open(spec.origin, "rb") as file:  # noqa: PTH123
        is_ours = OURS in file
    if not is_ours:
        _end(
            f"{spec.origin} is not poolroll's: another package of that name was installed over it; "
            "install poolroll again, in a virtual environment of its own"
        )
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)


def _end(why: str) -> NoReturn:
    os.write(2, f"{why}\n".encode("utf-8", "backslashreplace"))
    sys.exit(BROKEN)


if __name__ == "__main__":
    entry()
