"""The log on standard error: one sentence for each thing that happens (structlog)."""

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from controller.core.events import Event, Observation
from controller.core.rollout import State
from controller.report.narrative import kind_of, level_of, sentence

Wall = Callable[[], datetime]


def _text(_: Any, __: str, event: dict[str, Any]) -> str:
    member = event.get("member", "")
    return f"{event['timestamp']:%H:%M:%S}  {member:<8}  {event['event']}"


def _iso(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "timestamp": event["timestamp"].isoformat()}


class QuietStream:
    """Standard error that a closed terminal cannot turn into a crash: a rollout goes on when
    nobody listens any more (S11)."""

    def write(self, text: str) -> int:
        try:
            return sys.stderr.write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        try:
            sys.stderr.flush()
        except OSError:
            return


class LogNarrator:
    """Implements `controller.runner.loop.Narrator`."""

    def __init__(self, rollout: str, wall: Wall, log_format: str) -> None:
        renderer: list[Any] = (
            [_iso, structlog.processors.JSONRenderer()] if log_format == "json" else [_text]
        )
        self._wall = wall
        self._log = structlog.wrap_logger(
            structlog.PrintLogger(QuietStream()),  # type: ignore[arg-type]
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

    def warn(self, text: str) -> None:
        """A line about something beside the rollout, like a notice that nobody took."""
        self._log.warning(text, timestamp=self._wall(), kind="Notification")
