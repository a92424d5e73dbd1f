"""Ports of which one call fails, in any way that a call can."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, Final, TypeVar, cast

from controller.errors import (
    BalancerTimeout,
    BalancerUnreachable,
    CommandRefused,
    ConfigurationError,
    MalformedReply,
    MetricsRefused,
    NoSuchBackend,
    NoSuchMember,
    PermissionTooLow,
    StateError,
    Unsupported,
    WeightRefused,
)

T = TypeVar("T")

BALANCER: Final = (
    *(BalancerUnreachable, BalancerTimeout, PermissionTooLow, NoSuchBackend, NoSuchMember),
    *(CommandRefused, WeightRefused, Unsupported, MalformedReply),
)
HANG: Final = "hang"

ERRORS: Final[dict[str, Callable[[], BaseException]]] = {
    **{kind.__name__: partial(kind, "lb1", "injected") for kind in BALANCER},
    "StateError": lambda: StateError("injected"),
    "MetricsRefused": lambda: MetricsRefused("prometheus", "up", "injected"),
    "ConfigurationError": lambda: ConfigurationError("web.yaml", ()),
    "OSError": lambda: OSError(28, "No space left on device"),
    "PermissionError": lambda: PermissionError(13, "Permission denied"),
    "TimeoutError": TimeoutError,
    "ValueError": lambda: ValueError("Exceeds the limit (4300 digits)"),
    "RecursionError": RecursionError,
    "OverflowError": lambda: OverflowError("int too large to convert to float"),
    "UnicodeDecodeError": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "injected"),
    "MemoryError": MemoryError,
    "AssertionError": AssertionError,
    "KeyError": lambda: KeyError("web1"),
    "stray CancelledError": asyncio.CancelledError,
    HANG: AssertionError,
}
"""What a call can end with; `HANG`: it does not end."""

DECLARED: Final[dict[str, frozenset[str]]] = {
    "balancer": frozenset({*(kind.__name__ for kind in BALANCER), HANG}),
    "journal": frozenset({"StateError", HANG}),
    "requests": frozenset({"StateError", HANG}),
    "hold": frozenset({HANG}),
    "commands": frozenset({"StateError", HANG}),
    "validator": frozenset({HANG}),
    "questions": frozenset({HANG}),
    "sampler": frozenset({HANG}),
}
"""By port: what is no bug of ours. Nothing that an adapter does may hang for ever."""

SYNC: Final = frozenset({"tell", "now"})


@dataclass
class Failing:
    """Counts calls of ports; the one with the number `at` fails in that way."""

    at: int = -1
    how: str = ""
    is_for_good: bool = False
    """So do all further calls of its kind."""
    calls: list[str] = field(default_factory=list)
    """Port and method of each."""

    def __call__(self, name: str, port: T) -> T:
        return cast("T", _Proxy(self, name, port))

    def count(self, call: str) -> bool:
        """Whether this one fails."""
        self.calls.append(call)
        last = len(self.calls) - 1
        return last == self.at or (self.is_for_good and last > self.at >= 0 and call == self.failed)

    @property
    def failed(self) -> str:
        return self.calls[self.at]

    @property
    def is_bug(self) -> bool:
        """Whether what was raised is a bug of ours."""
        return self.how not in DECLARED.get(self.failed.partition(".")[0], frozenset())

    async def fail(self) -> None:
        if self.how == HANG:
            await asyncio.Event().wait()
        raise ERRORS[self.how]()


class _Proxy:
    def __init__(self, failing: Failing, name: str, port: object) -> None:
        self._failing, self._name, self._port = failing, name, port

    def __getattr__(self, name: str) -> Any:
        found, failing, call = getattr(self._port, name), self._failing, f"{self._name}.{name}"
        if name in SYNC:

            def sync(*args: Any, **kwargs: Any) -> Any:
                if failing.count(call) and failing.how != HANG:
                    raise ERRORS[failing.how]()
                return found(*args, **kwargs)

            return sync
        if iscoroutinefunction(found):

            async def awaited(*args: Any, **kwargs: Any) -> Any:
                if failing.count(call):
                    await failing.fail()
                return await found(*args, **kwargs)

            return awaited
        if isasyncgenfunction(found):

            async def streamed(*args: Any, **kwargs: Any) -> Any:
                if failing.count(call):
                    await failing.fail()
                async for one in found(*args, **kwargs):
                    yield one

            return streamed
        return found
