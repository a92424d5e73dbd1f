"""One clear line for each way a call can fail. Pure; no secrets (S12)."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from adapters.kubernetes.client import faults
from adapters.kubernetes.client.faults import ApiError, Cause, Said
from adapters.kubernetes.client.wire.call import Call
from adapters.words import hide

_LONGEST: Final = 300
"""Characters shown of the server's text: its own refusals are shorter."""
_BUDGET: Final = re.compile(r"disruption budget (\S+) ")
_NO_RIGHT: Final = re.compile(r" cannot \S+ resource ")
_TOO_BUSY: Final = (
    "the API server takes no more requests: is it overloaded, or its flow control "
    "(FlowSchema) too tight?"
)
_MORE_THAN_ONE: Final = "more than one PodDisruptionBudget"
_QUOTED: Final = re.compile(r'\s*"" is invalid: patch: Invalid value: "(?:[^"\\]|\\.)*": ')
"""A patch that does not fit its type is quoted whole, a merge patch with the whole object, before
what is wrong with it is said."""


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
        text(_unquoted(page.get("message"))),
        tuple(
            Cause(text(one.get("reason")), text(one.get("message")), text(one.get("field")))
            for one in listed[:20]
        ),
        _seconds(details.get("retryAfterSeconds")) or _seconds(retry_after),
    )


def _unquoted(message: object) -> object:
    return _QUOTED.sub("", message, count=1) if isinstance(message, str) else message


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
        if not said.message:  # flow control answers in plain text, as proxies do
            told = f"{call}: {_TOO_BUSY} (429)"
        return faults.TooManyRequests(call.where, told, said)
    named = _BUDGET.search(by_budget[0].message)
    words = f"{call}: {by_budget[0].message or said.message} (429)"
    return faults.TooManyRequests(call.where, words, said, named.group(1) if named else "")


def not_the_api(call: Call, what: str) -> ApiError:
    return faults.NotTheApi(call.where, f"{call}: its answer is none of the Kubernetes API: {what}")
