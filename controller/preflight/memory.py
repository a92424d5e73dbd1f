"""Memory: which members are out because of poolroll, by the journal and what is seen (S8).

A member may come back at another address, or its machine under another name: both are found.
"""

from collections.abc import Iterator, Sequence

from controller.core.pool import Found, InstanceView, LineKey
from controller.errors import Refused
from controller.ports import Journal
from controller.records import Taken


async def out_because_of_us(
    name: str, views: Sequence[InstanceView], journal: Journal
) -> dict[str, Found]:
    """Member → how it was found when poolroll took it out. `name`: of the rollout. Raises Refused
    when an unfinished rollout of another name has one out."""
    ours: dict[str, Found] = {}
    for taken in await journal.taken():
        row = await journal.rollout(taken.rollout)
        other, is_over = (row.name, row.ended is not None) if row is not None else (name, True)
        for member in _who_it_is(taken, views, is_same_name=other == name):
            lines = [line for view in views for line in view.of(member)]
            if not any(line.is_out for line in lines):
                continue  # it was returned meanwhile
            if other != name and not is_over:
                raise Refused(
                    f"rollout {other!r} is unfinished and has {member} of this pool out; if "
                    f"`poolroll status {other}` says that it runs, wait for its end; if not, go on "
                    f"with it, or: poolroll abort {other} --restore"
                )
            ours.setdefault(member, taken.found)
    return ours


async def held_by(name: str, views: Sequence[InstanceView], journal: Journal) -> dict[str, str]:
    """Member → the rollout that took it out and has not returned it, as the journal knows."""
    held: dict[str, str] = {}
    for taken in await journal.taken():
        row = await journal.rollout(taken.rollout)
        is_same = row is None or row.name == name
        held |= dict.fromkeys(_who_it_is(taken, views, is_same_name=is_same), taken.rollout)
    return held


def _who_it_is(taken: Taken, views: Sequence[InstanceView], *, is_same_name: bool) -> Iterator[str]:
    """Who has its key now; and who has its name in the same place, whatever the address: the same
    line of a load balancer, or the same backend in a rollout of the same name."""
    backends = {line.key.backend for line in taken.found.lines} if is_same_name else set()
    for view in views:
        for line in view.lines:
            is_there = taken.found.at(LineKey(view.instance, line.backend)) is not None
            is_named = line.member == taken.member and (is_there or line.backend in backends)
            if line.key == taken.key or is_named:
                yield line.member
