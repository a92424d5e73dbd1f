"""`preflight` of all members before anything is touched: who is asked, and who may not be."""

import asyncio
from collections.abc import Mapping

from controller.config import RolloutFile, parse
from controller.core.events import Answer, Reply
from controller.core.plan.plan import CourseShape, Purpose
from controller.core.pool import Member
from controller.core.settings import Amount
from controller.preflight.guards import AT_ONCE, unreached
from controller.preflight.programs import missing_programs
from controller.preflight.questions import MEND, ask_questions, not_reached, refused_questions
from controller.runner.patience import Overdue
from controller.tasks import Command, JobResult, Task, TaskJob
from tests.config.pages import page
from tests.support.contexts import a_plan
from tests.support.virtual import LoopClock, run_virtually

FILE = parse(
    page("preflight: [{command: [df, '${member.name}'], min: 20, timeout: 5s}]"), "/srv/web.yaml"
)
PRINTS = {"web2": "7\n", "web3": "lots\n"}


class Hosts:
    """Implements `controller.ports.Tasks`. web4 takes long, web5 breaks what asks it."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def ask(self, task: Task) -> JobResult:
        assert isinstance(task, Command)
        name = task.argv[1]
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(7 if name == "web4" else 0.01)
        self.now -= 1
        if name == "web5":
            raise Overdue("no end within 2m")
        if name == "web4":
            return JobResult(timed_out=True)
        return JobResult(exit_code=0, output=PRINTS.get(name, "20\n"))

    async def run(self, job: TaskJob) -> JobResult:
        raise NotImplementedError

    def unstartable(self, task: Task) -> str | None:
        return f"{task.label}: command not found"


def asked(count: int, file: RolloutFile = FILE) -> tuple[Mapping[str, object], list[str], Hosts]:
    hosts, told = Hosts(), list[str]()
    members = [Member(f"web{n}", "10.0.0.1", 80) for n in range(1, count + 1)]
    replies = run_virtually(
        ask_questions(file, members, hosts, clock=LoopClock(), tell=told.append)
    )
    return replies, told, hosts


def test_all_are_asked() -> None:
    """A bounded number side by side, and it is said whom that waits for."""
    replies, told, hosts = asked(40)
    assert (len(replies), hosts.most) == (40, AT_ONCE)
    assert set(told) == {"asking `preflight` of 40 members: waiting for web4"}


def test_one_line_for_each_that_may_not_be_touched() -> None:
    replies, _, _ = asked(5)
    assert refused_questions(replies, ()) == [  # type: ignore[arg-type]
        f"web2: `df web2` printed 7, and must print at least 20; {MEND}",
        "web3: `df web3` printed no number: lots; min and max need one, without a unit; " + MEND,
        f"web4: not reached: `df web4` did not end in time (5s); {MEND}",
        f"web5: not reached: `preflight`: no end within 2m; {MEND}",
    ]
    assert not_reached(replies) == ["web4", "web5"]  # type: ignore[arg-type]
    aside = ("web2", "web4", "web5")
    (line,) = refused_questions(replies, aside)  # type: ignore[arg-type]
    assert line.startswith("web3: ")


def test_counts_against_the_same_budget() -> None:
    """Who is not reached by `unless` and by `preflight` is one member."""
    plan = a_plan(skips=Amount(1), upgrade=CourseShape(1, has_guard=True, has_questions=True))
    dead = {"web1": (Answer.UNREACHED, "exit code 255")}
    assert unreached(plan, dead, ["web1"]) == (["web1"], [])
    assert unreached(plan, {}, ["web1"]) == (["web1"], [])
    skipped, why = unreached(plan, dead, ["web2"])
    assert (skipped, len(why)) == ([], 1)


def test_programs_are_there() -> None:
    """Asked before anything is touched, so a typo is found before; a rehearsal asks, too."""
    member = FILE.member("web1", "10.0.0.1", 80)
    for purpose in (Purpose.UPGRADE, Purpose.REHEARSAL):
        missing, _ = missing_programs(FILE, [member], purpose, Hosts())
        assert any("preflight[0].command[0]: df: command not found" in one for one in missing)
    replies = {"web1": (Reply.HOLDS, "asked")}
    assert refused_questions(replies, ()) == []
