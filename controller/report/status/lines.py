"""`status` as text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from controller.legible import legible_line
from controller.report.members.roles import roles_text
from controller.report.run.halt import serve
from controller.report.status.outages import outage_lines
from controller.report.status.until import until_text
from controller.report.status.users_now import users_line
from controller.report.status.values import values_text
from controller.report.times import clock_time, moment


def status_lines(value: Mapping[str, Any]) -> list[str]:
    """The text of a `status_value`."""
    started = datetime.fromisoformat(value["started"])
    variables = values_text(value["values"])
    lines = [
        f"rollout {value['name']}: {_status(value)}   ({value['id']}, started "
        f"{moment(started)} by {value['by']})",
        value["purpose"] + (f", {variables}" if variables else ""),
        *[f"{name} {value[name]}" for name in ("ticket", "reason") if value[name]],
        f"state {'folder ' if value['state'].startswith('/') else ''}{value['state']}",
    ]
    if value["holder"]:
        holder = value["holder"]
        lines.append(f"held by process {holder['pid']} on {holder['host']}, {holder['by']}")
    if value["guard"]:
        guard = value["guard"]
        lines.append(
            "GUARDED: what it left out is kept out across reloads by process "
            f"{guard['pid']} on {guard['host']}, {guard['by']}"
        )
    if value["told"]:
        is_over = value["ended"] is not None
        last = datetime.fromisoformat(value["last"])
        lines.append("it had halted:" if is_over else f"at {moment(last)}:")
        lines += value["told"]
    lines += [f"{'NEXT' if i == 0 else '':<8}  {line}" for i, line in enumerate(value["next"])]
    if value["seen"]["asked"] or value["seen"]["not_asked"]:
        lines.append(f"USERS     {users_line(value['users'])}")
    lines += outage_lines(value["outages"])
    lines += _now_lines(value["seen"])
    width = max(map(len, value["members"]), default=0)
    lines += [f"  {name:<{width}}  {m['standing']}" for name, m in value["members"].items()]
    return [legible_line(line) for line in lines]


def _status(value: Mapping[str, Any]) -> str:
    until = until_text(value)
    sep = "" if not until else " " if until.startswith("until") else ", "
    return f"{value['status']}{sep}{until}"


def _now_lines(seen: Mapping[str, Any]) -> list[str]:
    """The heading of the members: whether their state was seen now, and where not."""
    lines = [f"not seen: {where}: {why}" for where, why in seen["not_asked"].items()]
    lines += [f"CAUTION, no process runs it: {what}" for what in seen["held"].values()]
    roles = f"; {told}" if (told := roles_text(seen["roles"])) else ""
    if not seen["asked"]:
        return [*lines, f"members, according to the journal{roles}:"]
    at = clock_time(datetime.fromisoformat(seen["at"]))
    if seen["serving"] is None:
        return [*lines, f"members, as seen at {at} by the other load balancers:"]
    short = "BELOW THE FLOOR: " if seen["serving"] < seen["floor"] else ""
    floor = f"{serve(seen['serving'])}, the floor is {seen['floor']}"
    return [*lines, f"now, at {at}: {short}{floor}{roles}"]
