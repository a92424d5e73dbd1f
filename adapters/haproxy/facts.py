"""Facts about one HAProxy for the plan: version, level, persistence, algorithms. Pure."""

from collections.abc import Iterator, Sequence

from adapters.haproxy.beside import other_of
from adapters.haproxy.lines import mode_of, srv_record
from adapters.haproxy.query import (
    SHOW_BACKENDS,
    SHOW_INFO,
    SHOW_SERVERS,
    backends_in,
    require,
    rows_in,
    show_state,
)
from adapters.haproxy.tables import parse_info, parse_state
from adapters.haproxy.versions import require_one_process
from adapters.haproxy.wire import Command
from controller.errors import MalformedReply
from controller.pools.haproxy import HaproxyFacts

FACTS: tuple[Command, ...] = (
    SHOW_INFO,
    ("show", "cli", "level"),
    ("show", "table"),
    SHOW_BACKENDS,
    SHOW_SERVERS,
)
_LEVELS = ("admin", "operator", "user")
_STATIC = "static-rr"
"""The only algorithm that never accepts other weights at run time, by its name (configuration
manual, `balance`); `source` and its like may be static or not."""
_PREFER_IDLE = frozenset({"leastconn", "random", "first", "unknown"})
"""Algorithms that count requests in flight at each server (same place); `random` is shown as
unknown up to 2.8 (measured)."""


def facts_asked(backends: Sequence[str]) -> tuple[Command, ...]:
    return (*FACTS, *map(show_state, backends))


def facts_of(api: str, backends: Sequence[str], replies: Sequence[str]) -> HaproxyFacts:
    """From the replies to `facts_asked`. Raises NoSuchBackend, Unsupported, MalformedReply."""
    first, level, tables, there, servers, *states = replies
    info = parse_info(api, first)
    require_one_process(api, info.processes)
    if level not in _LEVELS:
        raise MalformedReply(api, f"show cli level answers {level[:80]!r}")
    rows = backends_in(api, there)
    require(api, backends, rows)
    lines = rows_in(api, SHOW_SERVERS, servers)
    sticky = {name: "stick table" for name in _tables(tables) if name in backends}
    for name in backends:
        if cookie := rows[name].optional("cookie"):
            sticky[name] = f"cookie {cookie}"
    algorithms = {name: rows[name].optional("algo") for name in backends}
    return HaproxyFacts(
        api=api,
        version=info.version,
        level=level,
        sticky=sticky,
        trackers=tuple(
            (f"{row.text('pxname')}/{row.text('svname')}", leader)
            for row in lines
            if (leader := row.text("tracked"))
        ),
        static=frozenset(name for name, used in algorithms.items() if used == _STATIC),
        modes={name: mode_of(rows[name]) for name in backends},
        maxconn={
            (row.text("pxname"), row.text("svname")): row.number("slim")
            for row in lines
            if row.text("pxname") in backends and row.optional("slim") not in ("", "0")
        },
        prefers_idle=frozenset(name for name, used in algorithms.items() if used in _PREFER_IDLE),
        others=tuple(other_of(row) for row in lines if row.text("pxname") not in backends),
        identity=info.identity,
        weighed_by_dns=frozenset(
            name
            for name, state in zip(backends, states, strict=True)
            if any(srv_record(row) for row in parse_state(api, state, None))
        ),
    )


def _tables(reply: str) -> Iterator[str]:
    """Names in `show table`, whose lines read `# table: NAME, type: …`. Anything else, also a
    refusal at this permission level, names no table."""
    for line in reply.split("\n"):
        if line.startswith("# table: "):
            yield line.removeprefix("# table: ").partition(",")[0]
