"""Helm's own engine, from a wheel (docs/adr/0019): render, lint, package; no helm, no network.

It is a Go library, which brings a runtime with threads and signal handlers of its own. So it works
in a process beside the tests: `python -m tests.support.chart.helm` answers one line of JSON with
another one. It takes a third of a second to start; a chart of this size takes some milliseconds.
"""

import atexit
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.support.chart.folder import CHART

Json = dict[str, Any]
NAMESPACE: Final = "ops"
RELEASE: Final = "poolroll"


class ChartError(Exception):
    """What Helm says when it does not render."""


class Helm:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        atexit.register(self.close)

    def render(
        self, values: str = "", *, release: str = RELEASE, namespace: str = NAMESPACE
    ) -> dict[str, str]:
        """`values`: a values file. Name of a template → its text. Raises ChartError."""
        given = {"values": values, "name": release, "namespace": namespace}
        made: dict[str, str] = self.ask("render", **given)
        return {Path(name).name: text for name, text in made.items() if text.strip()}

    def ask(self, what: str, **given: Any) -> Any:
        """Raises ChartError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"what": what, "chart": str(CHART), **given}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise ChartError(answer["error"])
        return answer["answer"]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@cache
def helm() -> Helm:
    """One for all tests of a process; it ends when its standard input does."""
    return Helm()


def main() -> None:
    from helm_python import HelmError

    for line in sys.stdin:
        given = json.loads(line)
        try:
            answer = {"answer": _done(given.pop("what"), Path(given.pop("chart")), given)}
        except HelmError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


def _done(what: str, folder: Path, given: Json) -> Any:
    import helm_python

    values = helm_python.values_from_yaml(given.pop("values", ""))
    match what:
        case "render":
            with helm_python.Chart.load(folder) as chart:
                return chart.render(values, **given)
        case "lint":
            return helm_python.lint(folder, values, strict=True, **given)
        case "package":
            return helm_python.package(folder, **given)
        case "release":
            return _released(folder, values, given)
        case _:
            raise ValueError(what)


@cache
def _config(**given: Any) -> Any:
    """Kept: a release that Helm keeps in memory is gone with it."""
    import helm_python

    return helm_python.Config(**given)


def _released(folder: Path, values: Json, given: Json) -> Any:
    """Install, upgrade or uninstall on a cluster."""
    import helm_python

    act, name = given.pop("act"), given.pop("name")
    config = _config(**given)
    if act == "uninstall":
        return config.uninstall(name)
    with helm_python.Chart.load(folder) as chart:
        return getattr(config, act)(chart, name, values=values)


if __name__ == "__main__":
    main()
