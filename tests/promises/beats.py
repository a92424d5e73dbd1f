"""Small worlds and mishaps that several tests share."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

import pytest

from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.settings import Policies
from controller.records import Verb
from controller.runner.loop import Runner
from tests.support.fakes import Script
from tests.support.plays import Played
from tests.support.scenarios import (
    QUICK,
    QUICK_STEP,
    ROLLOUT,
    Act,
    Beat,
    ForkableRequests,
    Scenario,
    World,
    enters,
    ms,
    of_places,
)
from tests.support.sim import App, Sim, make_sim

WALK = (
    Phase.ASKING,
    Phase.DUE,
    Phase.DRAINING,
    Phase.HOLDING,
    Phase.OUT,
    Phase.UPGRADING,
    Phase.PROVING,
    Phase.VALIDATING,
    Phase.CHECKING,
    Phase.RETURNING,
    Phase.SOAKING,
)
"""What a member with a guard walks through."""

three_behind_two = partial(make_sim, 3, instances=("lb1", "lb2"))


def at(member: str, phase: Phase, do: Act) -> tuple[Beat, ...]:
    return (Beat(enters(member, phase), do),)


def later(after: timedelta, do: Callable[[Sim], None]) -> Act:
    """A little later, so that it does not hit the very moment of the event."""

    def act(world: World, runner: Runner) -> None:
        world.sim.plans.append((world.sim.now + after, do))

    return act


def reload_one(world: World, runner: Runner) -> None:
    world.sim.reload("lb1")


def outage(kind: str, instance: str = "lb2") -> Act:
    def act(world: World, runner: Runner) -> None:
        world.sim.instances[instance].outage = kind

    return act


def back_after(after: timedelta, instance: str = "lb2") -> Act:
    """Refuses connections for a while."""

    def recover(sim: Sim) -> None:
        sim.instances[instance].outage = None

    def act(world: World, runner: Runner) -> None:
        world.sim.instances[instance].outage = "refuses"
        world.sim.plans.append((world.sim.now + after, recover))

    return act


def foreign(admin: Admin, member: str = "web1", instance: str | None = "lb2") -> Act:
    return later(ms(30), lambda sim: sim.foreign(member, admin, instance))


def signal(times: int = 1) -> Act:
    def act(world: World, runner: Runner) -> None:
        for _ in range(times):
            runner.stop("SIGTERM")

    return act


def scripted(*scripts: Script, step: str = "0", member: str = "web1") -> Callable[[World], None]:
    """How the executions of one step of one member go, one after the other."""

    def prepare(world: World) -> None:
        world.workshop.scripts["upgrade", member, step] = list(scripts)

    return prepare


def slow_requests(takes: timedelta, member: str = "web1") -> Callable[[World], None]:
    def prepare(world: World) -> None:
        world.sim.apps[member].takes = takes

    return prepare


def bad_v2(*members: str) -> Callable[[World], None]:
    """Every other request to the new version fails."""

    def fails(app: App, number: int) -> bool:
        is_meant = not members or app.name in members
        return is_meant and app.version == "v2" and number % 2 == 0

    def prepare(world: World) -> None:
        world.sim.traffic.fails = fails

    return prepare


def static(world: World) -> None:
    """Every balancer takes only none and all of a weight."""
    world.sim.is_static = True


def recover(world: World, instance: str = "lb2") -> None:
    world.sim.instances[instance].outage = None


def guarded(
    phase: Phase,
    do: Act,
    *,
    policies: Policies = QUICK,
    prepare: Callable[[World], None] = lambda world: None,
    step_time: timedelta = QUICK_STEP,
) -> Scenario:
    """Three members behind two balancers; something happens as web1 enters a phase."""
    return Scenario(
        policies,
        three_behind_two,
        prepare,
        at("web1", phase, do),
        has_guard=True,
        step_time=step_time,
    )


Like = Callable[[Scenario], Scenario]


def as_it_is(scenario: Scenario) -> Scenario:
    return scenario


both = pytest.mark.parametrize("like", [as_it_is, of_places], ids=["counting", "places"])
"""The test runs behind either kind of load balancers."""


def on_places(
    scenarios: Mapping[str, Scenario], *, without: Sequence[str] = ()
) -> dict[str, Scenario]:
    """The same behind load balancers of the other kind, under names of their own. `without`: what
    makes no sense there."""
    assert set(without) <= scenarios.keys()
    return {
        f"{name}, places": of_places(scenario)
        for name, scenario in scenarios.items()
        if name not in without
    }


def ended(played: Played, outcome: str, exit_code: int) -> None:
    """How it ended, and that no promise was broken."""
    assert played.broken == [], played.end
    assert (played.end.outcome, played.end.exit_code) == (outcome, exit_code), played.end.why


def request(verb: Verb, after: int = 0) -> Act:
    """Another process writes a request into the state folder."""

    def act(world: World, runner: Runner) -> None:
        requests = world.requests
        world.sim.plans.append(
            (world.sim.now + ms(after), lambda sim: ask(requests, verb)),
        )

    return act


def ask(requests: ForkableRequests, verb: Verb) -> None:
    requests.put(ROLLOUT, verb, "because", "operator")
