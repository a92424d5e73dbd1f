"""Templates are filled for the machine that is there now, and never for a former one."""

from dataclasses import replace

import pytest

from controller.config import RolloutFile, parse
from controller.core.phases import Phase
from controller.core.plan.plan import Purpose
from controller.core.pool import LineKey, Member, Occupant, Seat
from controller.core.steps import AskGuard, Course, RunStep, Validate
from controller.errors import ConfigurationError
from controller.lifecycle.work import member_judged, work_of
from controller.runner.perform import FileStep
from controller.tasks import Command, CommandProbe
from tests.config.pages import page
from tests.support.contexts import ANOTHER, SEATS, a_context, a_plan, standing

UP = Course.UPGRADE
THERE = (Seat(LineKey("lb1", "web"), ANOTHER),)
ADDRESS = "command: [up, '${member.address}:${member.port}', '${member.host}']"


def file(*more: str) -> RolloutFile:
    return parse(page(f"upgrade: {{{ADDRESS}}}", *more), "/srv/web.yaml")


def argv(step: FileStep, *, purpose: Purpose = Purpose.UPGRADE) -> list[tuple[str, ...]]:
    back = f"rollback: {{{ADDRESS.replace('up', 'back', 1)}}}"
    steps = work_of(file(back), a_plan(purpose=purpose), "r-1")(step).steps
    return [step.argv for step in steps if isinstance(step, Command)]


def test_where_it_is_now() -> None:
    """The address that its lines show, and the host with it."""
    assert argv(RunStep("web1", UP, 0, 0, THERE)) == [("up", "10.0.0.9:80", "10.0.0.9")]
    assert argv(RunStep("web9", UP, 0, 0, THERE)) == [("up", "10.0.0.9:80", "10.0.0.9")]


def test_purposes() -> None:
    """A rollback runs its own commands, and a rehearsal none."""
    step = RunStep("web1", UP, 0, 0, THERE)
    assert argv(step, purpose=Purpose.ROLLBACK) == [("back", "10.0.0.9:80", "10.0.0.9")]
    assert argv(step, purpose=Purpose.REHEARSAL) == []


@pytest.mark.parametrize("purpose", [Purpose.UPGRADE, Purpose.ROLLBACK])
@pytest.mark.parametrize("more", [(), ("rollback: {command: [x], vars: {version: '0'}}",)])
def test_as_before(more: tuple[str, ...], purpose: Purpose) -> None:
    """With the values of before, whatever the file says of a way back; what is not among them
    means what it means now."""
    asks = "validate: [{command: [is, '${vars.version}', '${vars.rack}']}]"
    one = file("vars: {version: '2', rack: a}", asks, *more)
    plan = a_plan(purpose=purpose, before={"web1": {"version": "1"}})
    step = Validate("web1", Course.ROLLBACK, THERE, as_before=True)
    work = work_of(one, plan, "r-1")(step)
    (validation,) = work.validations
    assert isinstance(validation.probe, CommandProbe)
    assert validation.probe.command.argv == ("is", "1", "a")
    assert (work.steps, work.guard) == ((), None)


@pytest.mark.parametrize(
    "step", [RunStep("web1", UP, 0, 0), Validate("web1", UP), AskGuard("web1", UP, 0)]
)
def test_a_former_address_is_never_used(step: FileStep) -> None:
    """It was known once and is not now: the machine may be anywhere."""
    with pytest.raises(ConfigurationError, match="no load balancer shows the address of web1 now"):
        argv(step)


def test_where_no_address_was_ever_known() -> None:
    """Behind a UNIX socket, say: what the file says without an address is done."""
    plan = a_plan()
    plan = replace(plan, members=(Member("web1", "", 0, "host1"),))
    one = parse(page("upgrade: {command: [up, '${member.host}']}"), "/srv/web.yaml")
    (step,) = work_of(one, plan, "r-1")(RunStep("web1", UP, 0, 0)).steps
    assert isinstance(step, Command)
    assert step.argv == ("up", "host1")


@pytest.mark.parametrize(
    ("seats", "address"),
    [(SEATS, "10.0.0.1"), (THERE, "10.0.0.9"), ((), "10.0.0.1")],
    ids=["as planned", "elsewhere", "not known"],
)
def test_gates_judge_who_was_validated(seats: tuple[Seat, ...], address: str) -> None:
    """Queries and probes follow a member to its new address."""
    plan = a_plan()
    state = a_context(standing(Phase.SOAKING, seats=seats)).state
    assert member_judged(file(), plan, state, "web1").address == address


def test_an_ipv6_address() -> None:
    """As the balancer shows it."""
    seat = Seat(LineKey("lb1", "web"), Occupant("::1:80", "::1", 80))
    assert argv(RunStep("web1", UP, 0, 0, (seat,)))[0][2] == "::1"
