"""Working fakes of the ports, over one `Sim`. A fake holds nothing of its own that a crash of
the process in use would not lose; what outlives it (jobs, the balancers' state) is in the world.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from controller.core.plan.abilities import MEMBER, Abilities, ByHand
from controller.core.pool import Admin, Counters, Found, Incarnation, InstanceView, LineKey
from controller.core.steps import Course
from controller.errors import (
    BalancerError,
    BalancerTimeout,
    BalancerUnreachable,
    CommandRefused,
    NoSuchMember,
    WeightRefused,
)
from controller.ports import Clock
from controller.records import Confirmed, Seats, Survey
from controller.tasks import (
    Command,
    CommandProbe,
    HttpProbe,
    Job,
    JobResult,
    Validation,
    ValidationResult,
)
from tests.support.sim import NONE, STEP, Dealt, FakeInstance, FakeLine, Sim, forked

LATENCY = timedelta(milliseconds=1)
HANGS = timedelta(seconds=2)
PREPARED: Final = {"partition": "7"}
"""How `open` leaves the pool as a whole."""
FOUND: Final = {"partition": "0"}
"""How it was; the pool itself remembers that, too."""


class FakeLoadBalancer:
    """Implements `controller.ports.LoadBalancer`."""

    def __init__(self, sim: Sim, clock: Clock) -> None:
        self.sim = sim
        self.calls: list[tuple[str, str]] = []
        self.watch: list[Callable[[str, str, FakeInstance, FakeLine], None]] = []
        """Called before a line is set: verb, member, instance, line."""
        self.half_way: list[Callable[[], None]] = []
        """Called when some instances were set and others not yet."""
        self._clock = clock

    @property
    def instances(self) -> Sequence[str]:
        return tuple(self.sim.instances)

    async def survey(self, view: InstanceView, selected: Collection[str]) -> Survey:
        await self._reach(view.instance)
        manner = self.sim.manner
        why = "" if manner.weighs else "takes no weights"
        return Survey(
            abilities=Abilities(
                unweighted={} if manner.weighs else dict.fromkeys(view.backends, why),
                settle=manner.settle,
                counts=manner.counts,
                cuts=manner.cuts,
            ),
            by_hand=ByHand(f"ready {MEMBER}", f"out {MEMBER}"),
        )

    async def look(
        self,
        instance: str,
        members: Collection[str] | None,
        *,
        former: Collection[Incarnation] = (),
    ) -> InstanceView:
        at = self._clock.now()
        one = await self._reach(instance)
        counts = self.sim.manner.counts and one.counts
        lines = [
            self.sim.line_of(line, counts=counts)
            for line in one.lines.values()
            if members is None or line.app.name in members
        ]
        old = [old for old in one.old if old.flights]
        counted = {line.backend: NONE for line in one.lines.values()} | one.backends
        backends = {name: Counters(*sums) if counts else None for name, sums in counted.items()}
        return InstanceView(
            instance=instance,
            at=at,
            incarnation=one.incarnation,
            lines=tuple(lines),
            is_full=members is None,
            backends=backends,
            rates=dict.fromkeys(counted, self.sim.rate) if self.sim.tells_rates else {},
            frontends=self._frontends(one) if members is None else {},
            lingering=bool(old) if one.shows_old else None,
            uptime=at - one.replaced_at if one.replaced_at is not None else None,
            held="the partition is 7" if self.sim.opened == PREPARED else "",
        )

    def _frontends(self, one: FakeInstance) -> Mapping[str, Counters]:
        return {"front": Counters(*one.front)} if self.sim.tells_rates else {}

    async def changed(self, instance: str) -> None:
        """Nobody tells: it is asked."""
        await asyncio.Event().wait()

    async def open(self, course: Course | None = Course.UPGRADE) -> Mapping[str, str]:
        await self._clock.sleep(LATENCY)
        if self.sim.unopenable > 0:
            self.sim.unopenable -= 1
            raise BalancerUnreachable(self.instances[0], "it would not be opened")
        self.sim.opened = dict(PREPARED)
        return FOUND

    async def close(self, kept: Mapping[str, str]) -> None:
        await self._clock.sleep(LATENCY)
        if self.sim.unopenable > 0:
            self.sim.unopenable -= 1
            raise BalancerUnreachable(self.instances[0], "it would not be closed")
        self.sim.opened = dict(kept or FOUND)

    async def drain(self, member: str, seats: Seats = ()) -> Confirmed:
        def act(line: FakeLine) -> None:
            line.agent = False
            line.set_admin(Admin.DRAINING, self.sim.now, self.sim.manner.lag)

        return await self._set("drain", member, seats, act)

    async def take_out(self, member: str, seats: Seats = ()) -> Confirmed:
        def act(line: FakeLine) -> None:
            line.agent = False
            line.set_admin(Admin.OUT, self.sim.now, self.sim.manner.lag)

        return await self._set("take_out", member, seats, act)

    async def cut(self, member: str, seats: Seats = ()) -> Confirmed:
        def act(line: FakeLine) -> None:
            if self.sim.cuts_help:
                line.flights.clear()

        assert self.sim.manner.cuts
        return await self._set("cut", member, seats, act)

    async def begin_return(self, member: str, seats: Seats = ()) -> Confirmed:
        def act(line: FakeLine) -> None:
            if self.sim.manner.checks_while_out:
                line.set_admin(Admin.OUT, self.sim.now, self.sim.manner.lag)
                return
            if not line.is_checked:
                return
            line.agent = False
            line.set_admin(Admin.DRAINING, self.sim.now, self.sim.manner.lag)
            line.up, line.successes = False, 0
            line.check_at = self.sim.now + self.sim.inter

        return await self._set("begin_return", member, seats, act)

    async def put_back(
        self, member: str, found: Found, share: int = 100, seats: Seats = ()
    ) -> Confirmed:
        def act(line: FakeLine) -> None:
            name = self._name_of(line)
            was = found.at(LineKey(name, line.backend))
            if was is not None:
                is_static = self.sim.is_static or not self.sim.manner.weighs
                if is_static and was.weighing(share) != self.sim.configured[member]:
                    raise WeightRefused(name, "it takes only 0 and 100 %")
                line.weight, line.agent = was.weighing(share), bool(was.keep) and share == 100
            if line.app.changed_once:
                line.dealt.append(Dealt(self.sim.now, line.weight, line.admin is not Admin.READY))
            if line.admin is Admin.OUT and not self.sim.manner.checks_while_out:
                line.up = True
            if line.admin is not Admin.READY:
                line.warm_at = self.sim.now + self.sim.slowstart
            line.set_admin(Admin.READY, self.sim.now, self.sim.manner.lag)

        return await self._set("put_back", member, seats, act)

    async def aclose(self) -> None: ...

    def _name_of(self, line: FakeLine) -> str:
        return next(
            one.name for one in self.sim.instances.values() if line in one.of(line.app.name)
        )

    async def _set(
        self, verb: str, member: str, seats: Seats, act: Callable[[FakeLine], None]
    ) -> Confirmed:
        self.calls.append((verb, member))
        errors: list[BalancerError] = []
        confirmed: dict[str, Incarnation] = {}
        for name in self.instances:
            try:
                one = await self._reach(name)
                self._require(one, member, seats)
            except BalancerError as error:
                errors.append(error)
                continue
            confirmed[name] = one.incarnation
            for line in one.of(member):
                for look in self.watch:
                    look(verb, member, one, line)
                try:
                    act(line)
                except WeightRefused as error:
                    errors.append(error)
                    continue
                line.ours, line.excused, line.foreign, line.quiet_since = True, False, False, None
            if name != self.instances[-1]:
                for call in self.half_way:
                    call()
        if self.sim.reload_after == verb:
            self.sim.reload_after = ""
            self.sim.reload(self.instances[0])
        errors += self._forgotten(confirmed)
        if errors:
            raise errors[0]
        return confirmed

    def _require(self, one: FakeInstance, member: str, seats: Seats) -> None:
        if one.unsettable:
            raise CommandRefused(one.name, "it answered OK, but nothing changed")
        if not one.of(member):
            raise NoSuchMember(one.name, f"no server {member} in any backend")
        for line in one.of(member):
            now, key = self.sim.shown_by(line), LineKey(one.name, line.backend)
            for seat in seats:
                if seat.key == key and (now is None or seat.occupant.id != now.id):
                    why = f"{member} is now {now or 'at no address'}, and was {seat.occupant}"
                    raise CommandRefused(one.name, why)

    def _forgotten(self, confirmed: Confirmed) -> list[BalancerError]:
        """What was set is read back: it is gone where a reload came in between."""
        return [
            BalancerUnreachable(name, "it was reloaded while it was being set")
            for name, one in self.sim.instances.items()
            if name in confirmed and not one.incarnation.is_same(confirmed[name])
        ]

    async def _reach(self, instance: str) -> FakeInstance:
        await self._clock.sleep(LATENCY)
        self.sim.advance(self._clock.now())
        one = self.sim.instances[instance]
        if one.outage == "hangs":
            await self._clock.sleep(HANGS)
            raise BalancerTimeout(instance, "no whole reply within 2s")
        if one.outage == "refuses":
            raise BalancerUnreachable(instance, "connection refused")
        return one


@dataclass
class FakeJob:
    """An execution that outlives the process which began it."""

    key: str
    argv: tuple[str, ...]
    started: timedelta
    ends: timedelta
    result: JobResult
    effect: Callable[[Sim], None] | None = None
    told: bool = False

    def __deepcopy__(self, memo: dict[int, object]) -> "FakeJob":
        return forked(self, memo)


@dataclass
class Script:
    """How a command behaves."""

    takes: timedelta = timedelta(milliseconds=300)
    exit_code: int | None = 0
    timed_out: bool = False
    lost: bool = False
    connections: tuple[str, ...] = ()
    """See `JobResult.connections`."""
    version: str | None = "v2"
    """What runs at the member afterwards; None: what ran before."""


@dataclass
class Workshop:
    """The hosts that commands run on; part of the world."""

    scripts: dict[tuple[str, ...], list[Script]] = field(default_factory=dict)
    """argv → how each execution in turn behaves; the last for all further."""
    takes: timedelta = timedelta(milliseconds=300)
    """How long a step takes where no script tells."""
    jobs: dict[str, FakeJob] = field(default_factory=dict)
    guards: dict[str, list[int]] = field(default_factory=dict)
    """Member → exit codes of `unless` in turn; without one it tells by the version."""
    thinks: timedelta = timedelta(milliseconds=50)
    """How long `unless` takes, and `preflight`."""
    room: dict[str, int] = field(default_factory=dict)
    """Member → what `preflight` prints; negative: nobody answers there. 100 without one."""
    collected: list[tuple[str, ...]] = field(default_factory=list)
    """(member, thing), in their order."""
    asked: dict[str, timedelta] = field(default_factory=dict)
    """Member → when it answered `preflight` last, well enough."""

    def __deepcopy__(self, memo: dict[int, object]) -> "Workshop":
        return forked(self, memo, "jobs", "guards", "scripts", "room", "asked", "collected")

    def runs_of(self, *argv: str) -> list[FakeJob]:
        return [job for job in self.jobs.values() if job.argv == argv]

    def script_for(self, argv: tuple[str, ...]) -> Script:
        scripts = self.scripts.get(argv, [])
        done = len(self.runs_of(*argv))
        if scripts:
            return scripts[min(done, len(scripts) - 1)]
        version = {"rollback": "v1", "revert": "v1", SNAPSHOT: None}.get(argv[0], "v2")
        return Script(self.takes, version=version)


SNAPSHOT = "snapshot"
"""The verb of a command that changes nothing at its member."""

OCCUPANT = "OCCUPANT"
"""In the environment of a command: the id of the one in the member's place that is meant."""


def is_there(sim: Sim, member: str, command: Command) -> bool:
    """Whether the occupant is in its place for which a command was made."""
    meant = command.env.get(OCCUPANT)
    return meant in (None, sim.occupant_of(member).id)


class FakeCommands:
    """Implements `controller.ports.Commands`. An argv is (verb, member, …)."""

    def __init__(self, sim: Sim, workshop: Workshop, clock: Clock) -> None:
        self._sim, self._workshop, self._clock = sim, workshop, clock
        self.watch: list[Callable[[FakeJob], None]] = []
        """Called when an execution starts; joining one is none."""
        self.started: list[Callable[[], None]] = []
        """Called right after."""

    async def run(self, job: Job) -> JobResult:
        now = self._clock.now()
        self._sim.advance(now)
        mine = self._workshop.jobs.get(job.key)
        if mine is None and job.joins:
            return JobResult(lost=True)
        if mine is None:
            mine = self._start(job, now)
        await self._clock.sleep(max(mine.ends - now, timedelta(0)))
        self._sim.advance(self._clock.now())
        return mine.result

    def unstartable(self, command: Command) -> str | None:
        """Every program is there."""

    def _start(self, job: Job, now: timedelta) -> FakeJob:
        argv = job.command.argv
        script = self._workshop.script_for(argv)
        if not is_there(self._sim, argv[1], job.command):
            script = replace(script, takes=STEP, exit_code=9, lost=False, version=None)
        takes = min(script.takes, job.command.timeout)
        is_late = script.timed_out or script.takes > job.command.timeout
        result = JobResult(
            exit_code=None if is_late or script.lost else script.exit_code,
            timed_out=is_late,
            lost=script.lost,
            connections=script.connections,
            output=f"{' '.join(argv)}: {script}",
            seconds=takes.total_seconds(),
        )
        mine = FakeJob(job.key, argv, now, now + takes, result)
        for look in self.watch:
            look(mine)
        self._workshop.jobs[job.key] = mine
        if argv[0] != SNAPSHOT:
            self._sim.change(argv[1])
        if script.version is not None:
            self._sim.plans.append((mine.ends - STEP, _installs(argv[1], script.version)))
        for call in self.started:
            call()
        return mine

    async def run_briefly(self, command: Command) -> JobResult:
        await self._clock.sleep(self._workshop.thinks)
        self._sim.advance(self._clock.now())
        if command.argv[0] == "collect":
            self._workshop.collected.append(command.argv[1:])
            version = self._sim.apps[command.argv[1]].version
            return JobResult(exit_code=0, output=f"it runs {version}\n")
        if command.argv[0] == "preflight":
            return self._preflight(command)
        _, member, wanted = command.argv
        if not is_there(self._sim, member, command):
            return JobResult(exit_code=255, output=f"nobody answers at {command.env[OCCUPANT]}\n")
        if codes := self._workshop.guards.get(member):
            code = codes.pop(0) if len(codes) > 1 else codes[0]
        else:
            code = 0 if self._sim.apps[member].version == wanted else 1
        return JobResult(exit_code=code, output=f"version {self._sim.apps[member].version}\n")

    def _preflight(self, command: Command) -> JobResult:
        member = command.argv[1]
        room = self._workshop.room.get(member, 100)
        if room < 0 or not is_there(self._sim, member, command):
            return JobResult(exit_code=255, output="nobody answers\n")
        if room >= 20:
            self._workshop.asked[member] = self._clock.now()
        return JobResult(exit_code=0, output=f"Avail\n{room}\n")


def _installs(member: str, version: str) -> Callable[[Sim], None]:
    def act(sim: Sim) -> None:
        sim.apps[member].version = version
        if sim.manner.replaces:
            sim.replace(member)

    return act


class FakeValidator:
    """Implements `controller.ports.Validator`. A probe's argv is ("probe", member, version)."""

    def __init__(self, sim: Sim, clock: Clock, faulty: Collection[str] = ()) -> None:
        self._sim, self._clock, self._faulty = sim, clock, faulty
        """`faulty`: versions that never pass."""

    def unusable(self, validation: Validation) -> str | None:
        probe = validation.probe
        return f"no file {probe.ca}" if isinstance(probe, HttpProbe) and probe.ca else None

    async def validate(self, validations: Sequence[Validation]) -> ValidationResult:
        for validation in validations:
            assert isinstance(validation.probe, CommandProbe)
            command = validation.probe.command
            _, member, wanted = command.argv
            deadline = self._clock.now() + validation.within
            while not self._passes(command):
                if self._clock.now() >= deadline:
                    return ValidationResult(False, f"probe {member}: not {wanted} in time")
                await asyncio.sleep(validation.every.total_seconds())
            await self._clock.sleep(timedelta(milliseconds=20))
            if not self._passes(command):
                return ValidationResult(False, f"probe {member}: no longer {wanted}")
            app = self._sim.apps[member]
            app.changed, app.validated = False, app.moved
        return ValidationResult(True, "all passed")

    def _passes(self, command: Command) -> bool:
        """One that was made for a former occupant does not."""
        self._sim.advance(self._clock.now())
        _, member, wanted = command.argv
        app = self._sim.apps[member]
        is_well = app.answers and app.version == wanted and wanted not in self._faulty
        return is_well and is_there(self._sim, member, command)
