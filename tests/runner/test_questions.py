"""Answers to `preflight`: which number was printed, what holds, and what says nothing."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from controller.core.events import Reply
from controller.foreign import Address
from controller.hosts import Access, HostCommand
from controller.runner.printed import last_number
from controller.runner.questions import ask_all, name_of, replied
from controller.tasks import Command, JobResult, Question, Task, TaskJob
from tests.support.tables import table

MINUTE = timedelta(seconds=60)
DF = Command(("df", "--output=avail", "-k", "/var"), MINUTE)
ON_HOST = HostCommand(Access(Address("web3")), DF.argv, MINUTE)


@table(
    "text number",
    {
        "alone": ("1200\n", 1200.0),
        "under a title": ("   Avail\n 2097152\n", 2097152.0),
        "the last of several": ("load average: 0.15, 0.10, 0.05\n", 0.05),
        "a percentage": ("/dev/sda1 20 15 5 75% /var\n", 75.0),
        "after its name": ("avail=12 free:13", 13.0),
        "below zero": ("-3.5e2\n", -350.0),
        "in quotes": ('{"free": "7"}', 7.0),
        "a number in a name": ("web1 10 sda2", 10.0),
        "with a unit": ("Avail\n5.0G\n", "5.0G"),
        "a later one with a unit": ("100 1.5G", "1.5G"),
        "grouped": ("1,234", "1,234"),
        "a date": ("7 days since 2026-11-27", "2026-11-27"),
        "a version": ("2.4.1", "2.4.1"),
        "a time": ("12:30", "12:30"),
        "endless": ("9" * 200, "9" * 40),
        "hexadecimal": ("0x1F", "0x1F"),
        "not a number": ("nan inf", ""),
        "nothing": ("", ""),
    },
)
def test_last_number(text: str, number: float | str) -> None:
    """A unit, a date or a version is never taken for a number."""
    assert last_number(text) == number


def said(output: str, **more: Any) -> JobResult:
    return JobResult(**{"exit_code": 0, "output": output, **more})


NAME = "`df --output=avail -k /var`"


@table(
    "question result reply detail",
    {
        "enough": (Question(DF, 20.0), said("20\n"), Reply.HOLDS, NAME),
        "too little": (
            Question(DF, 2_000_000.0),
            said("Avail\n1200\n"),
            Reply.FAILS,
            f"{NAME} printed 1200, and must print at least 2000000",
        ),
        "too much": (
            Question(DF, maximum=0.5),
            said("0.75"),
            Reply.FAILS,
            f"{NAME} printed 0.75, and must print at most 0.5",
        ),
        "no number": (
            Question(DF, 1.0),
            said("all well\n"),
            Reply.FAILS,
            f"{NAME} printed no number: all well; min and max need one, without a unit",
        ),
        "a unit": (
            Question(DF, 1.0),
            said("5.0G\n"),
            Reply.FAILS,
            f"{NAME} the last figure that it printed, '5.0G', is not a bare number; min and max "
            "need one, without a unit",
        ),
        "contains it": (Question(DF, contains="clean"), said("state: clean"), Reply.HOLDS, NAME),
        "contains it not": (
            Question(DF, contains="clean"),
            said("state: degraded\n"),
            Reply.FAILS,
            f"{NAME} did not print 'clean'; it said: state: degraded",
        ),
        "silent": (
            Question(DF, contains="clean"),
            said(""),
            Reply.FAILS,
            f"{NAME} did not print 'clean'; it said: nothing",
        ),
        "another exit": (
            Question(DF, 1.0),
            said("df: /var: no such file\n", exit_code=1),
            Reply.FAILS,
            f"{NAME} ended with exit code 1, and must end with 0: df: /var: no such file",
        ),
        "an exit that is meant": (
            Question(Command(("ask",), MINUTE, ok=frozenset({1, 2}))),
            said("", exit_code=2),
            Reply.HOLDS,
            "`ask`",
        ),
        "ssh could not connect": (
            Question(Command(("ssh", "web3", "df"), MINUTE)),
            said("ssh: connect to host web3: timed out\n", exit_code=255),
            Reply.UNREACHED,
            "`ssh web3 df` ended with exit code 255, and must end with 0: ssh: connect to host "
            "web3: timed out",
        ),
        "no answer over ssh": (
            Question(ON_HOST),
            said("web3 does not answer to ssh: timed out", exit_code=255),
            Reply.UNREACHED,
            f"{NAME} was not answered: web3 does not answer to ssh: timed out",
        ),
        "no answer in time": (
            Question(DF),
            JobResult(timed_out=True, output="Password:"),
            Reply.UNREACHED,
            f"{NAME} did not end in time (1m): Password:",
        ),
        "nobody is let in": (
            Question(ON_HOST),
            JobResult(fault="web3 does not let us in: Permission denied"),
            Reply.FAILS,
            f"{NAME} could not be asked: web3 does not let us in: Permission denied",
        ),
        "cut off": (Question(DF), JobResult(lost=True), Reply.FAILS, f"{NAME} was cut off"),
    },
)
def test_replied(question: Question, result: JobResult, reply: Reply, detail: str) -> None:
    assert replied(question, result) == (reply, detail)


def test_called() -> None:
    """By its name; else by its command, without secrets, and not for ever."""
    assert name_of(Command(("df",), MINUTE, name="room in /var")) == "room in /var"
    secret = Command(("ask", "--password=hunter22", "\x1b[31mred"), MINUTE)
    assert name_of(secret) == "`ask --password=*** 'red'`"
    assert len(name_of(Command(("ask", "x" * 1000), MINUTE))) == 82


@dataclass
class Answers:
    """Implements `controller.ports.Tasks` for questions."""

    results: list[JobResult]
    asked: list[Task] = field(default_factory=list)

    async def ask(self, task: Task) -> JobResult:
        self.asked.append(task)
        return self.results.pop(0)

    async def run(self, job: TaskJob) -> JobResult:
        raise NotImplementedError

    def unstartable(self, task: Task) -> str | None:
        raise NotImplementedError


FREE, CLEAN = Question(DF, 20.0), Question(Command(("raid",), MINUTE), contains="clean")
AWAY = said("no route to host", exit_code=255)


@pytest.mark.parametrize(
    ("results", "reply", "count"),
    [
        ([said("20"), said("clean")], Reply.HOLDS, 2),
        ([said("2"), said("degraded")], Reply.FAILS, 2),
        ([AWAY], Reply.UNREACHED, 1),
        ([said("2"), AWAY], Reply.FAILS, 2),
        ([said("20", exit_code=143), said("20"), said("clean")], Reply.HOLDS, 3),
    ],
)
def test_asked_one_after_the_other(results: list[JobResult], reply: Reply, count: int) -> None:
    """All that fail are named; who is not reached is asked no further; a question that the stop of
    poolroll has ended is asked again."""
    tasks = Answers(list(results))
    found, detail = asyncio.run(ask_all((FREE, CLEAN), tasks))
    assert found is reply
    assert len(tasks.asked) == count
    if reply is Reply.FAILS:
        assert "printed 2," in detail
        assert "`raid`" in detail
