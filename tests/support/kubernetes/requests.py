"""One request as the API server understands it, and its place in the log."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.kubernetes.answers import bad_request, no_such_path
from tests.support.kubernetes.kinds import BY_PATH, EVENTS, Json, Kind
from tests.support.kubernetes.texts import Item

WRITES: Final = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_APPLY: Final = "application/apply-patch+yaml"


@dataclass(slots=True)
class Call:
    """`verb` as RBAC names it. `status` is 0 until it was answered; a watch is answered by its
    first byte."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    user: str = ""
    kind: Kind | None = None
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    verb: str = ""
    status: int = 0
    at: float = 0.0
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def agent(self) -> str:
        return self.headers.get("user-agent", "")

    @property
    def manager(self) -> str:
        """Field manager: as asked for, else the user agent's first word."""
        return self.query.get("fieldManager") or self.agent.partition("/")[0] or "unknown"

    @property
    def is_write(self) -> bool:
        return self.verb in WRITES and self.kind is not None and not self.kind.is_virtual

    @property
    def is_dry(self) -> bool:
        """Asked in the query, or in the body of a delete or an eviction."""
        if "dryRun" in self.query:
            return True
        if not (self.method == "DELETE" or self.subresource == "eviction"):
            return False
        body = self.body() if b'"dryRun"' in self.raw else {}
        return bool((body.get("deleteOptions") or body).get("dryRun"))

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def is_apply(self) -> bool:
        return self.method == "PATCH" and self.content_type == _APPLY

    def body(self) -> Any:
        """Raises StatusError 400."""
        if not self.raw:
            return {}
        try:
            return json.loads(self.raw)
        except ValueError:
            pass
        if self.content_type in (_APPLY, "application/yaml"):
            from ruamel.yaml import YAML

            return YAML(typ="safe", pure=True).load(self.raw)
        raise bad_request("the object provided is unrecognized (must be of type JSON)")

    def __str__(self) -> str:
        what = "/".join(filter(None, (self.namespace, self.name, self.subresource)))
        plural = self.kind.plural if self.kind else self.path
        return f"{self.verb} {plural} {what} {self.status}"


def parsed(method: str, target: str, headers: Mapping[str, str], raw: bytes) -> Call:
    url = urlsplit(target)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    return Call(method, unquote(url.path), query, headers, raw)


def located(call: Call) -> None:
    """Fill in which object it is about. Raises StatusError 404 for a path of nothing."""
    parts = call.path.strip("/").split("/")
    match parts:
        case ["api", "v1", *rest]:
            group, version = "", "v1"
        case ["apis", group, version, *rest]:
            pass
        case _:
            raise no_such_path()
    if len(rest) >= 3 and rest[0] == "namespaces" and rest[2] not in ("status", "finalize"):
        call.namespace, rest = rest[1], rest[2:]
    if not rest or len(rest) > 3:
        raise no_such_path()
    kind = BY_PATH.get((group, version, rest[0]))
    if (group, version, rest[0]) == ("events.k8s.io", "v1", "events"):
        kind = EVENTS
    if kind is None:
        raise no_such_path()
    call.kind = kind
    call.name = rest[1] if len(rest) > 1 else ""
    call.subresource = rest[2] if len(rest) > 2 else ""
    call.verb = _verb(call)


def _verb(call: Call) -> str:
    match call.method:
        case "GET" | "HEAD":
            if call.name:
                return "get"
            return "watch" if call.query.get("watch") in ("1", "true") else "list"
        case "POST":
            return "create"
        case "PUT":
            return "update"
        case "PATCH":
            return "patch"
        case _:
            return "delete" if call.name else "deletecollection"


def as_list(kind: Kind, items: list[Json], version: int) -> Json:
    return {
        "kind": f"{kind.kind}List",
        "apiVersion": kind.api_version,
        "metadata": {"resourceVersion": str(version)},
        "items": [Item(one) for one in items],
    }
