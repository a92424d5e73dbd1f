"""The log on standard error: one line per event, as text or as JSON (structlog)."""

import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any

from controller.cli.fit import fit
from controller.cli.say import PATIENCE, fitted_report, output
from controller.cli.writer import Writer, left_out
from controller.core.events import Event, GateSampled, Observation, Verdict
from controller.core.plan.plan import Plan
from controller.core.state.state import State
from controller.legible import legible_line
from controller.report.run.levels import kind_of, level_of
from controller.report.run.sentences import sentence
from controller.report.times import moment

Wall = Callable[[], datetime]


def _iso(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "timestamp": event["timestamp"].isoformat()}


class _Logger:
    """What finished lines are handed to: a `Writer`."""

    def __init__(self, writer: Writer) -> None:
        self.info = self.warning = self.error = lambda line: writer.write(fit(line))


class _Returned:
    """Makes a line, and returns it."""

    def warning(self, line: str) -> str:
        return line


class _Text:
    """Makes lines for people. structlog would do nothing for them, and takes 1 MiB."""

    def __init__(self, logger: _Logger | _Returned) -> None:
        self._take = logger.warning

    def bind(self, **_: object) -> "_Text":
        """Lines for people do not repeat which rollout they are of."""
        return self

    def info(self, text: str, *, timestamp: datetime, kind: str, member: str = "") -> Any:
        when = moment(timestamp)
        return self._take(f"{when}  {legible_line(member):<8}  {legible_line(text)}")

    warning = error = info


class LogNarrator:
    """Implements `controller.runner.recorder.Narrator`. It never waits for who reads the log."""

    def __init__(self, rollout: str, wall: Wall, log_format: str, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._rollout = rollout
        self._wall = wall
        self._format = log_format
        self._writer = Writer(sys.stderr, self._left_out)

    @cached_property
    def _log(self) -> Any:
        return self._lines_to(_Logger(self._writer))

    @cached_property
    def _notes(self) -> Any:
        return self._lines_to(_Returned())

    def _lines_to(self, logger: _Logger | _Returned) -> Any:
        if self._format != "json":
            return _Text(logger)
        structlog = _structlog()
        make = structlog.processors
        processors = [make.add_log_level, _iso, make.JSONRenderer()]
        return structlog.wrap_logger(logger, processors=processors, rollout=self._rollout)

    def _left_out(self, count: int) -> str:
        text: str = self._notes.warning(left_out(count), timestamp=self._wall(), kind="LeftOut")
        return text

    def tell(self, event: Event | Observation, before: State, after: State) -> None:
        said = sentence(event, before, after)
        level = level_of(event)
        if said is None or (self._quiet and (level == "info" or _is_early(event))):
            return
        member, text = said
        bound = {"member": member} if member else {}
        say = getattr(self._log, level)
        say(text, timestamp=self._wall(), kind=kind_of(event), **bound)

    def catch_up(self, event: Event | Observation, before: State, after: State) -> None:
        """It happened before anybody watched."""

    def start(self) -> None:
        """Nothing to do: log lines need no setup."""

    def stop(self) -> None:
        """Give the reader a moment to take what is left."""
        self._writer.wait(PATIENCE)

    def watch(self, plan: Plan, commands: timedelta | None = None, rollout_id: str = "") -> None:
        """Log lines show events only. What makes them is loaded now, while nobody is out."""
        self.__dict__["_log"] = self._log.bind(rollout_id=rollout_id) if rollout_id else self._log

    def note(self, member: str, text: str) -> None:
        """How far a step of `member` has come."""
        if self._quiet:
            return
        self._log.info(text, timestamp=self._wall(), kind="Progress", member=member)

    def show(self, lines: Sequence[str]) -> None:
        """Lines for people, on standard output like those at the end of a run."""
        if not self._quiet:
            output().write(*map(fit, fitted_report(lines)))

    def warn(self, text: str) -> None:
        """A line about something beside the rollout, like a notification that failed."""
        self._log.warning(text, timestamp=self._wall(), kind="Notification")


def _is_early(event: Event | Observation) -> bool:
    """Whether a gate has too little to go by yet: every soak begins so. One that stays so halts."""
    return isinstance(event, GateSampled) and event.verdict is Verdict.INCONCLUSIVE


def _structlog() -> ModuleType:
    """It takes a while: not before the pool was looked at. Without rich, which it would load for
    tracebacks that we never hand it: 4 MiB, and a third of its time."""
    missing = "rich" not in sys.modules
    if missing:
        sys.modules["rich"] = None  # type: ignore[assignment]  # absent, as the import system says it
    try:
        return import_module("structlog")
    finally:
        if missing:
            del sys.modules["rich"]
