"""Replies as rows with cells by column name. Pure.

Columns come and go between versions (HAProxy management guide, section 9.1): none is found
by its position.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from controller import foreign
from controller.errors import MalformedReply

T = TypeVar("T")

_MOST_PID = 2**31
"""A process id is a signed number of 32 bits (proc(5))."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. Every method raises MalformedReply, which names the column."""

    instance: str
    table: str
    columns: Mapping[str, int]
    cells: Sequence[str]

    def text(self, column: str) -> str:
        try:
            return self.cells[self.columns[column]]
        except KeyError:
            raise MalformedReply(self.instance, f"{self.table} has no column {column}") from None
        except IndexError:
            what = f"{self.table}: a line ends before {column}"
            raise MalformedReply(self.instance, what) from None

    def optional(self, column: str) -> str:
        """Empty where this version, or this level of permission, does not have the column."""
        return self.text(column) if column in self.columns else ""

    def number(self, column: str, below: int = foreign.MOST) -> int:
        """A cell that must hold a number of 0 or more."""
        return self._number(column, self.text(column), below)

    def name(self, column: str) -> str:
        """A cell that must hold the name of a proxy or a server."""
        return self._made(column, foreign.server_name)

    def address(self, column: str) -> str:
        """A cell that must hold an address, or `-` for none."""
        return "-" if self.text(column) == "-" else self._made(column, foreign.address)

    def count(self, column: str) -> int:
        """A counter; empty where it has no meaning for this line, which counts as 0."""
        return self._number(column, text, foreign.MOST) if (text := self.text(column)) else 0

    def _number(self, column: str, text: str, below: int) -> int:
        try:
            return foreign.counter(text, below)
        except ValueError as error:
            raise self._wrong(column, error) from None

    def _made(self, column: str, make: Callable[[str], T]) -> T:
        try:
            return make(self.text(column))
        except ValueError as error:
            raise self._wrong(column, error) from None

    def _wrong(self, column: str, error: ValueError) -> MalformedReply:
        return MalformedReply(self.instance, f"{self.table}: {column} {error}")


def parse_stat(instance: str, text: str) -> list[Row]:
    """Rows of `show stat` (management guide, sections 9.1 and 9.3)."""
    head, *lines = text.split("\n")
    if not head.startswith("# pxname,"):
        raise MalformedReply(instance, f"show stat has no heading: {head[:80]!r}")
    columns = {name: at for at, name in enumerate(head[2:].split(","))}
    try:
        return [Row(instance, "show stat", columns, cells) for cells in csv.reader(lines) if cells]
    except csv.Error as error:
        raise MalformedReply(instance, f"show stat is not CSV: {error}") from error


def parse_state(instance: str, text: str, servers: frozenset[str] | None) -> list[Row]:
    """Rows of `show servers state` (management guide, section 9.3), of some servers or all."""
    lines = text.split("\n")
    head = lines[1] if len(lines) > 1 else ""
    if not head.startswith("# be_id "):
        raise MalformedReply(instance, f"show servers state has no heading: {lines[0][:80]!r}")
    columns = {name: at for at, name in enumerate(head[2:].split())}
    table = "show servers state"
    if servers is None:
        return [Row(instance, table, columns, line.split(" ")) for line in lines[2:]]
    # A look at one member among a thousand: do not parse the other lines.
    near = [line for line in lines[2:] if any(f" {server} " in line for server in servers)]
    rows = [Row(instance, table, columns, line.split(" ")) for line in near]
    return [row for row in rows if row.text("srv_name") in servers]


@dataclass(frozen=True, slots=True)
class Info:
    """`show info` (management guide, section 9.3)."""

    version: str
    pid: int
    uptime: int
    """Seconds."""
    start_time: int | None
    """Seconds since the epoch; older versions do not report it."""
    is_stopping: bool
    """An old worker, which only serves its last connections."""
    processes: int
    """Number of processes; versions that support only one may not report it."""
    node: str = ""
    """The name of its machine, or as section `global` has it."""

    @property
    def identity(self) -> str:
        """The same for nobody else, in words; empty where the start is only known by an uptime."""
        if self.start_time is None or not self.node:
            return ""
        return f"process {self.pid} on {self.node}, started at {self.start_time}"


def parse_info(instance: str, text: str) -> Info:
    """Raises MalformedReply."""
    pairs = [line.partition(": ") for line in text.split("\n")]
    columns = {key: at for at, (key, _, _) in enumerate(pairs)}
    row = Row(instance, "show info", columns, [value for _, _, value in pairs])
    started = None
    if "Start_time_sec" in columns:
        started = row.number("Start_time_sec", foreign.LATEST)
    return Info(
        version=row.text("Version"),
        pid=row.number("Pid", _MOST_PID),
        uptime=row.number("Uptime_sec", foreign.LONGEST),
        start_time=started,
        is_stopping=row.number("Stopping") != 0,
        processes=row.number("Nbproc") if "Nbproc" in columns else 1,
        node=row.optional("node"),
    )
