"""Users of a Service: which version answered when, and what failed."""

from dataclasses import dataclass, field
from typing import Any

from adapters.demo.load import Load, Record, Tally


@dataclass(slots=True)
class Answers(Tally):
    """A tally that keeps which version answered whom, and when."""

    records: list[Record] = field(default_factory=list)
    """Served requests, in the order in which they ended."""

    def add(self, record: Record) -> None:
        Tally.add(self, record)
        if not record.has_failed:
            self.records.append(record)

    def first(self, version: str, member: str | None = None) -> float | None:
        """When the first request was sent that this version (of this pod) answered: seconds since
        the load began."""
        found = (
            one.at
            for one in self.records
            if one.version == version and member in (None, one.member)
        )
        return min(found, default=None)


class Users(Load):
    """`async with Users(proxy.port, rate=100) as users: …; users.answers.first("v2")`"""

    def __init__(self, port: int, **options: Any) -> None:
        super().__init__(port, **options)
        self.answers = Answers()
        self.tally = self.answers
