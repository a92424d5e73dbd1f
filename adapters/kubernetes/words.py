"""One clear line for each way a call can fail. Pure; no secrets (S12)."""

import json
import os
import re
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from adapters.kubernetes import faults
from adapters.kubernetes.faults import ApiError, Cause, Said
from adapters.kubernetes.paths import JOBS, NODES, PODS, Resource
from adapters.kubernetes.rights import Right
from adapters.words import causes, hide

_LONGEST: Final = 300
"""Characters shown of the server's text: its own refusals are shorter."""
_MANY: Final = (PODS, NODES, JOBS)
_BUDGET: Final = re.compile(r"disruption budget (\S+) ")
_NO_RIGHT: Final = re.compile(r" cannot \S+ resource ")
_MORE_THAN_ONE: Final = "more than one PodDisruptionBudget"
_CLIENT_ALERTS: Final = (
    "CERTIFICATE_REQUIRED", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA", "ALERT_CERTIFICATE",
    "ALERT_HANDSHAKE_FAILURE", "ALERT_UNSUPPORTED_CERTIFICATE", "ALERT_ACCESS_DENIED",
)  # fmt: skip
"""TLS alerts by which a server rejects our certificate (RFC 8446, section 6.2)."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked, for people and for Roles."""

    where: str
    verb: str
    """As in a Role."""
    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def right(self) -> Right:
        """With the name where one object of its kind is meant throughout."""
        name = "" if self.resource in _MANY else self.name
        return Right.to(self.verb, self.resource, self.namespace, name, self.subresource)

    def __str__(self) -> str:
        """`patch StatefulSet shop/web`, `list pods in shop`."""
        place = self.namespace if self.resource.namespaced else ""
        if self.subresource == "eviction":
            return f"evict Pod {place}/{self.name}"
        if not self.name:
            whole = f"{self.verb} {self.resource.plural}"
            return f"{whole} in {place}" if place else whole
        sub = f" ({self.subresource})" if self.subresource else ""
        name = f"{place}/{self.name}" if place else self.name
        return f"{self.verb} {self.resource.kind} {name}{sub}"


def one_line(text: str, longest: int = _LONGEST) -> str:
    """`text` on one line, without control characters, and cut when too long."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= longest else line[:longest] + "…"


def refusal(
    call: Call, status: int, headers: Mapping[str, str], body: bytes, secrets: Iterable[str] = ()
) -> ApiError:
    """The error for an answer that is no success."""
    page = parsed(body)
    if 300 <= status < 400:
        words = f"it redirects ({status}): a login page or proxy in front? not followed"
        return faults.NotTheApi(call.where, f"{call}: {words}", Said(status))
    said = said_of(page, status, headers.get("retry-after", ""), secrets)
    return error_of(call, said, is_status=page.get("kind") == "Status")


def parsed(body: bytes) -> dict[str, Any]:
    """Empty where it is not a JSON object."""
    try:
        page = json.loads(body)
    except ValueError:
        return {}
    except RecursionError:
        return {}
    return page if isinstance(page, dict) else {}


def said_of(
    page: Mapping[str, Any], status: int, retry_after: str = "", secrets: Iterable[str] = ()
) -> Said:
    """Of a `Status`; of something else, its number alone."""
    hidden = tuple(secrets)

    def text(value: object) -> str:
        return one_line(hide(value, hidden)) if isinstance(value, str) else ""

    details = page.get("details")
    details = details if isinstance(details, dict) else {}
    found = details.get("causes")
    listed = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return Said(
        status,
        text(page.get("reason")),
        text(page.get("message")),
        tuple(
            Cause(text(one.get("reason")), text(one.get("message")), text(one.get("field")))
            for one in listed[:20]
        ),
        _seconds(details.get("retryAfterSeconds")) or _seconds(retry_after),
    )


def _seconds(value: object) -> timedelta | None:
    """A date, which the API never gives, is none."""
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal() and len(text) < 7):
        return None
    return timedelta(seconds=int(text)) or None


def error_of(call: Call, said: Said, *, is_status: bool = True) -> ApiError:
    where, status = call.where, said.status
    told = f"{call}: {said.message or said.reason or 'no reason given'} ({status})"
    match status:
        case 401:
            words = "the API server does not accept our credentials (401): log in again?"
            return faults.Unauthorized(where, f"{call}: {words}", said)
        case 403:
            return _forbidden(call, said, told)
        case 404 if not is_status or said.message.startswith("the server could not find"):
            words = f"the API server does not know {call.resource.api_version}: too old, or no API?"
            return faults.NotFound(where, f"{call}: {words}", said)
        case 404:
            return faults.NotFound(where, told, said)
        case 409:
            exists = said.reason == "AlreadyExists"
            return (faults.AlreadyExists if exists else faults.Conflict)(where, told, said)
        case 410:
            return faults.Expired(where, told, said)
        case 422:
            return faults.Invalid(where, told, said)
        case 429:
            return _too_many(call, said, told)
        case 500 if _MORE_THAN_ONE in said.message:
            return faults.TwoBudgets(where, told, said)
        case _ if status >= 500:
            if not is_status:
                told = f"{call}: {status} from something in front of the API server, or it starts"
            return faults.ServerFault(where, told, said)
        case _ if not is_status:
            words = f"{call}: {status}, and not as the Kubernetes API answers"
            return faults.NotTheApi(where, words, said)
        case _:
            return ApiError(where, told, said)


def _forbidden(call: Call, said: Said, told: str) -> ApiError:
    if not _NO_RIGHT.search(said.message):
        return faults.Forbidden(call.where, told, said)  # a policy, a webhook, a namespace's end
    right = call.right
    words = f"no permission to {right}; add to the {right.kind_of_role}: {{{right.rule}}}"
    return faults.Forbidden(call.where, words, said, right)


def _too_many(call: Call, said: Said, told: str) -> ApiError:
    by_budget = [one for one in said.causes if one.reason == "DisruptionBudget"]
    if not by_budget:
        return faults.TooManyRequests(call.where, told, said)
    named = _BUDGET.search(by_budget[0].message)
    words = f"{call}: {by_budget[0].message or said.message} (429)"
    return faults.TooManyRequests(call.where, words, said, named.group(1) if named else "")


def not_the_api(call: Call, what: str) -> ApiError:
    return faults.NotTheApi(call.where, f"{call}: its answer is none of the Kubernetes API: {what}")


def network_words(error: BaseException) -> str:
    """Why there was no connection. Messages of the library are not shown: they may quote a
    header."""
    for cause in causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return f"TLS: its certificate is not valid: {one_line(cause.verify_message)}"
            case ssl.SSLError():
                return _tls_words(getattr(cause, "reason", None) or "no reason given")
            case socket.gaierror():
                return f"its host name is not found: {(cause.strerror or 'no reason').lower()}"
            case ConnectionRefusedError():
                return "it refuses the connection: nothing listens there, is it running?"
            case OSError() if cause.errno:
                return f"no connection: {os.strerror(cause.errno).lower()}"
            case _:
                pass
    return "the connection broke"


def _tls_words(reason: str) -> str:
    said = reason.lower().replace("_", " ")
    if "WRONG_VERSION" in reason or "HTTP_REQUEST" in reason:
        return f"TLS: it does not speak TLS, is its URL http://…? ({said})"
    if any(alert in reason for alert in _CLIENT_ALERTS):
        return f"TLS: it does not accept our client certificate, or lack of one ({said})"
    return f"TLS: {said}"
