"""Answers that refuse, worded as a real API server words them."""

import json
from collections.abc import Sequence

from tests.support.kubernetes.kinds import Json, Kind


class StatusError(Exception):
    """An answer of kind Status; `headers` go with it."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        details: Json | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message
        self.details, self.headers = details, headers

    def body(self) -> Json:
        status: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            status["reason"] = self.reason
        if self.details:
            status["details"] = self.details
        return status | {"code": self.code}


def _details(kind: Kind, name: str, **more: object) -> Json:
    details: Json = {"name": name, "group": kind.group, "kind": kind.plural}
    return {key: value for key, value in (details | more).items() if value}


def not_found(kind: Kind, name: str) -> StatusError:
    text = f'{kind.resource} "{name}" not found'
    return StatusError(404, "NotFound", text, details=_details(kind, name))


def no_such_path() -> StatusError:
    return StatusError(404, "NotFound", "the server could not find the requested resource")


def already_exists(kind: Kind, name: str) -> StatusError:
    text = f'{kind.resource} "{name}" already exists'
    return StatusError(409, "AlreadyExists", text, details=_details(kind, name))


def conflict(kind: Kind, name: str, why: str = "") -> StatusError:
    why = why or (
        "the object has been modified; please apply your changes to the latest version and "
        "try again"
    )
    text = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return StatusError(409, "Conflict", text, details=_details(kind, name))


def wrong_uid(kind: Kind, name: str, wanted: str, found: str) -> StatusError:
    """Of a delete or an eviction; it names the kind where other conflicts name the resource."""
    text = (
        f'Operation cannot be fulfilled on {kind.kind} "{name}": the UID in the precondition '
        f"({wanted}) does not match the UID in record ({found}). The object might have been "
        "deleted and then recreated"
    )
    return StatusError(409, "Conflict", text, details={"name": name, "kind": kind.kind})


def invalid(kind: Kind, name: str, *faults: tuple[str, str]) -> StatusError:
    """`faults`: field and what is wrong with it."""
    texts = [f"{field}: {fault}" for field, fault in faults]
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    causes = [
        {"reason": "FieldValueInvalid", "message": fault, "field": field} for field, fault in faults
    ]
    return StatusError(
        422,
        "Invalid",
        f'{kind.kind_and_group} "{name}" is invalid: {text}',
        details=_details(kind, name, causes=causes) | {"kind": kind.kind},
    )


def bad_patch(patch: Json, why: str) -> StatusError:
    """One that does not fit the type: it is quoted whole before the reason."""
    fault = f"Invalid value: {json.dumps(json.dumps(patch))}: {why}"
    cause = {"reason": "FieldValueInvalid", "message": fault, "field": "patch"}
    text = f' "" is invalid: patch: {fault}'
    return StatusError(422, "Invalid", text, details={"causes": [cause]})


def no_manager() -> StatusError:
    """Of an apply."""
    fault = "Required value: is required for apply patch"
    cause = {"reason": "FieldValueRequired", "message": fault, "field": "fieldManager"}
    text = f'PatchOptions.meta.k8s.io "" is invalid: fieldManager: {fault}'
    details = {"group": "meta.k8s.io", "kind": "PatchOptions", "causes": [cause]}
    return StatusError(422, "Invalid", text, details=details)


def bad_request(text: str) -> StatusError:
    return StatusError(400, "BadRequest", text)


def unauthorized() -> StatusError:
    return StatusError(401, "Unauthorized", "Unauthorized")


def forbidden(kind: Kind, name: str, why: str) -> StatusError:
    what = f'{kind.resource} "{name}" is' if name else f"{kind.resource} is"
    return StatusError(403, "Forbidden", f"{what} forbidden: {why}", details=_details(kind, name))


def namespace_ends(kind: Kind, name: str, namespace: str) -> StatusError:
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    error = forbidden(kind, name, why)
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {namespace} is being terminated",
        "field": "metadata.namespace",
    }
    error.details = (error.details or {}) | {"causes": [cause]}
    return error


def budget_refuses(text: str, *, after: int = 0) -> StatusError:
    """429 of an eviction. `after`: seconds, only where the budget is not processed yet."""
    details: Json = {"causes": [{"reason": "DisruptionBudget", "message": text}]}
    if after:
        details["retryAfterSeconds"] = after
    return StatusError(
        429,
        "TooManyRequests",
        "Cannot evict pod as it would violate the pod's disruption budget.",
        details=details,
        headers=[("Retry-After", str(after))] if after else (),
    )


def expired(text: str) -> StatusError:
    return StatusError(410, "Expired", text)


def too_large(limit: int) -> StatusError:
    text = f"Request entity too large: limit is {limit}"
    return StatusError(413, "RequestEntityTooLarge", text)


def from_the_future(wanted: int, current: int) -> StatusError:
    return StatusError(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {wanted}, current: {current}",
        details={
            "causes": [
                {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
            ],
            "retryAfterSeconds": 1,
        },
        headers=[("Retry-After", "1")],
    )
