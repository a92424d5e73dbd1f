"""`status` as JSON: what the journal says, and what the load balancers show now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from controller.config import RolloutFile
from controller.core.events import Finished
from controller.core.outcome import Outcome
from controller.core.plan.plan import Plan
from controller.core.pool.copies import replace
from controller.core.snapshot import Snapshot, looked
from controller.core.state.parts import Order
from controller.core.state.roles import shown_roles
from controller.core.state.state import State
from controller.errors import ConfigurationError
from controller.records import Holder, Request, RolloutRow, Verb
from controller.report.members.placement import Observed, PoolView, observed
from controller.report.members.status import (
    NO_HOLDERS,
    Holders,
    is_given_back,
    left_status,
    member_status,
    non_members,
)
from controller.report.run.about import NOTHING, About, about
from controller.report.run.halt import outdated, serving, without_next
from controller.report.run.next_commands import NextCommands
from controller.report.run.summary import back_in_rotation, left_behind, misplaced, under_way
from controller.report.run.ways_on import after_halt
from controller.report.run.window_over import in_the_next_window
from controller.report.status.outages import outages
from controller.report.status.users_now import NOT_ASKED, UsersNow, users_value
from controller.report.status.values import kind, values

DECIDED: Final = {
    Verb.PAUSE: "paused",
    Verb.RESUME: "resumed",
    Verb.ABORT: "aborted",
    Verb.ABORT_RESTORE: "aborted (--restore)",
}
"""An operator's verb → the decision, in words."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything known about one rollout."""

    row: RolloutRow
    plan: Plan
    state: State
    """From the journal."""
    last: datetime
    """When its journal was last written."""
    holder: Holder | None
    """Who runs it now."""
    commands: NextCommands
    file: RolloutFile | ConfigurationError
    """See `kept_file`."""
    requests: Sequence[Request] = ()
    """Requests of an operator that no run has acted on yet."""
    pool_view: PoolView | None = None
    """None: no load balancer was asked."""
    taken: Holders = field(default_factory=lambda: NO_HOLDERS)
    users: UsersNow = field(default_factory=lambda: UsersNow(why=NOT_ASKED))
    guard: Holder | None = None
    """Who keeps out what it left out."""
    wall: datetime | None = None
    """What the time is; None: as the journal was last written."""

    @property
    def is_held(self) -> bool:
        return self.holder is not None and self.holder.rollout == self.row.name


def rollout_status(known: Known) -> str:
    """One word for a rollout: running, paused, cut off, halted, stopped, or how it ended."""
    row, state = known.row, known.state
    if row.outcome is not None:
        return row.outcome
    if known.is_held:
        return "paused" if state.paused else str(state.mode)
    if state.finished is not None:
        return state.finished.outcome
    return "cut off"


def status_value(known: Known, folder: str) -> dict[str, Any]:
    """JSON-able. Times are UTC, ISO 8601."""
    row, state, halt, holder = known.row, known.state, known.state.halt, known.holder
    waits = _waits(known)
    return {
        "state": folder,
        "name": row.name,
        "id": row.id,
        "status": rollout_status(known),
        "until": waits.until or None if waits is not None else None,
        "opens": waits.opens.isoformat() if waits is not None and waits.opens else None,
        "is_due": waits is not None and _is_due(waits, known.wall or known.last),
        "waits_for_capacity": _is_short(known),
        "purpose": kind(known.plan),
        "values": values(row, known.file, known.plan),
        "mode": str(state.mode),
        "paused": state.paused,
        "started": row.started.isoformat(),
        "by": row.by,
        "reason": state.run.reason if state.run is not None else "",
        "ticket": state.run.ticket if state.run is not None else "",
        "last": known.last.isoformat(),
        "ended": row.ended.isoformat() if row.ended else None,
        "exit_code": state.finished.exit_code if state.finished else None,
        "holder": _holder(holder),
        "guard": _holder(known.guard),
        "halt": None
        if halt is None
        else {"cause": str(halt.cause), "seen": halt.seen, "limit": halt.limit},
        "told": _halt_lines(known),
        "next": next_lines(known),
        "seen": _seen(known),
        "users": users_value(known.users),
        "outages": outages(known.plan, known.state, known.wall or known.last),
        "members": _members(known),
    }


def _holder(holder: Holder | None) -> dict[str, Any] | None:
    if holder is None:
        return None
    since = holder.since.isoformat()
    return {"pid": holder.pid, "host": holder.host, "by": holder.by, "since": since}


def _is_short(known: Known) -> bool:
    is_at_work = known.is_held and known.row.outcome is None and known.state.halt is None
    return is_at_work and known.state.short_since is not None


def _waits(known: Known) -> Finished | None:
    """How it ended, if it waits for its next window and no process has it."""
    finished = known.state.finished
    is_paused = finished is not None and finished.outcome is Outcome.PAUSED
    return finished if is_paused and not known.is_held and known.row.outcome is None else None


def _is_due(waits: Finished, wall: datetime) -> bool:
    """Whether the window that it waited for has opened since, or none ever does; of a rollout of a
    former version it is not known, and taken for that."""
    return waits.opens is None or waits.opens <= wall


def _halt_lines(known: Known) -> list[str]:
    """The lines of the halt, without its NEXT commands."""
    halt, finished = known.state.halt, known.state.finished
    if halt is None or known.is_held:
        return []
    if finished is not None and finished.told and known.row.outcome is None:
        back = back_in_rotation(_as_seen(known))
        return outdated(without_next(finished.told), back)
    return [f"SEEN      {halt.seen}", f"LIMIT     {halt.limit}"]


def next_lines(known: Known) -> list[str]:
    """What to type now; empty when there is nothing to decide."""
    status, state, commands = rollout_status(known), _as_seen(known), known.commands
    return [*misplaced(known.plan, state), *_decisions(known, status, state, commands)]


def _decisions(known: Known, status: str, state: State, commands: NextCommands) -> list[str]:
    asked = [
        f"{DECIDED[request.verb]} by {request.by}"
        + (f": {request.reason}" if request.reason else "")
        for request in known.requests
    ]
    if known.row.outcome is not None:
        return left_behind(known.plan, state, commands)
    if status == "paused" and known.is_held:
        return [*asked, f"to go on: {commands.resume}"]
    if known.is_held:
        return asked
    if asked:
        return [*asked, f"the next run acts on it: `{commands.run}`"]
    if state.halt is not None and state.awaits_decision:
        return after_halt(known.plan, state, commands, _about(known))
    over = state.finished
    if over is not None and over.outcome is Outcome.PAUSED:
        goes_on = in_the_next_window(over, commands)
    else:
        goes_on = f"`{commands.run}` goes on"
    return under_way(known.plan, state, commands) or [goes_on]


def _about(known: Known) -> About:
    if isinstance(known.file, ConfigurationError):
        return NOTHING
    return about(known.file.settings, known.plan)


# --- what the load balancers show now ----------------------------------------------------------


def looked_at(state: State, pool_view: PoolView | None) -> State:
    """The state with the looks of now, and no earlier ones: all that was set was set before."""
    views = pool_view.views if pool_view is not None else {}
    return replace(
        state,
        members={name: replace(m, order=Order()) for name, m in state.members.items()},
        snapshots={name: looked(Snapshot(name), v) for name, v in views.items()},
    )


def _as_seen(known: Known) -> State:
    """With what was seen now, except of members in progress: their journal and their look are of
    different moments, so only the journal counts."""
    state = looked_at(known.state, known.pool_view)
    moving = {m.name for m in state.in_progress} if known.is_held else set()
    return replace(
        state,
        snapshots={
            name: replace(
                snapshot, lines={k: v for k, v in snapshot.lines.items() if k not in moving}
            )
            for name, snapshot in state.snapshots.items()
        },
    )


def _seen(known: Known) -> dict[str, Any]:
    pool_view = known.pool_view
    if pool_view is None:
        nothing = {"asked": False, "at": None, "serving": None, "floor": None}
        return {**nothing, "not_asked": {}, "held": {}, "roles": dict(known.state.roles)}
    state = looked_at(known.state, pool_view)
    is_whole = state.snapshots.keys() == set(known.plan.instances)
    return {
        "asked": bool(pool_view.views),
        "at": pool_view.at.isoformat(),
        "serving": serving(state) if is_whole else None,
        "floor": known.plan.min_available,
        "roles": dict(shown_roles(state) if pool_view.views else state.roles),
        "not_asked": dict(pool_view.unseen),
        "held": {name: view.held for name, view in pool_view.views.items() if view.held}
        if not known.is_held
        else {},
    }


def _members(known: Known) -> dict[str, Any]:
    state, plan = _as_seen(known), known.plan
    members: dict[str, Any] = {
        m.name: {
            "phase": str(m.phase),
            "course": str(m.progress.course),
            "out_because_of_us": m.is_away and not is_given_back(state, m),
            "standing": member_status(plan, state, m, known.taken),
            "now": _now(observed(state, m.name)),
        }
        for m in state.members.values()
    }
    rest = {name: left_status(plan, state, name) for name in plan.left} | non_members(plan, state)
    for name, how in rest.items():
        members[name] = {
            "phase": "left out",
            "course": "upgrade",
            "out_because_of_us": False,
            "standing": how,
            "now": _now(observed(state, name)),
        }
    return members


def _now(seen: Observed) -> str | None:
    """One word; None when it was not seen."""
    if not seen.is_seen:
        return None
    if seen.out:
        return "out of rotation" if not seen.ready else "out of rotation in part"
    return "down" if seen.down else "in rotation"
