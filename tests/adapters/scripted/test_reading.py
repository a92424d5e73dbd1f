"""What a script prints of a member, read strictly: what is not understood is no state."""

import re
from pathlib import Path

import pytest

from adapters.scripted.reading import Reading, line_of, read_state
from controller.core.pool import Admin, Check, Counters, Health
from tests.adapters.scripted.scripts import pool_in
from tests.support.tables import table


@table(
    "output reading",
    {
        "a word": ("ready\n", Reading(Admin.READY)),
        "after lines for people": ("connecting…\nok\n\ndraining\n\n", Reading(Admin.DRAINING)),
        "all of it, in any order": (
            "out errors=2 health=down requests=1200 in_flight=3",
            Reading(Admin.OUT, Health.FAILING, 3, 1200, 2),
        ),
        "healthy": ("ready health=up", Reading(Admin.READY, Health.PASSING)),
    },
)
def test_reads(output: str, reading: Reading) -> None:
    assert read_state(output) == reading


@table(
    "output why",
    {
        "nothing": (" \n\n", "printed nothing"),
        "another word": ("ready\nup\n", "must end with a line of ready, draining or out, not 'up'"),
        "another case": ("READY", "not 'READY'"),
        "an unknown key": ("ready weight=3", "says 'weight=3'; known after ready: in_flight=N"),
        "no value": ("ready in_flight", "says 'in_flight'"),
        "no number": ("ready in_flight=many", "is not a number"),
        "a negative number": ("ready errors=-1", "is not a number"),
        "a number beyond all counters": (f"ready requests={2**64}", str(2**64)),
        "twice": ("ready errors=1 errors=2", "says errors twice"),
        "another health": ("ready health=fine", "health='fine'; known: up, down"),
    },
)
def test_refuses(output: str, why: str) -> None:
    """Each fault names what was printed."""
    with pytest.raises(ValueError, match=re.escape(why)):
        read_state(output)


def test_counts_only_what_is_whole(tmp_path: Path) -> None:
    """Requests without errors are no ratio; arrivals are known all the same."""
    host = pool_in(tmp_path).hosts[0]
    half = line_of(host, Reading(Admin.READY, requests=7))
    assert (half.counters, half.arrivals, half.check) == (None, 7, Check.NONE)
    whole = line_of(host, Reading(Admin.READY, Health.PASSING, requests=7, errors=1))
    assert (whole.counters, whole.check) == (Counters(1, 7), Check.RUNNING)
