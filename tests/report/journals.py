"""Journals as a rollout would have written them, made without one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.core import events as e
from controller.core.events import Verdict
from controller.core.gates.gate import CounterGate, Scope
from controller.core.outcome import Outcome
from controller.core.plan.abilities import ByHand
from controller.core.plan.plan import CourseShape, Plan
from controller.core.pool import Found, FoundLine, Incarnation, LineKey, Member
from controller.core.pool.copies import replace
from controller.core.settings import Policies
from controller.core.steps import Course, RunStep, SetMember, Setting, Validate
from controller.journal.codec import encode
from controller.records import Record, RolloutRow

BEGAN = datetime(2024, 3, 5, 22, 14, 3, tzinfo=UTC)
INSTANCE = "unix:/run/haproxy/admin.sock"
FILE = """\
apiVersion: poolroll/v1
name: web
vars: {version: "2.4.0"}
owner: web-team, ext. 4711
runbook: https://wiki.example.net/web
pool:
  haproxy: {apis: [unix:/run/haproxy/admin.sock], backends: [web]}
upgrade: {command: [ssh, --, "${member.host}", upgrade]}
validate:
  - tcp: {port: 8080}
"""
ERRORS = CounterGate("errors", Scope.MEMBER, 0.01)
POOL_ERRORS = CounterGate("pool-errors", Scope.POOL, 0.05)
TOLD = (
    "SEEN      gate 'errors': 9 of 60 requests failed (15 %) since the return of web2",
    "LIMIT     an error ratio of 1 % must be able to explain the errors",
    "MEMBERS   web2: OUT OF ROTATION",
    "          web3, web4: in rotation, untouched",
    "USERS     FAILING NOW, since 22:14:40 UTC: 9 failed requests",
    "CAN WAIT  yes: 3 members serve, the floor is 3; owner: web-team, ext. 4711",
    "NEXT      to go on:  poolroll resume web --reason '…', then poolroll run web.yml",
    "          to end it: poolroll abort web",
)


BY_HAND = ByHand("set server web/{member} state ready", "set server web/{member} state maint")


def plan(members: int = 4, names: Sequence[str] = (), **changes: Any) -> Plan:
    every = names or [f"web{i}" for i in range(1, members + 1)]
    made = Plan(
        name="web",
        members=tuple(Member(name, "192.0.2.7", 8080) for name in every),
        canaries=tuple(every[:1]),
        instances=(INSTANCE,),
        backends=("web",),
        max_unavailable=1,
        min_available=max(1, len(every) - 1),
        serving=len(every),
        policies=Policies(gates=(ERRORS, POOL_ERRORS)),
        upgrade=CourseShape(1),
        rollback=CourseShape(1),
        by_hand=BY_HAND,
    )
    return replace(made, **changes)


def row(**changes: Any) -> RolloutRow:
    made = RolloutRow(
        id="web-20240305-221403-ab12",
        name="web",
        file=FILE,
        path="/srv/rollouts/web.yml",
        sets={"version": "2.4.1"},
        started=BEGAN,
        by="kim@ops1",
    )
    return replace(made, **changes)


@dataclass
class Scribe:
    """Writes a journal. `at` is the monotonic clock and the wall's."""

    plan: Plan
    at: timedelta = timedelta(seconds=5000)
    begun: timedelta = timedelta(seconds=5000)
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.write(self.plan)

    def write(self, *values: e.Event | Plan) -> None:
        for value in values:
            kind, body = encode(value)
            wall = BEGAN + (self.at - self.begun)
            seq = len(self.records) + 1
            self.records.append(Record(seq, row().id, wall, self.at, kind, body))

    def finish(self, outcome: str, code: int, why: str = "", told: Sequence[str] = ()) -> None:
        """`told`: the lines that were printed, as a journal keeps them."""
        self.write(e.Finished(Outcome(outcome), code, why))
        if told:
            lines = ", ".join(f'"{line}"' for line in told)
            last = self.records[-1]
            self.records[-1] = replace(last, body=f'{last.body[:-1]}, "told": [{lines}]}}')

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def begin(self, by: str = "kim@ops1", **options: Any) -> None:
        self.write(e.RunBegan(by, **options))

    # --- a member ------------------------------------------------------------------------

    def told(self, member: str, setting: Setting, seconds: float = 0.2) -> None:
        found = Found((FoundLine(LineKey(INSTANCE, "web"), 100),))
        self.write(e.Intended(SetMember(member, setting, found)))
        self.wait(seconds)
        self.write(e.MemberSet(member, setting, {INSTANCE: Incarnation("77", 1)}))

    def drain(self, member: str, seconds: float = 4) -> None:
        self.write(e.MemberCalled(member))
        self.told(member, Setting.DRAIN)
        self.wait(seconds)
        self.told(member, Setting.HOLD)

    def upgrade(
        self,
        member: str,
        output: str = "",
        *,
        passed: bool = True,
        course: Course = Course.UPGRADE,
        seconds: float = 12.3,
    ) -> None:
        self.write(e.Intended(RunStep(member, course, 0, 0)))
        self.wait(seconds)
        detail = f"step 1 (ssh) ended with exit code {0 if passed else 100}"
        self.write(e.StepEnded(member, 0, 0, passed, False, detail, output, seconds))

    def come_back(self, member: str, course: Course = Course.UPGRADE) -> None:
        self.write(e.Intended(Validate(member, course)))
        self.wait(2)
        self.write(e.Validated(member, True, f"tcp {member}:8080: passed"))
        self.told(member, Setting.CHECK)
        self.wait(1.5)
        self.told(member, Setting.PUT_BACK)
        self.write(e.MemberReturned(member))

    def sample(self, member: str | None, errors: int, total: int, verdict: Verdict) -> None:
        gate = POOL_ERRORS if member is None else ERRORS
        value = errors / total if total else None
        reason = f"{errors} of {total} requests failed" if total else "no data: no request yet"
        self.write(
            e.GateSampled(gate.name, member, verdict, reason, errors, total, value, gate.maximum)
        )

    def soak(self, member: str, seconds: int = 10) -> None:
        for i in range(seconds + 1):
            verdict = Verdict.PASS if i else Verdict.INCONCLUSIVE
            self.sample(member, i // 5, i * 20, verdict)
            self.sample(None, i // 5, i * 80, verdict)
            self.wait(1)
        self.write(e.SoakEnded(member, f"{seconds * 20} requests"))

    def roll(self, member: str, output: str = "") -> None:
        """All of it, and it goes well."""
        self.drain(member)
        self.upgrade(member, output)
        self.come_back(member)
        self.soak(member)

    def fail_in_soak(self, member: str) -> None:
        """It is put back, fails its gate and is taken out again."""
        self.drain(member)
        self.upgrade(member, "Unpacking nginx 2.4.1\nSetting up nginx 2.4.1\n")
        self.come_back(member)
        for i, errors in enumerate((0, 2, 9)):
            verdict = (Verdict.INCONCLUSIVE, Verdict.PASS, Verdict.FAIL)[i]
            self.sample(member, errors, i * 30, verdict)
            self.sample(None, errors, i * 90, verdict if i < 2 else Verdict.PASS)
            self.wait(1)
        seen = f"gate 'errors': 9 of 60 requests failed (15 %) since the return of {member}"
        limit = "an error ratio of 1 % must be able to explain the errors"
        self.write(e.Halted(e.Cause.GATE, seen, limit, member, "errors", (member,)))
        self.told(member, Setting.REMOVE)


def healthy(members: int = 4) -> list[Record]:
    """Everything went well."""
    scribe = Scribe(plan(members))
    scribe.begin()
    for member in scribe.plan.members:
        scribe.roll(member.name, "Unpacking nginx 2.4.1\nSetting up nginx 2.4.1\n")
    scribe.finish("done", 0)
    return scribe.records


def halted(told: Sequence[str] = TOLD) -> Scribe:
    """The second of four failed its gate."""
    scribe = Scribe(plan())
    scribe.begin(overrides={"pool-errors": "known since Monday, ticket 812"})
    scribe.roll("web1", "Unpacking nginx 2.4.1\n")
    scribe.fail_in_soak("web2")
    scribe.finish("halted", 4, "gate 'errors'", told)
    return scribe


def rolled_back() -> list[Record]:
    """The second failed, and both went back."""
    scribe = Scribe(plan())
    scribe.begin()
    scribe.roll("web1")
    scribe.fail_in_soak("web2")
    scribe.write(e.RollbackBegan(("web2", "web1")))
    for member in ("web2", "web1"):
        scribe.write(e.MemberCalled(member))
        if member == "web2":
            scribe.write(e.MemberFoundOut(member))
            scribe.told(member, Setting.HOLD)
        else:
            scribe.told(member, Setting.DRAIN)
            scribe.told(member, Setting.HOLD)
        scribe.upgrade(member, "downgrading", course=Course.ROLLBACK)
        scribe.come_back(member, Course.ROLLBACK)
        scribe.soak(member, 3)
    scribe.finish("halted", 4, "gate 'errors'", TOLD)
    return scribe.records


def resumed() -> list[Record]:
    """Halted in the night, gone on with in the morning, after a reboot of the machine."""
    scribe = halted()
    scribe.wait(9.5 * 3600)
    scribe.begun -= scribe.at - timedelta(seconds=60)
    scribe.at = timedelta(seconds=60)
    scribe.begin("alex@ops2")
    scribe.write(e.ResumeRequested("alex@ops2", "the cache was cold, load test is clean"))
    scribe.write(e.MemberCalled("web2"), e.MemberFoundOut("web2"))
    scribe.told("web2", Setting.HOLD)
    scribe.upgrade("web2", "already the newest version")
    scribe.come_back("web2")
    scribe.soak("web2")
    scribe.write(e.PauseRequested("kim@ops1"))
    scribe.wait(40)
    scribe.write(e.ResumeRequested("kim@ops1", "lunch is over"))
    scribe.roll("web3")
    scribe.roll("web4")
    scribe.finish("done", 0)
    return scribe.records


def aborted() -> list[Record]:
    """Halted by a failing upgrade, and ended by the operator, who put the member back."""
    scribe = Scribe(plan())
    scribe.begin(only=("web1", "web2"), stepwise=True)
    scribe.drain("web1")
    scribe.upgrade("web1", "E: no space left on device\n", passed=False)
    scribe.write(e.Halted(e.Cause.MEMBER, "web1: step 1 failed", "steps must exit 0", "web1"))
    scribe.write(e.MemberFailed("web1", "its upgrade failed"))
    scribe.finish("halted", 5, "web1: step 1 failed")
    scribe.wait(600)
    scribe.begin("alex@ops2")
    scribe.write(e.AbortRequested("alex@ops2", restore=True), e.RestoreBegan("web1"))
    scribe.come_back("web1")
    scribe.finish("aborted", 7, "aborted by alex@ops2")
    return scribe.records
