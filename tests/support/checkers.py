"""What must hold at every moment of a rollout, checked against the simulated world alone.

Written apart from the code under test: nothing here asks the rollout's state what is true, only
what it claims.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil

from controller.core.events import (
    Event,
    Halted,
    InstanceRestarted,
    Intended,
    Looked,
    LookFailed,
    MemberKept,
    Observation,
    ResumeRequested,
    RollbackBegan,
    RunBegan,
)
from controller.core.gates.gate import CounterGate, Scope
from controller.core.outcome import Outcome
from controller.core.phases import IN_PROGRESS, UPGRADED, Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Admin, Instant, LineKey
from controller.core.settings import OnTimeout
from controller.core.state.state import State
from controller.core.steps import AskGuard, RunStep, Validate
from tests.support.fakes import FakeJob, Workshop
from tests.support.memory_journal import MemoryHold
from tests.support.sim import STEP, FakeInstance, FakeLine, Sim, forked

ZERO = timedelta(0)
APART = timedelta(milliseconds=20) - STEP
"""S3: two looks lie so far apart, which a pool that moves in steps shows to within one."""
NOTICED = timedelta(seconds=1)
NEWS = timedelta(milliseconds=700)
"""A loss of a partner so recent may not have been seen before a take-out."""
FIRST_LOOK = timedelta(seconds=5)
"""A pool gate that counts watches so long, or its window, before the first member goes."""
MANY, OFTEN = 6, 0.3
"""So many failed requests, and so great a share, no gate of the simulation takes for noise."""
MUST_STAY = IN_PROGRESS - {Phase.DUE, Phase.UPGRADING}
"""Phases in which nothing else may come to the place of a member."""
AT_ONCE = timedelta(milliseconds=50)
"""What was written is begun so soon."""
ANSWERED = timedelta(minutes=1, seconds=5)
"""So old may the answer of a member be that is taken out."""
SEEN = timedelta(seconds=2)
"""S3: a look may be so old when a step starts."""


@dataclass
class Ledger:
    """What checkers remember; part of the world, for it spans crashes."""

    broken: list[str] = field(default_factory=list)
    original: dict[tuple[str, str, str], tuple[Admin, int, bool]] = field(default_factory=dict)
    is_halted: bool = False
    decided_at: Instant = -timedelta(hours=1)
    """When the operator last decided to go on, or the way back began."""
    began_at: Instant = -timedelta(hours=1)
    """When the process that runs now began."""
    fought: dict[str, int] = field(default_factory=dict)
    served: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Member → errors and requests in its version, when the halt began to be watched."""

    moved: dict[str, Instant] = field(default_factory=dict)
    """Member → when something else came to its place, which must stop the rollout."""
    moves_seen: int = 0

    def __deepcopy__(self, memo: dict[int, object]) -> "Ledger":
        return forked(self, memo)

    def recall(self, kinds: Sequence[str]) -> None:
        """What a process that takes over finds in the journal."""
        self.is_halted = False
        for kind in kinds:
            if kind in ("Halted", "RollbackBegan", "ResumeRequested"):
                self.is_halted = kind == "Halted"

    def remember(self, sim: Sim) -> None:
        for one, line in sim.every_line():
            key = (one.name, line.backend, line.app.name)
            self.original[key] = (line.admin, line.weight, line.agent)


class Checkers:
    """A Narrator; and the watcher of the fakes."""

    def __init__(
        self,
        sim: Sim,
        workshop: Workshop,
        ledger: Ledger,
        plan: Plan,
        hold: MemoryHold,
        stuck_since: Callable[[], Instant | None] = lambda: None,
    ) -> None:
        """`stuck_since`: since when the journal takes nothing."""
        self._sim, self._workshop, self._ledger, self._plan = sim, workshop, ledger, plan
        self._hold = hold
        self._stuck_since = stuck_since
        self._claims: State | None = None

    def tell(self, event: Event | Observation, before: State, after: State) -> None:
        self._claims = after
        self._few_are_out()
        self._notes_moves(before, after)
        match event:
            case Halted():
                self._ledger.is_halted = True
                self._ledger.served = self._served()
            case RollbackBegan() | ResumeRequested():
                self._ledger.is_halted = False
                self._ledger.decided_at = self._sim.now
            case RunBegan():
                self._ledger.began_at = self._sim.now
                self._ledger.served = self._served()
            case MemberKept(member):
                self._does_not_fail(member)
            case Intended(RunStep() | AskGuard() | Validate() as step):
                self._is_for_somebody(step, before)
            case InstanceRestarted(instance):
                self._noticed_soon(self._sim.instances[instance])
            case Looked() | LookFailed():
                pass
            case _:
                pass

    def _break(self, promise: str, what: str) -> None:
        self._ledger.broken.append(f"{promise} at {self._sim.now.total_seconds():.3f}s: {what}")

    # --- S10 ---------------------------------------------------------------------------------

    def _is_ours(self, what: str) -> None:
        """Nothing is touched once the lock is lost: another run may hold it."""
        if self._hold.why is not None:
            self._break("S10", f"{what} without the lock")

    # --- S7 ----------------------------------------------------------------------------------

    def _is_written(self, what: str) -> None:
        """While the journal takes nothing, nothing is begun that has to be written first."""
        since = self._stuck_since()
        if since is not None and self._sim.now - since > AT_ONCE:
            self._break("S7", f"{what}, and the journal has taken nothing since {since}")

    # --- S6 ----------------------------------------------------------------------------------

    def _served(self) -> dict[str, tuple[int, int]]:
        return {
            name: (app.errors.get(app.version, 0), app.requests.get(app.version, 0))
            for name, app in self._sim.apps.items()
        }

    def _does_not_fail(self, member: str) -> None:
        """Who stays in rotation after a halt has not failed under the eyes of its own gate, or the
        floor forbids to take it out (S2), or it is not ours alone."""
        state, lines = self._claims, list(self._sim.every_line(member))
        is_judged = state is not None and any(
            isinstance(gate, CounterGate)
            and gate.scope is Scope.MEMBER
            and gate.failures == 1
            and (state.run is None or gate.name not in state.run.overrides)
            for gate in self._plan.policies.gates
        )
        is_seen = all(one.outage is None for one in self._sim.instances.values())
        if not (is_judged and is_seen) or any(line.foreign for _, line in lines):
            return
        before = self._ledger.served.get(member, (0, 0))
        errors, requests = (
            now - was for now, was in zip(self._served()[member], before, strict=True)
        )
        has_room = all(
            self._sim.serving(one, line.backend, without=member) >= self._plan.min_available
            for one, line in lines
        )
        if errors >= MANY and errors >= requests * OFTEN and has_room:
            self._break("S6", f"{member} stays, and {errors} of {requests} failed since the halt")

    # --- S1 ----------------------------------------------------------------------------------

    def _few_are_out(self, *also: str) -> None:
        out = {
            line.app.name
            for _, line in self._sim.every_line()
            if line.ours and line.admin is not Admin.READY
        } | set(also)
        if len(out) > self._plan.max_unavailable:
            self._break("S1", f"out because of us: {sorted(out)}")

    # --- when a balancer is told something ---------------------------------------------------

    def on_setting(self, verb: str, member: str, instance: FakeInstance, line: FakeLine) -> None:
        self._is_ours(f"{verb} {member}")
        if verb not in ("take_out", "put_back"):  # these lower the risk
            self._is_written(f"{verb} {member}")
        takes_away = verb in ("drain", "take_out", "begin_return")
        if takes_away:
            self._few_are_out(member)
            self._enough_stay(verb, member, instance, line)
        if verb == "drain":
            self._may_begin(member)
            self._has_answered(member)
        if verb == "take_out":
            self._cuts_nobody(member, line)
        self._fights_nobody(verb, line)

    def _enough_stay(self, verb: str, member: str, instance: FakeInstance, line: FakeLine) -> None:
        is_news = self._sim.now - self._sim.health_changed_at < NEWS
        if not line.serves or line.excused or line.app.changed or is_news:
            return
        left = self._sim.serving(instance, line.backend, without=member)
        if left < self._plan.min_available:
            self._break("S2", f"{verb} {member}: {left} serve {line.backend} at {instance.name}")

    def _cuts_nobody(self, member: str, line: FakeLine) -> None:
        """Sessions end by themselves, unless the operator says that they may be cut."""
        is_halt = self._plan.policies.drain.on_timeout is OnTimeout.HALT
        is_first = not line.app.changed_once
        if self._sim.manner.out_cuts and is_halt and is_first and not line.is_quiet(self._sim.now):
            self._break("S3", f"sessions of {member} are cut by taking it out")

    def _may_begin(self, member: str) -> None:
        if self._ledger.is_halted:
            self._break("S6", f"drain {member} after a halt")
        state = self._claims
        is_next = not any(
            line.ours and line.admin is not Admin.READY for _, line in self._sim.every_line(member)
        )
        if state is None or state.run is None or state.rollback_began or not is_next:
            return
        for gate in self._plan.policies.gates:
            last = state.gate(gate.name, None)
            overridden = gate.name in state.run.overrides or gate.then == "pass"
            if (
                gate.scope is Scope.POOL
                and not overridden
                and (last is None or last.verdict != "pass")
            ):
                self._break("S5", f"drain {member} while {gate.name} says {last}")
            watched = self._sim.now - self._ledger.began_at
            if not isinstance(gate, CounterGate) or gate.scope is not Scope.POOL:
                continue
            if not overridden and watched < min(gate.window, FIRST_LOOK):
                self._break("S5", f"drain {member}, and {gate.name} has watched for {watched}")

    def _has_answered(self, member: str) -> None:
        """`preflight` held a moment before it is taken out."""
        state, at = self._claims, self._workshop.asked.get(member)
        is_back = state is not None and state.rollback_began
        is_first = not self._sim.apps[member].changed_once
        if not self._plan.upgrade.has_questions or is_back or not is_first:
            return
        is_recent = at is not None and self._sim.now - at <= ANSWERED
        if not is_recent or self._workshop.room.get(member, 100) < 0:
            self._break("S3", f"drain {member}, which answered `preflight` at {at}")

    def _fights_nobody(self, verb: str, line: FakeLine) -> None:
        is_news = self._sim.now - line.disturbed_at < NEWS
        if not line.foreign or line.admin is not Admin.READY or verb == "put_back" or is_news:
            return
        name = line.app.name
        self._ledger.fought[name] = self._ledger.fought.get(name, 0) + 1
        lines = sum(1 for _ in self._sim.every_line(name))
        if not line.app.changed or verb != "take_out" or self._ledger.fought[name] > lines:
            self._break("S14", f"{verb} {name}, which another hand had put in rotation")

    def _notes_moves(self, before: State, after: State) -> None:
        """Who is in the place of a member changes while its steps run, or before it was touched;
        else all stops within the time in which it has to be noticed."""
        ledger = self._ledger
        for at, member in self._sim.moves[ledger.moves_seen :]:
            ledger.moves_seen += 1
            if before.members[member].phase in MUST_STAY:
                ledger.moved[member] = at
        is_over = after.is_winding_down or after.rollback_began or after.finished is not None
        if is_over or any(one.outage is not None for one in self._sim.instances.values()):
            ledger.moved.clear()
        for member, at in list(ledger.moved.items()):
            if self._sim.now - max(at, ledger.began_at) > NOTICED:
                del ledger.moved[member]
                self._break("S14", f"{member} was replaced at {at}, and all goes on")

    # --- when an execution starts ------------------------------------------------------------

    def on_job(self, job: FakeJob) -> None:
        self._is_ours(f"{job.key} starts")
        self._is_written(f"{job.key} starts")
        member = job.argv[1]
        self._is_its_machine(job, member)
        for instance, line in self._sim.every_line(member):
            since, out_since = line.quiet_since, line.out_since
            settle = max(self._plan.settle, self._sim.manner.settle)
            if self._sim.now - line.disturbed_at < SEEN:
                continue
            if line.admin is not Admin.OUT:
                self._break("S3", f"{job.key} starts, and {member} is {line.admin}")
            elif since is None or self._sim.now - since < APART:
                self._break("S3", f"{job.key} starts, quiet since {since} at {instance.name}")
            elif out_since is None or self._sim.now - out_since < settle:
                self._break("S3", f"{job.key} starts, out since {out_since} at {instance.name}")
            self._old_ones_are_gone(job, instance)
        self._nobody_comes(job)
        self._nobody_is_turned_away(job)
        self._not_twice(job)

    def _is_its_machine(self, job: FakeJob, member: str) -> None:
        """Once two names have changed their machines, no step runs for either unless the operator
        decided so; and never on a machine that users reach under another name."""
        at = self._sim.swapped.get(member, ZERO)
        if at > max(self._ledger.decided_at, ZERO) and self._sim.now - at > NEWS:
            self._break("S14", f"{job.key} starts on the machine of another member")
        here = self._sim.occupant_of(member)
        for one, line in self._sim.every_line():
            name = line.app.name
            is_same = self._sim.occupant_of(name, line.moved).id == here.id
            if name != member and is_same and line.serves:
                self._break("S3", f"{job.key} starts, and {one.name} sends users there as {name}")

    def _nobody_is_turned_away(self, job: FakeJob) -> None:
        """Unless the operator knows: see `State.bears_quiet`."""
        is_known = self._claims is not None and self._claims.bears_quiet
        if self._sim.tells_rates and self._sim.turned_away_since is not None and not is_known:
            self._break("USERS", f"{job.key} starts, and users are turned away")

    def _nobody_comes(self, job: FakeJob) -> None:
        """Whoever came all along while it drained comes still."""
        traffic, now = self._sim.traffic, self._sim.now
        if traffic.persists and traffic.sticky.get(job.argv[1], now) > now:
            self._break("S3", f"{job.key} starts, and clients reach {job.argv[1]}")

    def _old_ones_are_gone(self, job: FakeJob, instance: FakeInstance) -> None:
        patience = self._plan.policies.drain.timeout
        for old in instance.old:
            waited = self._sim.now - (instance.replaced_at or timedelta(0))
            may_go_on = not instance.shows_old and waited >= patience
            if any(end > self._sim.now for end in old.flights.get(job.argv[1], ())) and (
                not may_go_on
            ):
                self._break("S9", f"{job.key} starts, an old worker still serves {job.argv[1]}")

    def _not_twice(self, job: FakeJob) -> None:
        for other in self._workshop.jobs.values():
            if other.argv[1] == job.argv[1] and other.ends > job.started:
                self._break("S7", f"{job.key} starts while {other.key} runs")
            ended_well = other.argv == job.argv and other.result.exit_code == 0
            if ended_well and not self._is_undone(other):
                self._break("S7", f"{job.key} repeats {other.key}")

    def _is_undone(self, job: FakeJob) -> bool:
        """What it did is gone: the other way was taken since, or its member has another version,
        or another one is in the place. A decision of the operator alone undoes nothing."""
        member = job.argv[1]
        is_undone = any(
            one.argv[:2] != job.argv[:2] and one.argv[1] == member and one.started > job.started
            for one in self._workshop.jobs.values()
        )
        version = "v2" if job.argv[0] == "upgrade" else "v1"
        is_undone = is_undone or self._sim.apps[member].version != version
        has_moved = any(who == member and at > job.started for at, who in self._sim.moves)
        return is_undone or has_moved

    # --- S9 ----------------------------------------------------------------------------------

    def _noticed_soon(self, instance: FakeInstance) -> None:
        replaced = max(instance.replaced_at or timedelta(0), self._ledger.began_at)
        if instance.outage is None and self._sim.now - replaced > NOTICED:
            self._break("S9", f"the reload of {instance.name} was noticed late")

    # --- a name is a machine -------------------------------------------------------------------

    def _is_for_somebody(self, step: RunStep | AskGuard | Validate, before: State) -> None:
        """What is begun names who it is for, line by line, where a load balancer tells: else it
        could be begun on whoever comes there. What may run still is only joined."""
        member, named = step.member, {seat.key for seat in step.seats}
        if before.members[member].progress.unfinished:
            return
        told = {
            LineKey(instance, seen.line.backend)
            for instance, seen in before.lines_of(member)
            if seen.line.occupant is not None
        }
        shown = [
            instance.name
            for instance, line in self._sim.every_line(member)
            if instance.outage is None and self._sim.shown_by(line) is not None
        ]
        if told - named or (shown and not named):
            self._break("S14", f"{step} is begun, and {sorted(shown)} show who is there")

    def _is_who_was_done(self, state: State, line: FakeLine) -> None:
        """What is called done is what was upgraded, unless it changed just before the end."""
        plan, member, end = self._plan, line.app.name, state.finished
        m = state.members.get(member)
        brings_them = plan.joins or not plan.holds_out or not plan.upgrade.steps
        if m is None or m.phase not in UPGRADED or brings_them or end is None:
            return
        jobs = [one.ends for one in self._workshop.jobs.values() if one.argv[1] == member]
        moves = [at for at, who in self._sim.moves if who == member]
        last = max(jobs, default=ZERO)
        since = [at for at in moves if at > last and self._sim.now - at > NOTICED]
        if end.outcome is Outcome.DONE and since:
            self._break("S14", f"{member} is called done, and is another one since {since[0]}")

    # --- the ramp ----------------------------------------------------------------------------

    def _climbs_slowly(self, line: FakeLine, full: int) -> None:
        """Never more than a step's share before its hold is over. What was put back at the full
        weight because the balancer takes no other is right."""
        policy = self._plan.policies.comeback
        if not policy.ramp or self._sim.is_static:
            return
        steps = sorted({max(1, ceil(share * full / 100)) for share in policy.ramp} | {full})
        since: dict[int, Instant] = {}
        for put in line.dealt:
            if put.is_first:
                since = {}
            if put.weight not in steps:
                self._break("ramp", f"{line.app.name} is put back at weight {put.weight}")
                continue
            before = steps[steps.index(put.weight) - 1] if put.weight != steps[0] else None
            if before is not None and put.weight not in since:
                held = put.at - since.get(before, put.at)
                if before not in since or held < policy.hold:
                    what = f"{line.app.name} got weight {put.weight} after {held} at {before}"
                    self._break("ramp", what)
            if put.weight not in since:
                since[put.weight] = put.at
            if put.weight == steps[0]:
                since = {put.weight: since[put.weight]}

    # --- at the end --------------------------------------------------------------------------

    def at_end(self, state: State) -> list[str]:
        """Everything that was broken, and what is not as it was found (S8)."""
        self._ledger.broken += [f"S4 {what}" for what in self._sim.met]
        for instance, line in self._sim.every_line():
            self._is_who_was_done(state, line)
            self._climbs_slowly(
                line, self._ledger.original[instance.name, line.backend, line.app.name][1]
            )
            m = state.members.get(line.app.name)
            if m is not None and (m.is_away or m.is_in_progress or line.foreign):
                continue
            if m is not None and m.phase == "kept":
                continue
            original = self._ledger.original[instance.name, line.backend, line.app.name]
            if (line.admin, line.weight, line.agent) != original:
                self._break("S8", f"{line.app.name} was {original}, is {line}")
        return self._ledger.broken
