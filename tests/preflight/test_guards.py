"""`unless` of all members at once: who is waited for, and who may be skipped."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from controller.config import parse
from controller.core.events import Answer
from controller.core.plan.plan import CourseShape
from controller.core.pool import Member
from controller.core.settings import Amount
from controller.preflight.guards import AT_ONCE, ask_guards, refused_guards, unreached
from controller.tasks import Command, JobResult, Task
from tests.config.pages import page
from tests.support.contexts import a_plan
from tests.support.virtual import LoopClock, run_virtually

FILE = parse(
    page("upgrade: {command: [up], unless: {command: [there, '${member.name}'], go_on: [1]}}"),
    "/srv/web.yaml",
)


class Hosts:
    """Implements the part of `controller.ports.Tasks` that is used here."""

    def __init__(self, slow: Sequence[str]) -> None:
        self._slow = slow
        self.now = self.most = 0

    async def ask(self, task: Task) -> JobResult:
        assert isinstance(task, Command)
        self.now += 1
        self.most = max(self.most, self.now)
        is_slow = task.argv[1] in self._slow
        await asyncio.sleep(7 if is_slow else 0.01)
        self.now -= 1
        return JobResult(exit_code=255 if is_slow else 1)


def asked(count: int, slow: Sequence[str]) -> tuple[Hosts, Mapping[str, object], list[str]]:
    hosts, told = Hosts(slow), list[str]()
    members = [Member(f"web{n}", "10.0.0.1", 80) for n in range(1, count + 1)]

    async def main() -> Mapping[str, object]:
        return await ask_guards(FILE, members, hosts, clock=LoopClock(), tell=told.append)  # type: ignore[arg-type]

    return hosts, run_virtually(main()), told


def test_all_at_once() -> None:
    """A bounded number side by side; quick ones say nothing."""
    hosts, answers, told = asked(100, ())
    assert (len(answers), hosts.most, told) == (100, AT_ONCE, [])


def test_who_is_waited_for() -> None:
    """Said after a while, and again, by name."""
    _, answers, told = asked(20, ("web7", "web12"))
    line = "asking `unless` of 20 members: waiting for web7, web12"
    assert told == [line, line]
    assert answers["web7"] == (Answer.UNREACHED, "`unless` ended with exit code 255")
    _, _, told = asked(20, [f"web{n}" for n in range(1, 8)])
    assert told[0].endswith("waiting for web1, web2, web3, web4, web5 and 2 more")


DEAD, REFUSED, FINE = (
    (Answer.UNREACHED, "exit code 255"),
    (Answer.REFUSED, "exit code 9"),
    (Answer.NEEDED, ""),
)
GUARD = CourseShape(1, has_guard=True)
ONE = a_plan(skips=Amount(1), upgrade=GUARD)


@pytest.mark.parametrize(
    ("plan", "answers", "skipped", "reasons"),
    [
        (ONE, {"web1": DEAD, "web2": FINE}, ["web1"], []),
        (ONE, {"web1": FINE}, [], []),
        (
            ONE,
            {"web1": DEAD, "web2": DEAD},
            [],
            [
                "2 members not reached, and failures.max (1) lets 1 be skipped",
                "web1: exit code 255",
                "web2: exit code 255",
            ],
        ),
        (a_plan(), {"web1": DEAD}, [], ["web1: exit code 255"]),
        (ONE, {"web1": DEAD, "web2": REFUSED}, ["web1"], ["web2: exit code 9"]),
        (
            a_plan(skips=Amount(1), canaries=("web1",)),
            {"web1": DEAD},
            [],
            ["a canary is never skipped: web1", "web1: exit code 255"],
        ),
    ],
)
def test_budget(
    plan: object, answers: Mapping[str, tuple[Answer, str]], skipped: list[str], reasons: list[str]
) -> None:
    """Within the budget nothing is refused; beyond it each is named."""
    found, too_many = unreached(plan, answers)  # type: ignore[arg-type]
    assert found == skipped
    assert [*too_many, *refused_guards(answers, found)] == reasons
