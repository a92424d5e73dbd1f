"""The commands of one look, and the meaning of their replies. Pure.

One worker answers all commands. `show stat` is queried by number: a name may also be a frontend's,
and would find that one; a number without its `#` is taken for a name first (both measured). Ids
change with a reload, so every answer is checked against the names.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from adapters.haproxy.beside import MOST_NAMED, names_of
from adapters.haproxy.lines import (
    Server,
    backend_counters,
    frontend_counters,
    server_of,
    srv_record,
)
from adapters.haproxy.tables import Row, parse_stat, parse_state
from adapters.haproxy.wire import Command, refusal
from controller.core.pool import Counters
from controller.errors import NoSuchBackend

SHOW_INFO: Command = ("show", "info")
SHOW_BACKENDS: Command = ("show", "stat", "-1", "2", "-1")
"""Any proxy, lines of type 2 (BACKEND), any server (management guide, section 9.3)."""
SHOW_FRONTENDS: Command = ("show", "stat", "-1", "1", "-1")
"""The same of lines of type 1 (FRONTEND), those of `listen` sections too."""
SHOW_SERVERS: Command = ("show", "stat", "-1", "4", "-1")

_BACKEND, _SERVER = "1", "2"
"""Column `type` of `show stat` (management guide, section 9.1); also servers may be *named*
BACKEND."""
_FEW = 8
"""Up to this many members, one query each is cheaper than the whole backend."""


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids of a backend and of its servers seen so far."""

    backend: int
    servers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BackendView:
    """What one look shows of one backend."""

    ids: Ids
    servers: tuple[Server, ...]
    counters: Counters
    rate: int | None
    """Requests, in mode tcp sessions, in the last second (same place, `rate`)."""


def backends_in(instance: str, reply: str) -> dict[str, Row]:
    """The reply to SHOW_BACKENDS, by name."""
    return {row.text("pxname"): row for row in rows_in(instance, SHOW_BACKENDS, reply)}


def rows_in(instance: str, asked: Command, reply: str) -> list[Row]:
    """The reply to a `show stat`. Raises MalformedReply, or the error of a refusal."""
    if not reply.startswith("#"):
        raise refusal(instance, asked, reply)
    return parse_stat(instance, reply)


def frontends_in(instance: str, reply: str) -> dict[str, Counters]:
    """The counters in the reply to SHOW_FRONTENDS, by name."""
    rows = rows_in(instance, SHOW_FRONTENDS, reply)
    return {row.text("pxname"): frontend_counters(row) for row in rows}


def require(instance: str, backends: Sequence[str], there: Mapping[str, Row]) -> None:
    """Raises NoSuchBackend, which names those that exist: of many, those with a similar name."""
    if missing := [backend for backend in backends if backend not in there]:
        alike = get_close_matches(missing[0], there, MOST_NAMED) if len(there) > MOST_NAMED else []
        known = names_of([*alike, *sorted(there)]) or "none"
        raise NoSuchBackend(instance, f"no backend {names_of(missing)}; there are: {known}")


def show_state(backend: str) -> Command:
    return ("show", "servers", "state", backend)


def questions(backend: str, ids: Ids, members: Collection[str] | None) -> tuple[Command, ...]:
    """The commands for one backend: state of its servers, then their statistics and its own."""
    stat = ("show", "stat", f"#{ids.backend}", "6")
    figures: tuple[Command, ...] = ((*stat, "-1"),)
    if members and len(members) <= _FEW and ids.servers.keys() >= set(members):
        figures = tuple((*stat, str(ids.servers[member])) for member in members)
    return show_state(backend), *figures


def backend_view(
    instance: str,
    backend: str,
    asked: Sequence[Command],
    replies: Sequence[str],
    members: Collection[str] | None,
) -> BackendView | None:
    """What the replies to `questions` show, or None when numbers and names no longer agree.

    Raises MalformedReply, or the error of a refusal.
    """
    if replies[0].startswith("Can't find backend"):
        return None
    if not replies[0].startswith("1\n"):
        raise refusal(instance, asked[0], replies[0])
    wanted = None if members is None else frozenset(members)
    states = {row.text("srv_name"): row for row in parse_state(instance, replies[0], wanted)}
    rows = [
        row
        for command, reply in zip(asked[1:], replies[1:], strict=True)
        for row in rows_in(instance, command, reply)
        if row.text("pxname") == backend
    ]
    own = next((row for row in rows if row.text("type") == _BACKEND), None)
    stats = {
        row.text("svname"): row
        for row in rows
        if row.text("type") == _SERVER and (wanted is None or row.text("svname") in wanted)
    }
    if own is None or stats.keys() != states.keys():
        return None
    return BackendView(
        ids=Ids(own.number("iid"), {name: row.number("sid") for name, row in stats.items()}),
        servers=tuple(
            server_of(state, stats[name], is_of_template=_is_of_template(state, replies[0]))
            for name, state in states.items()
        ),
        counters=backend_counters(own),
        rate=own.number("rate") if own.optional("rate") else None,
    )


def _is_of_template(state: Row, reply: str) -> bool:
    """Whether the server is one of a `server-template`: its slots share a name, or an SRV record
    (configuration manual, 5.3). The state alone says so of an empty one."""
    name = state.optional("srv_fqdn").removeprefix("-")
    return srv_record(state) != "" or (name != "" and reply.count(f" {name} ") > 1)
