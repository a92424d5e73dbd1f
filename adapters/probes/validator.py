"""Implements `controller.ports.Validator`: probes from this machine, tried until they pass."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from importlib import import_module

from adapters.probes.command import answer
from adapters.probes.tcp import connect
from adapters.probes.words import public_url
from adapters.trust import NoAuthorities, context
from controller.core.gates.figures import span
from controller.ports import Clock, Commands
from controller.tasks import CommandProbe, HttpProbe, TcpProbe, Validation, ValidationResult

_TRY = timedelta(seconds=5)
"""Time limit of one HTTP or TCP try: one that hangs must not use up the time of all others."""
_LEAST = timedelta(milliseconds=50)
"""Least time for a try when the time is nearly over: less would say nothing about the member."""

_Try = Callable[[timedelta], Awaitable[str | None]]
"""Probe once in the remaining time: the failure, or None. TimeoutError when the time is over."""


class OutsideValidator:
    """`commands` runs the command probes."""

    def __init__(self, commands: Commands, clock: Clock) -> None:
        self._commands = commands
        self._clock = clock

    async def validate(self, validations: Sequence[Validation]) -> ValidationResult:
        """See `Validator.validate`. The detail of a pass names every validation."""
        passed = []
        for validation in validations:
            async with AsyncExitStack() as stack:
                name, ask = self._prepared(validation.probe, stack)
                result = await self._held(validation, ask)
            if not result.passed:
                return ValidationResult(False, f"{name}: {result.detail}")
            passed.append(f"{name}: {result.detail}")
        return ValidationResult(True, "; ".join(passed) or "nothing to validate")

    def unusable(self, validation: Validation) -> str | None:
        """See `Validator.unusable`: authorities that cannot be read."""
        probe = validation.probe
        if not isinstance(probe, HttpProbe):
            return None
        _load_http()
        if not probe.is_trusting:
            return None
        try:
            context(probe.ca)
        except NoAuthorities as error:
            return str(error)
        return None

    async def _held(self, validation: Validation, ask: _Try) -> ValidationResult:
        deadline = self._clock.now() + validation.within
        streak, seen = 0, ""
        while True:
            left = max(_LEAST, deadline - self._clock.now())
            try:
                failure = await ask(left)
            except TimeoutError:
                # Cut off at the deadline: what was seen before says more.
                failure = seen or f"no answer within {span(left)}"
            if failure is None:
                streak += 1
            else:
                streak, seen = 0, failure
            if streak >= validation.consecutive:
                return ValidationResult(True, _passed(streak))
            if self._clock.now() + validation.every > deadline:
                return ValidationResult(False, _failed(validation, seen, streak))
            await self._clock.sleep(validation.every)

    def _prepared(
        self, probe: HttpProbe | TcpProbe | CommandProbe, stack: AsyncExitStack
    ) -> tuple[str, _Try]:
        match probe:
            case HttpProbe():
                from adapters.probes.http import HttpAsker

                asker = HttpAsker(probe)
                stack.push_async_callback(asker.aclose)
                return f"http {public_url(probe.url)}", _limited(asker.ask)
            case TcpProbe():
                return f"tcp {probe.host}:{probe.port}", _limited(lambda: connect(probe))
            case CommandProbe(command):
                name = command.argv[0] if command.argv else "(empty)"
                return f"command {name}", lambda left: answer(self._commands, command, left)


def _load_http() -> None:
    """It takes a tenth of a second: while nobody is out."""
    import_module("adapters.probes.http")


def _limited(ask: Callable[[], Awaitable[str | None]]) -> _Try:
    async def limited(left: timedelta) -> str | None:
        try:
            async with asyncio.timeout(min(left, _TRY).total_seconds()):
                return await ask()
        except TimeoutError:
            if left < _TRY:
                raise
            return f"no answer within {span(_TRY)}"

    return limited


def _passed(streak: int) -> str:
    return f"passed {streak} times in a row" if streak > 1 else "passed"


def _failed(validation: Validation, seen: str, streak: int) -> str:
    tried = f"tried for {span(validation.within)}"
    row = f"only {streak} of {validation.consecutive} passes in a row"
    if not seen:
        return f"{row} when the time was over ({tried})"
    return f"{seen} ({tried}; {row} after that)" if streak else f"{seen} ({tried})"
