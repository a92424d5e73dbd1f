"""The log on standard error: one line per event (structlog)."""

import contextlib
import io
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TextIO, cast

import structlog

from controller.core.events import Event, Observation
from controller.core.plan.plan import Plan
from controller.core.state.state import State
from controller.report.run.sentences import kind_of, level_of, sentence
from controller.report.sanitize import legible_line

Wall = Callable[[], datetime]


def _text(_: Any, __: str, event: dict[str, Any]) -> str:
    member = event.get("member", "")
    when = f"{event['timestamp']:%Y-%m-%d %H:%M:%S}"
    return f"{when}  {member:<8}  {legible_line(event['event'])}"


def _iso(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "timestamp": event["timestamp"].isoformat()}


class _QuietStream(io.TextIOBase):
    """A stream whose errors are ignored: a rollout continues when its terminal is closed (S11)."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            return self._stream.write(text)
        return len(text)

    def fileno(self) -> int:
        return self._stream.fileno()

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def quiet(stream: TextIO) -> TextIO:
    """`stream`, with write errors ignored: it may be a terminal that goes away."""
    return cast("TextIO", _QuietStream(stream))


class LogNarrator:
    """Implements `controller.runner.recorder.Narrator`."""

    def __init__(self, rollout: str, wall: Wall, log_format: str) -> None:
        renderer: list[Any] = (
            [_iso, structlog.processors.JSONRenderer()] if log_format == "json" else [_text]
        )
        self._wall = wall
        self._log = structlog.wrap_logger(
            structlog.PrintLogger(quiet(sys.stderr)),
            processors=[structlog.processors.add_log_level, *renderer],
            rollout=rollout,
        )

    def tell(self, event: Event | Observation, before: State, after: State) -> None:
        said = sentence(event, before, after)
        if said is None:
            return
        member, text = said
        bound = {"member": member} if member else {}
        say = getattr(self._log, level_of(event))
        say(text, timestamp=self._wall(), kind=kind_of(event), **bound)

    def start(self) -> None:
        """Nothing to do: log lines need no setup."""

    def stop(self) -> None:
        """Nothing to do."""

    def watch(self, plan: Plan, commands: timedelta | None = None) -> None:
        """Nothing to do: log lines show events only."""

    def warn(self, text: str) -> None:
        """A line about something beside the rollout, like a notification that failed."""
        self._log.warning(text, timestamp=self._wall(), kind="Notification")
