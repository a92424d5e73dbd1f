"""HAProxy's columns and bits → values of the core: state, health, counters. Pure.

The `status` column is not used: values like `UP 1/3`, `DRAIN (agent)` and `NOLB` mix administrative
and observed state, and a drained server that is down shows a plain `DOWN`.
"""

from dataclasses import dataclass

from adapters.haproxy.tables import Row
from adapters.haproxy.timing import queue_time, response_time
from controller.core.pool import Admin, Check, Counters, Health, Line, Occupant
from controller.errors import MalformedReply
from controller.pools.haproxy import AGENT

# `srv_admin_state` and `srv_op_state` as section 9.3 of the HAProxy management guide lists them
# under `show servers state`.
FMAINT, IMAINT, CMAINT, FDRAIN, IDRAIN, RMAINT = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_OUT = FMAINT | IMAINT
"""Not among them: CMAINT, which only remembers that the configuration said `disabled` (a server
that was set ready since then keeps the bit and serves); 0x40, which says that the host name was set
at run time (servers that SRV records fill show it and serve); RMAINT, which nobody set: the name
has no address (all measured)."""
_DRAINING = FDRAIN | IDRAIN
_MOST, _WRAPPED = 65535, 2**32
_HEAVIEST = 2**16
"""Weights go to 256 (configuration manual, `weight`)."""
_STOPPED, _STARTING, _RUNNING, _STOPPING = range(4)
# `srv_check_state` and `srv_agent_state`, same place. `disable health` and `disable agent` clear
# the second bit; MAINT leaves both.
_CHECK_LIVE = 0x2 | 0x4

_ANSWERED = ("hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other")
_BROKEN = ("econ", "eresp", "wretr", "wredis")


def admin_of(mask: int) -> Admin:
    if mask & _OUT:
        return Admin.OUT
    return Admin.DRAINING if mask & _DRAINING else Admin.READY


def is_inherited(mask: int) -> bool:
    """Whether `set server … state ready` alone would not bring it back, name or no name."""
    return bool(mask & (_OUT | _DRAINING) & ~(FMAINT | FDRAIN))


def health_of(operation: int, *, is_watched: bool) -> Health:
    """`is_watched`: it has a check of its own, or follows one. A server that is STOPPING
    (`http-check disable-on-404`) takes no balanced traffic either."""
    if operation in (_STOPPED, _STOPPING):
        return Health.FAILING
    return Health.PASSING if is_watched else Health.UNCHECKED


def member_counters(row: Row) -> Counters:
    """Complete counters of a server's line: a refused connection shows in `econ` and
    `wretr` alone, and `lbtot` misses the traffic of cookies. Errors other than HTTP 5xx count once
    per try. In mode tcp there are no answers, so sessions are the total."""
    broken = sum(row.count(column) for column in _BROKEN)
    if _is_tcp(row):
        return Counters(broken, row.count("stot"))
    answered = sum(row.count(column) for column in _ANSWERED)
    return Counters(broken + row.count("hrsp_5xx"), broken + answered)


def member_measures(row: Row, total: int) -> dict[str, Counters]:
    """What else is counted of a server, by its name in the rollout file. `total`: of
    `member_counters`."""
    counted = {
        "connect_errors": row.count("econ"),
        "retries": row.count("wretr") + row.count("wredis"),
    }
    if not _is_tcp(row):
        counted["status_4xx"] = row.count("hrsp_4xx")
    return {name: Counters(number, max(total, number)) for name, number in counted.items()}


def backend_counters(row: Row) -> Counters:
    """Counters of a BACKEND line: HAProxy's own 502, 503 and 504 are on no other. In mode tcp it
    counts a session once, however often that is tried; its servers' lines count each try
    (measured), and so does this."""
    if _is_tcp(row):
        broken = sum(row.count(column) for column in _BROKEN)
        return Counters(broken, row.count("stot") + row.count("wretr") + row.count("wredis"))
    bad = ("hrsp_5xx", "wretr", "wredis", "srv_abrt")
    return Counters(sum(row.count(column) for column in bad), row.count("req_tot"))


def frontend_counters(row: Row) -> Counters:
    """Counters of a FRONTEND line: what was answered with an error, by a server or by HAProxy, or
    denied by a rule. In mode tcp it counts sessions, and no error."""
    if row.text("mode") != "http":
        return Counters(0, row.count("stot"))
    total = row.count("req_tot")
    return Counters(min(total, row.count("hrsp_5xx") + row.count("dreq")), total)


def mode_of(row: Row) -> str:
    """`http` or `tcp`. Raises MalformedReply."""
    mode = row.text("mode")
    if mode not in ("http", "tcp"):
        raise MalformedReply(row.instance, f"{row.table}: mode is neither http nor tcp: {mode!r}")
    return mode


@dataclass(frozen=True, slots=True)
class Server:
    """A line, with what only HAProxy has: for what is set there, and for notes."""

    line: Line
    has_own_check: bool
    """HAProxy runs a health check on this very line."""
    tracks: str | None
    """`backend/server` whose health this line follows."""
    has_agent: bool
    """An agent check is enabled, which may override what we set."""
    is_inherited: bool
    """Out by configuration or tracking: setting it ready changes nothing."""
    is_weighed_by_dns: bool = False
    """SRV records fill it: each answer sets its weight anew (configuration manual, 5.3)."""

    @property
    def backend(self) -> str:
        return self.line.backend

    @property
    def path(self) -> str:
        return f"{self.line.backend}/{self.line.member}"


def server_of(state: Row, stat: Row, *, is_of_template: bool = False) -> Server:
    """A member's line, from `show servers state` and `show stat`. Raises MalformedReply.

    Nobody is in its place while its host name is not resolved, nor is a UNIX socket known: then
    its name is all that tells it from others. The address is without brackets.
    `is_of_template`: other servers of the backend share its name or its SRV record.
    """
    mask = state.number("srv_admin_state")
    operation = state.number("srv_op_state")
    if operation > _STOPPING:
        raise MalformedReply(state.instance, f"srv_op_state is none of 0 to 3: {operation}")
    checked = _is_live(state.number("srv_check_state"))
    tracks = stat.text("tracked") or None
    has_agent = _is_live(state.number("srv_agent_state"))
    backend, address = state.name("be_name"), state.address("srv_addr")
    admin = admin_of(mask)
    is_unresolved = bool(mask & RMAINT)
    port, written = _port_of(state, stat)
    name, where = state.name("srv_name"), f"{address}:{written}"
    counters = member_counters(stat)
    return Server(
        Line(
            backend=backend,
            member=name,
            key=f"{backend}/{name}" if address == "-" else f"{backend}/{where}",
            occupant=None if address == "-" else Occupant(where, address, port),
            admin=admin,
            health=health_of(operation, is_watched=checked or tracks is not None),
            check=_check_of(admin, is_unresolved, has_own=checked and tracks is None),
            weight=state.number("srv_uweight", _HEAVIEST),
            in_flight=stat.count("scur") + stat.count("qcur"),
            arrivals=stat.count("stot") - stat.count("wretr"),
            counters=counters,
            measures=member_measures(stat, counters.total),
            timing=response_time(stat),
            waiting=queue_time(stat),
            is_backup=stat.count("bck") > 0,
            is_warming=stat.text("throttle") != "" and stat.count("throttle") < 100,
            is_unresolved=is_unresolved,
            is_vacant=is_unresolved and address == "-" and is_of_template,
            # `on-marked-down shutdown-sessions` is in no reply. In mode tcp it is common.
            out_cuts=_is_tcp(stat),
            is_configured_out=admin is Admin.OUT and bool(mask & CMAINT),
            keep={AGENT: "on"} if has_agent else {},
        ),
        has_own_check=checked and tracks is None,
        tracks=tracks,
        has_agent=has_agent,
        is_inherited=is_inherited(mask),
        is_weighed_by_dns=srv_record(state) != "",
    )


def _port_of(state: Row, stat: Row) -> tuple[int, str]:
    """The port, and as it identifies the server. A port like `-9` or `+1` is that of the client's
    connection, shifted (configuration manual, `server`): the state shows it as a number of 32 bits,
    or as if it were a port (measured). Such a server has no port of its own, which is 0."""
    number = state.number("srv_port", _WRAPPED)
    written = stat.optional("addr").rpartition(":")[2]
    if written.startswith(("+", "-")):
        return 0, written
    return (number, str(number)) if number <= _MOST else (0, str(number - _WRAPPED))


def srv_record(state: Row) -> str:
    """The SRV record that fills a server; empty when none does."""
    return state.optional("srvrecord").removeprefix("-")


def _check_of(admin: Admin, is_unresolved: bool, *, has_own: bool) -> Check:
    """Checks stop in MAINT alone, also while the name is not resolved (management guide, section
    9.3, `set server … state`)."""
    if not has_own:
        return Check.NONE
    return Check.PAUSED if admin is Admin.OUT or is_unresolved else Check.RUNNING


def _is_tcp(row: Row) -> bool:
    return mode_of(row) == "tcp"


def _is_live(check: int) -> bool:
    return check & _CHECK_LIVE == _CHECK_LIVE
