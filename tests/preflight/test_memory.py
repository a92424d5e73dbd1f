"""Which members are out because of us, wherever they or their machines are now (S8)."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from controller.core.pool import (
    Admin,
    Found,
    FoundLine,
    Incarnation,
    InstanceView,
    Line,
    LineKey,
)
from controller.errors import Refused
from controller.preflight.memory import held_by, out_because_of_us
from controller.records import RolloutRow, Taken
from tests.support.lines import a_line
from tests.support.memory_journal import MemoryJournal
from tests.support.tables import table
from tests.support.virtual import EPOCH, LoopClock, run_virtually

OUT, READY = Admin.OUT, Admin.READY
HERE = Found((FoundLine(LineKey("lb1", "web"), 70),))


def shown(*lines: Line, instance: str = "lb1") -> list[InstanceView]:
    return [InstanceView(instance, timedelta(0), Incarnation("1", 1), lines, True)]


async def written(taken_by: str) -> MemoryJournal:
    """web1 was taken at 10.0.0.1:80, as the journal has it."""
    journal = MemoryJournal(LoopClock())
    row = RolloutRow("r1", taken_by, "", "", {}, EPOCH, "me")
    await journal.begin(row, timedelta(0), "Plan", "{}")
    out = [Taken("web/10.0.0.1:80", "web1", "r1", HERE)]
    await journal.append("r1", timedelta(0), "k", "{}", taken=out)
    return journal


def ours(
    views: Sequence[InstanceView], *, name: str = "web", taken_by: str = "web", is_over: bool = True
) -> dict[str, Found]:
    async def asked() -> dict[str, Found]:
        journal = await written(taken_by)
        if is_over:
            await journal.end("r1", "aborted", 7)
        return await out_because_of_us(name, views, journal)

    return run_virtually(asked())


def held(views: Sequence[InstanceView], name: str = "web") -> dict[str, str]:
    async def asked() -> dict[str, str]:
        return await held_by(name, views, await written("web"))

    return run_virtually(asked())


@table(
    "views names",
    {
        "where it was": (shown(a_line("web1", admin=OUT)), ["web1"]),
        "back in rotation": (shown(a_line("web1")), []),
        "at another address": (shown(a_line("web1", address="10.0.0.9", admin=OUT)), ["web1"]),
        "at no address": (
            shown(a_line("web1", occupant=None, key="web/web1", admin=OUT)),
            ["web1"],
        ),
        "under another name": (
            shown(
                a_line("web7", address="10.0.0.1", admin=OUT), a_line("web1", address="10.0.0.9")
            ),
            ["web7"],
        ),
        "at another address, seen through another endpoint": (
            shown(a_line("web1", address="10.0.0.9", admin=OUT), instance="lb7"),
            ["web1"],
        ),
        "another member": (shown(a_line("web2", admin=OUT)), []),
        "the same name in another backend": (
            shown(a_line("web1", backend="api", address="10.0.0.9", admin=OUT)),
            [],
        ),
    },
)
def test_wherever_it_is(views: list[InstanceView], names: list[str]) -> None:
    """By its address under any name, and by its name at any address."""
    assert ours(views) == dict.fromkeys(names, HERE)


def test_another_pool_of_the_same_names() -> None:
    """A server of that name behind another load balancer, in another rollout, is not it."""
    moved = a_line("web1", address="10.0.0.9", admin=OUT)
    assert ours(shown(moved, instance="lb7"), name="shop") == {}
    assert ours(shown(moved), name="shop") == {"web1": HERE}


def test_another_rollout_has_it() -> None:
    """An unfinished rollout of another name keeps what it took, at any address."""
    moved = a_line("web1", address="10.0.0.9", admin=OUT)
    with pytest.raises(Refused, match="rollout 'shop' is unfinished and has web1 of this pool out"):
        ours(shown(moved), taken_by="shop", is_over=False)


@table(
    "views name names",
    {
        "where it was": (shown(a_line("web1", admin=OUT)), "shop", ["web1"]),
        "at another address": (
            shown(a_line("web1", address="10.0.0.9", admin=OUT)),
            "shop",
            ["web1"],
        ),
        "at another address, another endpoint": (
            shown(a_line("web1", address="10.0.0.9", admin=OUT), instance="lb7"),
            "web",
            ["web1"],
        ),
        "another pool": (
            shown(a_line("web1", address="10.0.0.9", admin=OUT), instance="lb7"),
            "shop",
            [],
        ),
        "under another name": (shown(a_line("web7", address="10.0.0.1")), "shop", ["web7"]),
        "another member": (shown(a_line("web2", admin=OUT)), "shop", []),
    },
)
def test_who_has_it(views: list[InstanceView], name: str, names: list[str]) -> None:
    """`status` tells it by its address under any name, and by its name and place at any address."""
    assert held(views, name) == dict.fromkeys(names, "r1")
