"""What an HTTP reply of the API means (Prometheus documentation, "HTTP API", format overview)."""

from collections.abc import Collection
from dataclasses import dataclass

from adapters.prometheus.aside import parsed
from adapters.prometheus.faults import Rejected, Unanswered, malformed
from adapters.prometheus.words import one_line
from adapters.words import hide
from controller.core.gates.evidence import Missing

_STORAGE = ("expanding series", "rpc error: code =")
"""In a 422: the engine could not read the series. Not the query's fault, whatever the status says;
Thanos answers so, asked for whole responses, when one of its stores is away."""
_INFO = "PromQL info"
"""Engine hints like "metric might not be a counter". Servers before `infos` was split off, and
Thanos to this day, mix them into `warnings`."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply."""

    status: int
    content_type: str
    body: bytes
    redirected: str = ""
    """Where a redirect led to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The `data` of a success."""

    data: object
    warnings: tuple[str, ...] = ()
    """That evidence may be missing. Engine warnings count: the engine says so when it left
    elements out of the result."""
    size: int = 0
    """Bytes that it came in."""


def answer_of(reply: Reply, secrets: Collection[str] = ()) -> Answer:
    """Raises Rejected for a wrong query, Unanswered for anything else that is not a success.

    `secrets` went with the question; a server or a proxy may echo them in its texts.
    """
    try:
        page = parsed(reply.body)
    except (ValueError, RecursionError):
        raise _not_json(reply, secrets) from None
    match page:
        case {"status": "success", "data": data, **rest} if reply.status == 200:
            return Answer(data, _warnings(rest.get("warnings"), secrets), len(reply.body))
        case {"status": "error", "error": str(error), **rest}:
            raise _explained(reply.status, rest.get("errorType"), _masked(error, secrets))
        case _:
            raise _unexplained(reply)


def _masked(text: object, secrets: Collection[str]) -> str:
    return one_line(hide(str(text), secrets))


def _warnings(found: object, secrets: Collection[str]) -> tuple[str, ...]:
    match found:
        case None:
            return ()
        case list():
            texts = (_masked(each, secrets) for each in found)
            return tuple(text for text in texts if not _is_info(text))
        case _:
            raise malformed("`warnings` is not a list")


def _is_info(text: str) -> bool:
    return text.startswith(_INFO) or text.endswith(" more info annotations omitted")


def _explained(status: int, kind: object, error: str) -> Unanswered | Rejected:
    if kind == "timeout":
        return Unanswered(Missing.TIMEOUT, f"it gave up on the query: {error}", is_passing=True)
    if status == 400 or (status == 422 and not any(mark in error for mark in _STORAGE)):
        return Rejected(f"it refuses the query: {error}")
    if status in (401, 403):
        return _not_let_in(status, error)
    is_passing = status >= 500 or status in (422, 429)
    return Unanswered(Missing.FAILED, f"it failed ({status}): {error}", is_passing=is_passing)


def _not_json(reply: Reply, secrets: Collection[str]) -> Unanswered:
    kind = _masked(reply.content_type.partition(";")[0], secrets) or "no content type"
    if reply.status == 200:
        words = f"its answer is not JSON ({kind}): a login page, or not a Prometheus?"
        if reply.redirected:
            words = f"it redirects to {reply.redirected}, where the answer is not JSON ({kind})"
        return Unanswered(Missing.FAILED, words)
    if reply.status == 400 and b"HTTP request to an HTTPS server" in reply.body:
        return Unanswered(Missing.FAILED, "it speaks TLS: its URL must begin with https://")
    if reply.status in (502, 504):
        words = f"it failed ({reply.status}, {kind}): a proxy in front of it got no answer"
        return Unanswered(Missing.FAILED, words, is_passing=True)
    return _unexplained(reply)


def _unexplained(reply: Reply) -> Unanswered:
    status = reply.status
    if status in (401, 403):
        return _not_let_in(status, "")
    if status == 404:
        words = "it has no such path (404): is the path in its URL right?"
        return Unanswered(Missing.FAILED, words)
    if status == 503:
        words = "it is not ready (503): starting, or overloaded?"
        return Unanswered(Missing.FAILED, words, is_passing=True)
    if status >= 400:
        is_passing = status >= 500 or status == 429
        words = f"it failed ({status}) without a reason"
        return Unanswered(Missing.FAILED, words, is_passing=is_passing)
    return malformed(f"status {status} without `status` and `data`")


def _not_let_in(status: int, error: str) -> Unanswered:
    why = "credentials missing or wrong" if status == 401 else "credentials lack permission"
    words = f"access denied ({status}): {why}"
    return Unanswered(Missing.FAILED, f"{words}: {error}" if error else words)
