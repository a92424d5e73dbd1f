"""The error tree: every exception that poolroll raises on purpose.

    PoolrollError
    ├── ConfigurationError      the rollout file or the command line; nothing was touched (exit 2)
    ├── UsageFault              an invalid command-line option; nothing was touched (exit 2)
    ├── Refused                 a reason not to start; nothing was touched (exit 3)
    │   └── WindowClosed            it is not the time, and will be
    ├── PoolHeld                another run holds this pool (exit 6)
    ├── LeaseLost               the lock was lost on the way; nothing more is touched (exit 6)
    │   └── Conflict                another process wrote to the journal of this rollout
    ├── StateError              the state folder cannot be read or written
    ├── MetricsRefused          a metrics query that can never work (exit 2)
    └── BalancerError           a load balancer did not do as asked
        ├── BalancerUnreachable     no connection, or it broke            (retryable)
        ├── BalancerTimeout         connected, but no whole reply in time (retryable)
        ├── PermissionTooLow        the socket's level does not allow the command
        ├── NoSuchBackend
        ├── NoSuchMember
        ├── CommandRefused          refused a setting, or ignored it
        │   ├── WeightRefused           accepts only weights 0 and 100 %
        │   └── HookFailed              a command of the user's that is run once failed
        ├── Unsupported             runs in a mode that poolroll cannot handle safely
        └── MalformedReply          a reply that does not follow the protocol

Adapters map what their libraries and systems raise into this tree at their edge. `retryable`
says whether the same call may succeed later without any change. A message is one clear line for an
operator and never holds a secret.
"""

from dataclasses import dataclass
from typing import ClassVar


class PoolrollError(Exception):
    """Base of all. `str()` is one line for an operator."""

    retryable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in a rollout file: the place, what is wrong, and how to fix it."""

    line: int
    """From 1; 0 when the fault has no place in the file."""
    column: int
    path: str
    """Dotted path of the key, like `drain.timeout` or `gates[0].max`."""
    message: str

    def render(self, file: str) -> str:
        """`FILE:LINE:COL: path: what is wrong, and how to fix it`."""
        place = f"{file}:{self.line}:{self.column}: " if self.line else f"{file}: "
        return place + (f"{self.path}: " if self.path else "") + self.message


class ConfigurationError(PoolrollError):
    """The rollout file or an option is wrong; carries every fault found at once."""

    def __init__(self, file: str, faults: tuple[Fault, ...]) -> None:
        self.file = file
        self.faults = faults
        super().__init__("\n".join(fault.render(file) for fault in faults))


class UsageFault(PoolrollError):
    """An invalid command-line option, explained in one line (exit 2)."""


class Refused(PoolrollError):
    """Reasons not to start, one line each."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))


class WindowClosed(Refused):
    """No window is open now, and one will be: nobody has to hear of it."""


class PoolHeld(PoolrollError):
    """Another run holds the pool."""


class LeaseLost(PoolrollError):
    """The lock on a rollout was lost while it ran: another run may hold it now."""

    def __init__(self, rollout: str, why: str) -> None:
        self.rollout = rollout
        self.why = why
        super().__init__(
            f"the lock on rollout '{rollout}' was lost: {why}; another run may hold it now; "
            "nothing more is touched, and members were left as they are"
        )


class Conflict(LeaseLost):
    """The journal of a rollout was written by another process since we read it last."""


class StateError(PoolrollError):
    """The state folder cannot be used."""


class StateGone(StateError):
    """It was removed while in use, or another one stands in its place: no process after this one
    knows of the rollout."""


class MetricsRefused(PoolrollError):
    """A metrics query that can never work: a typo, an answer of the wrong type. Shows the query."""

    def __init__(self, server: str, query: str, message: str) -> None:
        self.server = server
        self.query = query
        super().__init__(f"{server}: {message}; the query is: {query}")


class BalancerError(PoolrollError):
    """A load balancer did not do as asked. Always names the instance; `mend`: what to do where a
    rollout has not begun, and left out of what is told during one."""

    is_final: ClassVar[bool] = False
    """It is not to be tried again."""

    def __init__(self, instance: str, message: str, mend: str = "") -> None:
        self.instance = instance
        self.reason = message
        super().__init__(f"{instance}: {message}" + (f"; {mend}" if mend else ""))


class BalancerUnreachable(BalancerError):
    retryable = True


class BalancerTimeout(BalancerError):
    retryable = True


class PermissionTooLow(BalancerError):
    pass


class NoSuchBackend(BalancerError):
    pass


class NoSuchMember(BalancerError):
    pass


class CommandRefused(BalancerError):
    pass


class WeightRefused(CommandRefused):
    pass


class HookFailed(CommandRefused):
    is_final = True


class Unsupported(BalancerError):
    pass


class MalformedReply(BalancerError):
    pass


def first_of(errors: BaseExceptionGroup[BaseException]) -> PoolrollError:
    """The first of ours in a group. Raises the group if anything else is in it: that is a bug."""
    ours, others = errors.split(PoolrollError)
    if ours is None or others is not None:
        raise errors
    first: BaseException = ours
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    assert isinstance(first, PoolrollError)
    return first
