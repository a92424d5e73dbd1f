"""Whether users fail now, from two looks at the load balancers, for `status`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from controller.core.gates.figures import span
from controller.core.gates.tally import Tally
from controller.core.pool import InstanceView
from controller.core.state.failures import not_counted_at
from controller.report.members.placement import PoolView
from controller.report.words import count

NOT_ASKED: Final = "no load balancer was asked"


@dataclass(frozen=True, slots=True)
class UsersNow:
    requests: int = 0
    failed: int = 0
    """At most: a load balancer counts what it tried again, too."""
    seconds: float = 0.0
    worst: str = ""
    """The server at which most of them failed."""
    why: str = ""
    """Why it is not known; empty: it is."""


def users_now(first: PoolView | None, last: PoolView | None) -> UsersNow:
    """What came between two looks."""
    if first is None or last is None:
        return UsersNow(why=NOT_ASKED)
    unseen = {**first.unseen, **last.unseen}
    if unseen:
        which = ", ".join(sorted(unseen))
        return UsersNow(why=f"{which} cannot be asked: {next(iter(unseen.values()))}")
    pool, servers = Tally(), dict[str, Tally]()
    for view in (*first.views.values(), *last.views.values()):
        for backend, counters in view.backends.items():
            pool = pool.noted((view.instance, backend), view.incarnation, counters)
        _note_servers(servers, view)
    if not pool.last and not pool.uncounted:
        return UsersNow(why="no load balancer counts requests here")
    if not pool.is_counted:
        return UsersNow(why=not_counted_at(instance for instance, _ in pool.uncounted))
    errors = {name: one.sum.errors for name, one in servers.items() if one.sum.errors}
    worst = max(errors, key=lambda name: errors[name], default="")
    seconds = min((_between(first, name, view) for name, view in last.views.items()), default=0.0)
    return UsersNow(pool.sum.total, pool.sum.errors, seconds, worst)


def _note_servers(servers: dict[str, Tally], view: InstanceView) -> None:
    for line in view.lines:
        tally = servers.get(line.member, Tally())
        place = (view.instance, line.backend)
        servers[line.member] = tally.noted(place, view.incarnation, line.counters)


def _between(first: PoolView, instance: str, view: InstanceView) -> float:
    return (view.at - first.views[instance].at).total_seconds()


def users_value(users: UsersNow) -> dict[str, Any]:
    """JSON-able."""
    return {
        "known": not users.why,
        "requests": users.requests,
        "failed": users.failed,
        "seconds": round(users.seconds, 3),
        "worst": users.worst,
        "why": users.why,
    }


def users_line(value: dict[str, Any]) -> str:
    """Of a `users_value`."""
    if value["why"]:
        return f"NOT KNOWN now: {value['why']}"
    during = f"in the last {span(timedelta(seconds=value['seconds']))}"
    if not value["requests"] and not value["failed"]:
        return f"NO REQUESTS {during}"
    if not value["failed"]:
        return f"not failing: none of {count(value['requests'], 'request')} failed {during}"
    where = f", most at {value['worst']}" if value["worst"] else ""
    requests = max(value["requests"], value["failed"])
    return f"FAILING NOW: {value['failed']} of {count(requests, 'request')} failed {during}{where}"
