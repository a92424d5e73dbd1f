"""What HAProxy's own features mean for a rollout, in words for the plan."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.haproxy.notes import LEAK, PACE, survey_of
from controller.core.plan.abilities import Abilities, ByHand
from controller.core.pool import (
    Admin,
    Check,
    Counters,
    Health,
    Incarnation,
    InstanceView,
    Line,
    Occupant,
)
from controller.pools.haproxy import HaproxyFacts, OtherServer
from controller.records import Survey

FACTS = HaproxyFacts(
    "unix:/a", "2.8.5", "admin", {}, (), frozenset(), {"web": "http", "api": "http"}
)
PLAIN = Line(
    "web",
    "web1",
    "web/10.0.0.1:80",
    Occupant("10.0.0.1:80", "10.0.0.1", 80),
    Admin.READY,
    Health.PASSING,
    Check.RUNNING,
)


def surveyed(*lines: Line, selected: tuple[str, ...] = ("web1", "web2"), **facts: Any) -> Survey:
    backends = dict.fromkeys(("web", "api"), Counters())
    view = InstanceView("unix:/a", timedelta(0), Incarnation("1", 1), lines, True, backends)
    return survey_of(replace(FACTS, **facts), view, selected)


def test_plain_pool_has_no_notes() -> None:
    """Nothing is said where nothing is remarkable; how to act by hand stands there always."""
    ready = "set server web/{member} state ready; set server api/{member} state ready"
    by_hand = ByHand(ready, ready.replace("ready", "maint"))
    assert surveyed(PLAIN) == Survey((), (), Abilities(pace=PACE, leak=LEAK), by_hand)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"check": Check.NONE}, "web1 in web: no health check in the load balancer; "),
        ({"keep": {"agent": "on"}}, "web1 in web: the agent check is switched off while "),
        ({"is_warming": True}, "web1 in web: warming up now (slowstart); "),
        ({"is_backup": True}, "web1 in web: backup, never upgraded and never counted as serving"),
    ],
)
def test_what_is_said_of_a_line(changes: dict[str, Any], note: str) -> None:
    """One note for each feature of a member's line."""
    (said,) = surveyed(replace(PLAIN, **changes)).notes
    assert said.startswith(note)


def test_lines_outside_the_rollout_are_not_spoken_of() -> None:
    """A missing check matters for members of the rollout."""
    assert surveyed(replace(PLAIN, member="other", check=Check.NONE)).notes == ()


@pytest.mark.parametrize("admin", [Admin.READY, Admin.OUT])
@pytest.mark.parametrize("check", [Check.PAUSED, Check.RUNNING])
def test_a_paused_check_is_one(admin: Admin, check: Check) -> None:
    """A check that pauses while the line is out comes back with it: nothing to say."""
    assert surveyed(replace(PLAIN, admin=admin, check=check)).notes == ()


def test_a_line_that_follows_another_has_a_check() -> None:
    """Where a line follows another's health, that one's check speaks for it; in this very backend
    and under this very name alone."""
    line = replace(PLAIN, check=Check.NONE)
    followers = (("web/web1", "api/web1"),)
    assert surveyed(line, trackers=followers).notes == ()
    others = (("api/web1", "web/web2"), ("web/web2", "api/web2"))
    (said,) = surveyed(line, trackers=others).notes
    assert said.startswith("web1 in web: no health check in the load balancer; ")


def test_version_and_mode_are_told() -> None:
    """A version never tried, and counters that see no answer."""
    notes = surveyed(PLAIN, version="9.9.1", modes={"web": "tcp", "api": "http"}).notes
    assert [note[:28] for note in notes] == [
        "unix:/a: HAProxy 9.9.1 is ne",
        "web is in mode tcp: the load",
    ]


def other(path: str, address: str = "", port: int = 80, *, has_users: bool = True) -> OtherServer:
    """A server of a backend that is not listed."""
    backend, _, name = path.partition("/")
    return OtherServer(backend, name, address, port, has_users)


HOME = "10.0.0.1"
LED = {"trackers": (("led/web1", "web/web1"), ("led/x", "led/web1"))}


@pytest.mark.parametrize(
    ("others", "facts", "words"),
    [
        ([other("led/web1")], LED, ["led/web1 follow members", "; add 'led' to pool.haproxy.back"]),
        (
            [other("led/web1"), other("led/x")],
            LED,
            ["led/web1, led/x follow members", "give every member a server of its own name in 'le"],
        ),
        ([other("led/x")], LED, ["led/x follow members of this pool (track) and go out with them"]),
        ([other("led/web9")], {"trackers": (("led/web9", "web/web9"),)}, []),
        ([other("s/web1", HOME)], {}, ["s/web1 is web1 (same address and port), and", "; add 's'"]),
        ([other("s/a", HOME)], {}, ["s/a is web1 (same", "users of 's' would meet", "give every"]),
        ([other("s/a", "10.0.0.9"), other("s/b", HOME, 81), other("s/c")], {}, []),
        ([other("s/a", HOME, has_users=False)], {}, []),
        ([other(f"s/a{n}", HOME) for n in range(10)], {}, ["s/a7 is web1 and 2 more (same"]),
    ],
)
def test_users_beside_the_pool(
    others: list[OtherServer], facts: dict[str, Any], words: list[str]
) -> None:
    """Another backend that leads to a member, or follows it, must be listed: its users would meet
    the member during its upgrade, and nobody waits for their requests."""
    refusals = surveyed(PLAIN, selected=("web1",), others=tuple(others), **facts).refusals
    assert len(refusals) == bool(words)
    assert all(one in refusals[0] for one in words)


@pytest.mark.parametrize(
    ("one", "note"),
    [
        (other("s/a", HOME, has_users=False), "s/a has the address of web1 and is a backup or in "),
        (other("s/a", HOME, 81), "s has servers at the addresses of web1, with other ports: they"),
        (other("s/a", "10.0.0.2", 81), None),
    ],
)
def test_beside_the_pool_without_harm(one: OtherServer, note: str | None) -> None:
    """Noted: what has no users now, and another service of the same machine."""
    notes = surveyed(PLAIN, others=(one,)).notes
    assert [said[: len(note or "")] for said in notes] == ([] if note is None else [note])


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_this_machine_is_no_machine_of_a_member(address: str) -> None:
    """Many members may share a loopback address: other ports there say nothing."""
    line = replace(PLAIN, occupant=Occupant(f"{address}:80", address, 80))
    assert surveyed(line, others=(other("s/a", address, 81),)).notes == ()


@pytest.mark.parametrize(
    ("trackers", "refusal"),
    [
        (("web/web1", "chk/web1"), "unix:/a: web/web1 follows the health of chk/web1 (track); add"),
        (("web/web1", "api/lead"), "unix:/a: web/web1 follows the health of another member, api/"),
        (("web/web1", "api/web1"), None),
        (("web/other", "chk/other"), None),
        (("led/web1", "chk/web1"), None),
    ],
)
def test_members_led_from_outside_are_refused(
    trackers: tuple[str, str], refusal: str | None
) -> None:
    """A member that is returned by the health of another server than itself is not taken out."""
    refusals = surveyed(PLAIN, trackers=(trackers,)).refusals
    assert [one[: len(refusal or "")] for one in refusals] == ([] if refusal is None else [refusal])


def test_abilities() -> None:
    """What the arithmetic of the plan goes by, under the names of the instance."""
    found = surveyed(
        sticky={"web": "cookie SRV"},
        static=frozenset({"api"}),
        maxconn={("web", "web1"): 20},
        prefers_idle=frozenset({"web"}),
    ).abilities
    why = "balances by a static algorithm, which takes only none and all of a weight"
    assert found == Abilities(
        sticky={"web": "cookie SRV"},
        unweighted={"api": why},
        limits={("unix:/a", "web", "web1"): 20},
        prefers_idle=frozenset({("unix:/a", "web")}),
        pace=PACE,
        leak=LEAK,
    )
