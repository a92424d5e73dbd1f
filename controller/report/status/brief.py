"""`status --brief`, a line for each pool, and `status --check`, for what watches machines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from controller.core.outcome import Outcome
from controller.core.phases import Phase
from controller.legible import legible_line
from controller.report.members.roles import roles_text
from controller.report.run.halt import serve
from controller.report.status.until import until_text
from controller.report.times import moment
from controller.report.words import count

FINE, WARNING, CRITICAL = range(3)
"""Exit codes of plugins for Nagios and its like; 3, unknown, is that of a refusal."""

WORDS: Final = ("OK", "WARNING", "CRITICAL")

RUNS: Final = frozenset({"running", "rolling back"})
ENDED: Final = frozenset({Outcome.DONE, Outcome.ABORTED, Outcome.ABANDONED})


def brief_line(value: Mapping[str, Any]) -> str:
    """Of a `status_value`."""
    members, seen = value["members"], value["seen"]
    out = [name for name, m in members.items() if m["out_because_of_us"]]
    done = sum(m["phase"] in (Phase.DONE, Phase.SKIPPED) for m in members.values())
    version = value["values"].get("version", "")
    parts = [f"{value['purpose']}{' to ' + version if version else ''}", _since(value)]
    parts += [until] if (until := until_text(value)) else []
    parts.append(f"{done} of {count(len(members), 'member')} done")
    parts += [f"out: {', '.join(out)}"] if out else []
    if seen["serving"] is not None:
        parts.append(f"{serve(seen['serving'])}, the floor is {seen['floor']}")
    parts += [roles] if (roles := roles_text(seen["roles"])) else []
    parts += [f"not seen: {', '.join(seen['not_asked'])}"] if seen["not_asked"] else []
    why = value["halt"]["seen"] if value["halt"] and value["status"] not in ENDED else ""
    line = f"{value['name']}: {value['status'].upper()}, {', '.join(parts)}"
    return legible_line(line + (f": {why}" if why else ""))


def _since(value: Mapping[str, Any]) -> str:
    is_running = value["status"] in RUNS
    what = "started" if is_running else "last heard of"
    at = datetime.fromisoformat(value["started"] if is_running else value["last"])
    return f"{what} {moment(at)}"


def checked(values: Sequence[Mapping[str, Any]]) -> tuple[int, list[str]]:
    """Exit code and lines, the worst pool first: 0 fine (done, at work, or waiting for a window
    that has not opened yet), 1 halted or unfinished with nobody at work on it, or ended with a
    member still out, 2 stuck: a person has to repair something, or users may meet what they must
    not."""
    graded = sorted(((_grade(value), value) for value in values), key=lambda one: -one[0])
    worst = graded[0][0] if graded else FINE
    bad = [value["name"] for grade, value in graded if grade]
    what = (
        f"{', '.join(bad)} of {count(len(values), 'pool')}" if bad else count(len(values), "pool")
    )
    head = f"POOLROLL {WORDS[worst]} - {what}"
    return worst, [head, *(f"{WORDS[grade]}: {brief_line(value)}" for grade, value in graded)]


def _grade(value: Mapping[str, Any]) -> int:
    members = value["members"].values()
    if value["status"] == Outcome.ABANDONED:  # another rollout has taken its members over
        return FINE
    is_over = value["status"] in ENDED
    is_stuck = any(m["phase"] == Phase.STUCK for m in members)
    if any(map(_is_back, members)) or (is_stuck and not is_over):
        return CRITICAL
    if is_over:
        return WARNING if any(m["out_because_of_us"] for m in members) else FINE
    return FINE if value["status"] in RUNS or _waits_as_planned(value) else WARNING


def _waits_as_planned(value: Mapping[str, Any]) -> bool:
    """Whether the end of its window has paused it, the next one has not opened yet, and nobody is
    out because of it."""
    is_out = any(member["out_because_of_us"] for member in value["members"].values())
    return value["opens"] is not None and not value["is_due"] and not is_out


def _is_back(member: Mapping[str, Any]) -> bool:
    """Whether it is in rotation, although it failed and was left out."""
    is_left_out = member["phase"] in (Phase.FAILED, Phase.STUCK) and member["out_because_of_us"]
    return is_left_out and member["now"] in ("in rotation", "out of rotation in part")
