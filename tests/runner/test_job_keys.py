"""Keys of steps, for every name that a load balancer may have."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.commands.place import Place
from controller.core.pool import LineKey, Occupant, Seat
from controller.core.steps import Course, RunStep
from controller.runner.job_keys import key_of, place_at, places_of

NAMES = st.text("abZ09_.:-", min_size=1, max_size=12) | st.text(min_size=1, max_size=300)
AWKWARD = ["web:1", "web/1", ".", "..", "-x", "~", "a b", "é", "%2E", "w" * 300, "w" * 199 + "::"]


def key(member: str) -> str:
    return key_of("web-20260101-000000-abcd", RunStep(member, Course.UPGRADE, 0, 0))


@pytest.mark.parametrize("name", ["web1", "a.b-c_d", "5", "BACKEND"])
def test_common_names_stand_for_themselves(name: str) -> None:
    """A key that an earlier version used stays the same: its step is joined, not repeated."""
    assert key(name) == f"web-20260101-000000-abcd/{name}/upgrade-0-0"


@given(one=NAMES, other=NAMES)
def test_no_two_names_have_the_same_key(one: str, other: str) -> None:
    """Different members never share an execution."""
    assert (key(one) == key(other)) == (one == other)


@pytest.mark.parametrize("name", AWKWARD)
def test_every_name_has_a_folder_of_its_own(tmp_path: Path, name: str) -> None:
    """Whatever the name holds, and however long it is, its step has a place two folders down."""
    place = Place(tmp_path, key(name))
    place.create()
    assert place.folder.is_dir()
    assert place.folder.parent.parent.parent == tmp_path
    assert len({key(awkward) for awkward in AWKWARD}) == len(AWKWARD)


def test_namesakes_in_two_pools_are_told_apart() -> None:
    """Same name, other server; and the same member, whichever way its balancer is reached."""

    def at(instance: str, backend: str, address: str) -> frozenset[str]:
        key = LineKey(instance, backend)
        return places_of((Seat(key, Occupant(f"{address}:80", address, 80)),))

    here = at("unix:/run/a.sock", "app", "10.0.0.1")
    assert here.isdisjoint(at("unix:/run/a.sock", "api", "10.0.0.2"))
    assert here.isdisjoint(at("unix:/run/b.sock", "app", "10.0.0.2"))
    assert here & at("tcp:127.0.0.1:9999", "app", "10.0.0.1")
    assert here & at("unix:/run/a.sock", "app", "10.0.0.9"), "its address has changed meanwhile"
    assert here & place_at("10.0.0.1", 80)
