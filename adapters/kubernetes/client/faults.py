"""What a call to the Kubernetes API may raise.

    ApiError
    ├── Unreachable             no connection, or it broke          (retryable)
    ├── TooSlow                 connected, no whole answer in time  (retryable)
    ├── NoCredentials           none could be had                   (retryable)
    ├── Unauthorized            401, with fresh credentials too     (retryable)
    ├── ServerFault             5xx                                 (retryable)
    ├── TooManyRequests         429                                 (retryable)
    ├── Expired                 410: the version asked for is gone  (retryable)
    ├── Forbidden               403
    ├── NotFound                404
    ├── Conflict                409
    │   └── AlreadyExists
    ├── Invalid                 422
    ├── TwoBudgets              an eviction that two budgets match
    └── NotTheApi               an answer that is none of the Kubernetes API

BadAccess is no ApiError: nothing was asked, the kubeconfig or what it names cannot be used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from adapters.kubernetes.client.rights import Right
from controller.errors import (
    BalancerError,
    BalancerTimeout,
    BalancerUnreachable,
    CommandRefused,
    MalformedReply,
    PermissionTooLow,
    PoolrollError,
    UsageFault,
)


class BadAccess(UsageFault):
    """The kubeconfig, or a file that it names, cannot be used (exit 2)."""


@dataclass(frozen=True, slots=True)
class Cause:
    reason: str
    message: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A `Status` of the API, as far as it could be read."""

    status: int = 0
    reason: str = ""
    message: str = ""
    causes: Sequence[Cause] = ()
    retry_after: timedelta | None = None


class ApiError(PoolrollError):
    """`words`: what was asked and what came of it; `str()` says where, too. No secrets."""

    def __init__(self, where: str, words: str, said: Said = Said()) -> None:
        self.where = where
        self.words = words
        self.said = said
        super().__init__(f"{where}: {words}")

    @property
    def status(self) -> int:
        """0: there was no answer."""
        return self.said.status

    @property
    def reason(self) -> str:
        return self.said.reason

    @property
    def message(self) -> str:
        return self.said.message

    @property
    def causes(self) -> Sequence[Cause]:
        return self.said.causes

    @property
    def retry_after(self) -> timedelta | None:
        return self.said.retry_after


class Unreachable(ApiError):
    retryable = True


class TooSlow(ApiError):
    retryable = True


class NoCredentials(ApiError):
    retryable = True


class Unauthorized(ApiError):
    retryable = True


class ServerFault(ApiError):
    retryable = True


class TooManyRequests(ApiError):
    retryable = True

    def __init__(self, where: str, words: str, said: Said = Said(), budget: str = "") -> None:
        super().__init__(where, words, said)
        self.budget = budget
        """The disruption budget that refused; empty: another limit did."""


class Expired(ApiError):
    retryable = True


class Forbidden(ApiError):
    def __init__(
        self, where: str, words: str, said: Said = Said(), right: Right | None = None
    ) -> None:
        super().__init__(where, words, said)
        self.right = right
        """What a Role would have to allow; None: no lack of a right was the reason."""


class NotFound(ApiError):
    pass


class Conflict(ApiError):
    pass


class AlreadyExists(Conflict):
    pass


class Invalid(ApiError):
    pass


class TwoBudgets(ApiError):
    pass


class NotTheApi(ApiError):
    pass


def is_of_another(error: ApiError) -> bool:
    """Whether what was pinned by its UID is gone, or another one has its name now. An admission
    policy refuses with 422 as well: that is no such sign."""
    if isinstance(error, Invalid):
        return any(cause.field == "metadata.uid" for cause in error.causes)
    return isinstance(error, NotFound)


def as_balancer_error(error: ApiError, instance: str) -> BalancerError:
    """For `LoadBalancer`: what may pass is unreachable or too slow, the rest is a refusal."""
    match error:
        case TooSlow():
            kind: Any = BalancerTimeout
        case _ if error.retryable:
            kind = BalancerUnreachable
        case Forbidden():
            kind = PermissionTooLow
        case NotTheApi():
            kind = MalformedReply
        case _:
            kind = CommandRefused
    made: BalancerError = kind(instance, error.words)
    return made
