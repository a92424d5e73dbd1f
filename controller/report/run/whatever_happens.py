"""The last lines of a run, whatever raises while they are made: the operator gets six lines, and
the commands to go on, from what needs no arithmetic."""

from collections.abc import Callable, Sequence

from controller.core.pool import Admin
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.legible import legible_line
from controller.report.run.next_commands import NextCommands

UNKNOWN = "NOT KNOWN: a bug in poolroll keeps this from being told"


def lines_anyway(
    make: Callable[[], Sequence[str]], state: State, commands: NextCommands
) -> tuple[Sequence[str], Exception | None]:
    """What `make` returns, or else plain lines and what it raised."""
    try:
        return make(), None
    except Exception as error:  # noqa: BLE001 - a bug, whatever it is
        return plain_lines(state, commands), error


def plain_lines(state: State, commands: NextCommands) -> list[str]:
    """HALTED, SEEN, LIMIT, MEMBERS, USERS, CAN WAIT, NEXT."""
    halt = state.halt
    lines = [
        f"HALTED    rollout {commands.name}",
        f"SEEN      {halt.seen if halt is not None else UNKNOWN}",
        f"LIMIT     {halt.limit if halt is not None else UNKNOWN}",
    ]
    for number, m in enumerate(state.members.values()):
        lines.append(f"{'' if number else 'MEMBERS':<8}  {m.name}: {_where(state, m)}")
    return [legible_line(line) for line in lines] + [
        f"USERS     {UNKNOWN}",
        f"CAN WAIT  {UNKNOWN}; treat it as NO",
        f"NEXT      to end it:  {commands.abort}",
        f"          to go on:   {commands.resume}, then {commands.run}",
    ]


def _where(state: State, m: MemberState) -> str:
    """Its phase, and where it was seen last."""
    seen = {seen.line.admin for _, seen in state.lines_of(m.name)}
    if not seen:
        return f"{m.phase}, not seen"
    if seen == {Admin.READY}:
        return f"{m.phase}, in rotation"
    return f"{m.phase}, {'in part ' if Admin.READY in seen else ''}out of rotation"
