"""`resume_policy`: what a run does with a rollout that halted, or that was cut off."""

import pytest

from controller.config import parse
from controller.core.events import Cause, Event, Finished, Halted, ResumeRequested, StopRequested
from controller.core.outcome import ExitCode, Outcome
from controller.errors import Refused
from controller.journal.codec import encode
from controller.lifecycle import Findings, Prepared, RunOptions
from controller.records import Verb
from tests.config.pages import page
from tests.lifecycle.test_preflight import NO_OPTIONS, Place
from tests.support.virtual import run_virtually

HALT = (
    Halted(Cause.GATE, "gate 'ratio': 40 %", "at most 1 %", "web1", "ratio"),
    Finished(Outcome.HALTED, ExitCode.GATE, "gate 'ratio': 40 %"),
)
STOP = (StopRequested("SIGTERM"), Finished(Outcome.STOPPED, ExitCode.STOPPED, "SIGTERM"))
PARTLY = (Finished(Outcome.PARTLY_DONE, ExitCode.DONE),)
UPGRADE = "upgrade: {command: [upgrade, '${member.name}', '0']}"
GATES = "gates: [{name: ratio, prometheus: {url: 'http://m', query: q}, max: 1%}]"


class Left(Place):
    """A place where a rollout was left unfinished, and what the next run makes of it."""

    async def leave(self, *events: Event) -> None:
        await self.begin()
        now = self.ports.clock.now()
        row = await self.ports.journal.latest("web")
        assert row is not None
        self.id = row.id
        for event in events:
            await self.ports.journal.append(row.id, now, *encode(event))

    def under(self, policy: str | None) -> None:
        """The file is changed after the rollout began."""
        more = [] if policy is None else [f"resume_policy: {policy}"]
        self.file = parse(page(UPGRADE, GATES, *more), "/srv/web.yaml")


async def after(
    policy: str | None, events: tuple[Event, ...], decided: Verb | None, options: RunOptions
) -> tuple[Prepared | Refused, Findings]:
    place = Left()
    await place.leave(*events)
    place.under(policy)
    if decided is not None:
        await place.ports.requests.ask(place.id, decided, "looked", "ann")
    seen = await place.plan(options)
    try:
        return await place.run(options), seen
    except Refused as refused:
        return refused, seen


def run(
    policy: str | None,
    events: tuple[Event, ...],
    decided: Verb | None = None,
    options: RunOptions = NO_OPTIONS,
) -> tuple[Prepared | Refused, Findings]:
    return run_virtually(after(policy, events, decided, options))


@pytest.mark.parametrize(
    ("policy", "events", "goes_on"),
    [
        (None, HALT, False),
        (None, (), True),
        (None, STOP, True),
        (None, PARTLY, True),
        ("hold", HALT, False),
        ("hold", (), False),
        ("hold", STOP, False),
        ("hold", PARTLY, True),
        ("resume", HALT, True),
        ("resume", (), True),
        ("resume", STOP, True),
        ("resume", PARTLY, True),
    ],
)
def test_what_a_run_finds(policy: str | None, events: tuple[Event, ...], goes_on: bool) -> None:
    """Left out: a halt wants a decision, a crash or a stop does not. `plan` says the same as
    `run`, and a refusal names the ways on."""
    ran, seen = run(policy, events)
    assert isinstance(ran, Prepared) is goes_on
    assert bool(seen.refusals) is not goes_on
    if isinstance(ran, Refused):
        assert list(ran.reasons) == seen.refusals
        for way in ("poolroll resume web --reason '…', then poolroll run", "poolroll abort web"):
            assert way in str(ran)


def test_what_is_held_is_one_line() -> None:
    """How it was left, why it is not gone on with, and the two commands."""
    crashed, stopped = run("hold", ())[0], run("hold", STOP)[0]
    assert isinstance(crashed, Refused)
    assert isinstance(stopped, Refused)
    ways = (
        "and `resume_policy: hold` leaves it to an operator: to go on: poolroll resume web "
        "--reason '…', then poolroll run /srv/web.yaml; to end it: poolroll abort web"
    )
    assert crashed.reasons == (f"rollout 'web' was cut off, {ways}",)
    assert stopped.reasons == (f"rollout 'web' was stopped (SIGTERM), {ways}",)


@pytest.mark.parametrize("events", [HALT, STOP, ()])
@pytest.mark.parametrize("verb", [Verb.RESUME, Verb.ABORT])
def test_decided_by_the_operator(events: tuple[Event, ...], verb: Verb) -> None:
    """Under `hold` the next run acts on it."""
    ran, _ = run("hold", events, verb)
    assert isinstance(ran, Prepared)


def test_resumed_by_the_file() -> None:
    """After a halt the journal says that the file wants it, and nobody else; after a stop there
    is no halt to go on from."""
    halted, stopped = run("resume", HALT)[0], run("resume", STOP)[0]
    assert isinstance(halted, Prepared)
    assert isinstance(stopped, Prepared)
    asked = ResumeRequested("me", "`resume_policy: resume`")
    assert halted.first[-1] == asked
    assert not any(isinstance(event, ResumeRequested) for event in stopped.first)


def test_an_override_decides_too() -> None:
    """It is the operator's, and its reason is kept."""
    options = RunOptions(overrides={"ratio": "known"})
    for policy in ("hold", "resume", None):
        ran, _ = run(policy, HALT, options=options)
        assert isinstance(ran, Prepared)
        (resumed,) = (one for one in ran.first if isinstance(one, ResumeRequested))
        assert resumed.reason == "override of gate 'ratio': known"
