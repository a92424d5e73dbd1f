"""What ends a command with an error, on standard error: lines for people or, with
`--log-format json`, one object like those of the log."""

import contextlib
import json

from controller.cli import last_words
from controller.cli.fit import fit
from controller.cli.show import show

_bound: dict[str, str] | None = None


def as_json(*, is_wanted: bool = True, rollout: str = "") -> None:
    """How errors are said from now on."""
    global _bound
    _bound = ({"rollout": rollout} if rollout else {}) if is_wanted else None


def complain(text: str, code: int, shown: str | None = None) -> None:
    """`shown`: with more around it, for people. Who reads it may have gone."""
    last_words.note(text)
    with contextlib.suppress(OSError):
        show(_line(text, code) if _bound is not None else shown or text, err=True)


def _line(text: str, code: int) -> str:
    from controller import bootstrap  # for the clock; not before it is needed

    about = {"timestamp": bootstrap.clock().wall().isoformat(), "kind": "Ended", "level": "error"}
    return json.dumps({"event": fit(text), **about, **(_bound or {}), "exit_code": code})
