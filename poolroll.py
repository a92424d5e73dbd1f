"""Where the console script begins, under a name that is nobody else's.

`controller` and `adapters` are common names: a package of that name on PYTHONPATH, or in the
folder that it is called from, would be imported in their place. They are found beside this file.
"""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path


def entry() -> None:
    """The command `poolroll`."""
    for name in ("controller", "adapters"):
        _import_ours(name)
    from controller.cli.entry import entry as run

    run()


def _import_ours(name: str) -> None:
    spec = PathFinder.find_spec(name, [str(Path(__file__).parent)])
    if spec is None or spec.loader is None:
        sys.exit(f"poolroll is not installed as a whole: its package {name!r} is missing")
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)


if __name__ == "__main__":
    entry()
