"""What a rollout's journal says, for `status` and `history`."""

from datetime import datetime
from typing import Any

from controller.core.plan import Plan
from controller.core.rollout import State
from controller.ports import Holder, RolloutRow
from controller.report.words import standing


def standing_of(row: RolloutRow, state: State, holder: Holder | None) -> str:
    """One word for a rollout: running, paused, cut off, halted, stopped, or how it ended."""
    if row.outcome is not None:
        return row.outcome
    if holder is not None and holder.rollout == row.name:
        return "paused" if state.paused else str(state.mode)
    if state.finished is not None:
        return state.finished.outcome
    return "cut off"


def status_value(
    row: RolloutRow, plan: Plan, state: State, holder: Holder | None, folder: str
) -> dict[str, Any]:
    """JSON-able. Times are UTC, ISO 8601."""
    halt = state.halt
    return {
        "state": folder,
        "name": row.name,
        "id": row.id,
        "status": standing_of(row, state, holder),
        "mode": str(state.mode),
        "paused": state.paused,
        "started": row.started.isoformat(),
        "by": row.by,
        "ended": row.ended.isoformat() if row.ended else None,
        "exit_code": state.finished.exit_code if state.finished else None,
        "holder": {"pid": holder.pid, "host": holder.host, "by": holder.by} if holder else None,
        "halt": None
        if halt is None
        else {"cause": str(halt.cause), "seen": halt.seen, "limit": halt.limit},
        "members": {
            m.name: {
                "phase": str(m.phase),
                "course": str(m.course),
                "out_because_of_us": m.is_away,
                "standing": standing(m),
            }
            for m in state.members.values()
        }
        | {
            name: {
                "phase": "left out",
                "course": "upgrade",
                "out_because_of_us": False,
                "standing": how,
            }
            for name, how in plan.left.items()
        },
    }


def status_lines(value: dict[str, Any]) -> list[str]:
    started = datetime.fromisoformat(value["started"])
    lines = [
        f"rollout {value['name']}: {value['status']}   ({value['id']}, started "
        f"{started:%Y-%m-%d %H:%M:%S} UTC by {value['by']})",
        f"state folder {value['state']}",
    ]
    if value["holder"]:
        holder = value["holder"]
        lines.append(f"held by process {holder['pid']} on {holder['host']}, {holder['by']}")
    if value["halt"]:
        lines += [f"SEEN   {value['halt']['seen']}", f"LIMIT  {value['halt']['limit']}"]
    width = max(map(len, value["members"]), default=0)
    lines += [f"  {name:<{width}}  {m['standing']}" for name, m in value["members"].items()]
    return lines
