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
from controller.pools.haproxy import HaproxyFacts
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


def test_followers_version_and_mode_are_told() -> None:
    """What goes out with a member, a version never tried, and counters that see no answer."""
    notes = surveyed(
        PLAIN,
        version="9.9.1",
        trackers=(("led/web1", "web/web1"),),
        modes={"web": "tcp", "api": "http"},
    ).notes
    assert [note[:28] for note in notes] == [
        "unix:/a: HAProxy 9.9.1 is ne",
        "led/web1 follows web/web1 (t",
        "web is in mode tcp: the load",
    ]


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
