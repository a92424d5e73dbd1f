"""`require`: a run is told why, and on which order, before it begins."""

import pytest

from controller.config import parse
from controller.core.events import Finished, RunBegan, StopRequested
from controller.core.outcome import ExitCode, Outcome
from controller.errors import ConfigurationError, Refused
from controller.lifecycle import RunOptions
from controller.lifecycle.required import wanted_line
from tests.config.pages import page
from tests.lifecycle.test_preflight import Place
from tests.lifecycle.test_resume_policy import Left
from tests.support.virtual import run_virtually

UPGRADE = "upgrade: {command: [upgrade, '${member.name}', '0']}"
GATES = "gates: [{name: ratio, prometheus: {url: 'http://m', query: q}, max: 1%}]"
BOTH = "require: {reason: true, ticket: 'CHG[0-9]+'}"


def with_(place: Place, *more: str) -> Place:
    place.file = parse(page(UPGRADE, GATES, *more), "/srv/web.yaml")
    return place


def began(reason: str, ticket: str, *more: str) -> RunBegan:
    async def run() -> RunBegan:
        place = with_(Place(), *more)
        place.metrics.set("q", 0.0)
        prepared = await place.run(RunOptions(reason=reason, ticket=ticket))
        (found,) = (one for one in prepared.first if isinstance(one, RunBegan))
        return found

    return run_virtually(run())


@pytest.mark.parametrize("more", [(), (BOTH,)])
def test_a_run_says_why(more: tuple[str, ...]) -> None:
    """Whether that is asked for or not, it is journalled with its begin."""
    found = began("a fix of the login", "CHG4711", *more)
    assert (found.reason, found.ticket) == ("a fix of the login", "CHG4711")


@pytest.mark.parametrize(
    ("reason", "ticket", "lines"),
    [
        ("", "", ["wants a reason: add --reason TEXT", "there is none: add --ticket ID"]),
        ("why", "", ["a ticket like CHG[0-9]+, and there is none"]),
        ("why", "CHG1 or so", ["'CHG1 or so' is none"]),
        (" ", "CHG1", ["wants a reason"]),
    ],
)
def test_one_that_does_not_is_refused(reason: str, ticket: str, lines: list[str]) -> None:
    with pytest.raises(Refused) as caught:
        began(reason, ticket, BOTH)
    assert len(caught.value.reasons) == len(lines)
    assert all(line in said for line, said in zip(lines, caught.value.reasons, strict=True))


def test_who_goes_on_needs_not_say_it_again() -> None:
    """A rollout that was cut off goes on with what was said at its begin, or with what is said
    now."""

    async def run(options: RunOptions) -> RunBegan:
        place = Left()
        with_(place)
        stopped = Finished(Outcome.STOPPED, ExitCode.STOPPED, "SIGTERM")
        told = RunBegan("me", reason="first", ticket="CHG1")
        await place.leave(told, StopRequested("SIGTERM"), stopped)
        with_(place, BOTH)
        prepared = await place.run(options)
        (found,) = (one for one in prepared.first if isinstance(one, RunBegan))
        return found

    found = run_virtually(run(RunOptions()))
    assert (found.reason, found.ticket) == ("first", "CHG1")
    found = run_virtually(run(RunOptions(reason="again", ticket="CHG2")))
    assert (found.reason, found.ticket) == ("again", "CHG2")


def test_the_plan_says_what_a_run_needs() -> None:
    place = with_(Place(), BOTH)
    assert wanted_line(place.file) == [
        "`run` needs --reason TEXT and --ticket ID (like CHG[0-9]+): `require` in the rollout file"
    ]
    assert wanted_line(with_(Place(), "require: {}").file) == []
    assert wanted_line(with_(Place()).file) == []


@pytest.mark.parametrize("ticket", ["CHG[", r"(a)\1"])
def test_a_pattern_that_cannot_be_is_a_fault_of_the_file(ticket: str) -> None:
    with pytest.raises(ConfigurationError, match="ticket"):
        with_(Place(), f"require: {{ticket: '{ticket}'}}")
