"""A small simulation of a pool: load balancers, the members behind them, and their users.

It moves in steps of virtual time whenever somebody looks or sets, holds no task and no callback
of a loop, and can be copied at any moment. What is in here is the truth that checkers go by.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TypeVar

from controller.core.pool import (
    Admin,
    Check,
    Counters,
    Health,
    Incarnation,
    Instant,
    Line,
    Occupant,
)
from tests.core.gates.slow import Averaged

T = TypeVar("T")

STEP = timedelta(milliseconds=10)
ZERO = timedelta(0)
OUT, READY = Admin.OUT, Admin.READY

Count = tuple[int, int]
"""Errors and requests, as `Counters` has them: millions of these are made."""
NONE: Count = (0, 0)


def forked(one: T, memo: dict[int, object], *deep: str) -> T:
    """A copy whose lists, sets and dictionaries are its own; what is in them, and in all else,
    never changes, except in the fields named by `deep`. Keys never do. Thousands of worlds are
    copied: hence without `copy.copy`, which takes four times as long."""
    kind = one.__class__
    other = memo[id(one)] = kind.__new__(kind)
    fields = vars(other)
    for name, value in vars(one).items():
        if name not in deep:
            fields[name] = value.copy() if isinstance(value, list | dict | set) else value
        elif isinstance(value, dict):
            fields[name] = {key: copy.deepcopy(each, memo) for key, each in value.items()}
        else:
            fields[name] = copy.deepcopy(value, memo)
    return other


@dataclass(frozen=True)
class Manner:
    """How a kind of load balancer behaves."""

    counts: bool = True
    """Requests, errors, sessions and what is in flight; otherwise all of these are unknown."""
    checks_while_out: bool = False
    """Its health check never stops, and begins nothing when a member is to return."""
    lag: timedelta = ZERO
    """How long users still reach a member after it was set out of rotation."""
    replaces: bool = False
    """An upgrade puts another occupant in the place, whose health begins as failing."""
    spread: timedelta = ZERO
    """How much later each further load balancer shows the new occupant."""
    weighs: bool = True
    """Takes weights between none and all."""
    cuts: bool = True
    out_cuts: bool = False
    """To set a member out ends its sessions."""

    @property
    def settle(self) -> timedelta:
        """After that time out of rotation the last request has ended."""
        return ZERO if self.counts else self.lag + 10 * STEP


CLASSIC = Manner()
"""Like a proxy that counts all it does, and whose servers stay where they are."""

PLACES = Manner(
    counts=False,
    checks_while_out=True,
    lag=timedelta(milliseconds=100),
    replaces=True,
    spread=timedelta(milliseconds=60),
    weighs=False,
    cuts=False,
)
"""Like a balancer of pods: members are places, each upgrade brings another occupant."""


History = list[tuple[Instant, bool]]
"""When each request came, and whether it failed. Its entries never change."""


@dataclass
class App:
    """What runs at a member. Upgrades change `version`; `answers` is what checks go by."""

    name: str
    version: str = "v1"
    answers: bool = True
    takes: timedelta = timedelta(milliseconds=10)
    """How long a request is in flight."""
    changed: bool = False
    """An upgrade or rollback began, and not all validations have passed since."""
    changed_once: bool = False
    moved: int = 0
    """How often something else came to its place."""
    validated: int = 0
    """`moved` of the occupant that passed its validations last."""
    requests: dict[str, int] = field(default_factory=dict)
    """Version → requests served, well or not."""
    errors: dict[str, int] = field(default_factory=dict)
    history: History = field(default_factory=list)

    def __deepcopy__(self, memo: dict[int, object]) -> "App":
        return forked(self, memo)


@dataclass(frozen=True)
class Dealt:
    """A weight at which a line was put back, once its member had been changed."""

    at: Instant
    weight: int
    is_first: bool
    """It was out of rotation before."""


@dataclass
class FakeLine:
    """One member in one backend of one worker."""

    backend: str
    app: App
    weight: int
    admin: Admin = Admin.READY
    agent: bool = False
    is_checked: bool = True
    up: bool = True
    successes: int = 0
    failures: int = 0
    check_at: Instant = ZERO
    flights: list[Instant] = field(default_factory=list)
    queued: int = 0
    arrivals: int = 0
    counted: Count = NONE
    ours: bool = False
    """We were the last to set it."""
    proven: bool = True
    """The balancer's check has passed since the member was last changed."""
    quiet_since: Instant | None = None
    """Since when it has been out with nothing in flight."""
    excused: bool = False
    """Users meet it because of a reload or another hand, not because of us."""
    foreign: bool = False
    """Somebody else was the last to set it."""
    warm_at: Instant = ZERO
    dealt: list[Dealt] = field(default_factory=list)
    disturbed_at: Instant = -timedelta(hours=1)
    """When a reload or another hand changed it last."""
    moved: int = 0
    """`App.moved` of the occupant that this line leads to."""
    out_since: Instant | None = None
    """Since when it has been set out."""
    reached_until: Instant = ZERO
    """Until then users reach it although it was set out."""
    is_hidden: bool = False
    """It shows no address: its name is not resolved at the moment."""
    unresolved: bool = False
    """Its name has no address: nothing reaches it."""
    disabled: bool = False
    """By the configuration."""
    excused_late: bool = False
    """The same as `excused`, for users who reach it so late."""
    timed: Averaged = field(default_factory=Averaged)

    def __deepcopy__(self, memo: dict[int, object]) -> "FakeLine":
        return forked(self, memo, "app", "timed")

    @property
    def serves(self) -> bool:
        return self.admin is READY and self.weight > 0 and self.up and not self.unresolved

    def is_reached(self, now: Instant) -> bool:
        return self.serves or now < self.reached_until

    def set_admin(self, admin: Admin, now: Instant, lag: timedelta) -> None:
        if admin not in (Admin.READY, self.admin) and self.is_reached(now):
            self.reached_until, self.excused_late = now + lag, self.excused
        if admin is not Admin.OUT:
            self.out_since = None
        elif self.admin is not Admin.OUT or self.out_since is None:
            self.out_since = now
        self.admin = admin

    def is_quiet(self, now: Instant) -> bool:
        self.flights = [end for end in self.flights if end > now]
        return not self.flights and not self.queued


@dataclass
class Former:
    """A replaced incarnation, which ends what it has in flight."""

    incarnation: Incarnation
    flights: dict[str, list[Instant]]


@dataclass
class FakeInstance:
    """One load balancer. `outage`: None, "refuses" or "hangs"."""

    name: str
    incarnation: Incarnation
    lines: dict[tuple[str, str], FakeLine]
    outage: str | None = None
    shows_old: bool = True
    """Whether former workers can be seen (not through a TCP endpoint)."""
    old: list[Former] = field(default_factory=list)
    replaced_at: Instant | None = None
    backends: dict[str, Count] = field(default_factory=dict)
    front: Count = NONE
    """What users asked of it, turned away or not."""
    counts: bool = True
    """See `Manner.counts`: of this one alone."""
    unsettable: bool = False
    """Answers looks, and refuses to be told anything."""

    def __deepcopy__(self, memo: dict[int, object]) -> "FakeInstance":
        return forked(self, memo, "lines", "old")

    def of(self, member: str) -> list[FakeLine]:
        return [line for line in self.lines.values() if line.app.name == member]

    def by_backend(self) -> list[tuple[str, list[FakeLine]]]:
        """In the order of their names."""
        lines = [*self.lines.values()]
        names = sorted({line.backend for line in lines})
        if len(names) == 1:
            return [(names[0], lines)]
        return [(name, [line for line in lines if line.backend == name]) for name in names]


@dataclass
class Traffic:
    """Who comes. Requests are dealt to the serving lines of each backend in turn."""

    gap: timedelta = timedelta(milliseconds=20)
    fails: Callable[[App, int], bool] = lambda app, number: False
    """(member, how many it served in this version) → whether this request fails."""
    times: Callable[[App, int], float] | None = None
    """The same → how many milliseconds it takes, as the load balancer measures that; None: it does
    not."""
    sticky: dict[str, Instant] = field(default_factory=dict)
    """Members with a client that holds their cookie → until when it comes."""
    persists: bool = False
    """That client comes also while its member is out."""
    stops_at: Instant = timedelta.max
    turned_away_below: int = 0
    """Where fewer members serve, users are turned away, with an error or without."""
    turned_away_well: bool = True
    pin: Callable[[str, int], str | None] = lambda member, number: member
    """(member, how many requests of ours were pinned to it) → where the next one arrives; None: the
    load balancer answers it itself."""
    leaves_after: timedelta | None = None
    """So long after the first was turned away users no longer come to that load balancer."""


@dataclass
class Sim:
    """All of it. `advance` brings it up to a moment; everything else acts at that moment."""

    apps: dict[str, App]
    instances: dict[str, FakeInstance]
    traffic: Traffic = field(default_factory=Traffic)
    manner: Manner = CLASSIC
    inter: timedelta = timedelta(milliseconds=50)
    rise: int = 2
    fall: int = 2
    slowstart: timedelta = ZERO
    now: Instant = ZERO
    configured: dict[str, int] = field(default_factory=dict)
    """Member → weight in the configuration file, which a reload brings back."""
    plans: list[tuple[Instant, Callable[["Sim"], None]]] = field(default_factory=list)
    """What will happen, at which moment."""
    dealt: int = 0
    cuts_help: bool = True
    is_static: bool = False
    """Every balancer takes only none and all of a weight."""
    opened: dict[str, str] = field(default_factory=lambda: {"partition": "0"})
    """The pool as a whole: what `open` changes, and `close` puts back."""
    unopenable: int = 0
    """So many more times it is not opened, nor closed."""
    reload_after: str = ""
    """A reload comes right after the first setting of this kind."""
    health_changed_at: Instant = -timedelta(hours=1)
    turned_away: int = 0
    turned_away_since: Instant | None = None
    tells_rates: bool = False
    """Shows the rate of each backend, and its frontend."""
    excuses_for: timedelta | None = None
    """So long a reload excuses that users meet whom it put back; None: for ever."""
    met: list[str] = field(default_factory=list)
    """Requests that reached a member that no user should have met."""
    next_pid: int = 1000
    moves: list[tuple[Instant, str]] = field(default_factory=list)
    """When something else came to whose place without us."""
    homes: dict[str, str] = field(default_factory=dict)
    """Name → the name that its machine had at first, where that was another one."""
    swapped: dict[str, Instant] = field(default_factory=dict)
    """Name → when it came to mean the machine of another member."""

    def __deepcopy__(self, memo: dict[int, object]) -> "Sim":
        return forked(self, memo, "apps", "instances", "traffic")

    @property
    def rate(self) -> int:
        """Requests per second to one backend of one load balancer."""
        return round(timedelta(seconds=1) / self.traffic.gap)

    def advance(self, now: Instant) -> None:
        traffic, instances = self.traffic, self.instances.values()
        while (moment := self.now + STEP) <= now:
            self.now = moment
            for due in [one for one in self.plans if one[0] <= moment] if self.plans else ():
                self.plans.remove(due)
                due[1](self)
            users_come = moment <= traffic.stops_at and moment % traffic.gap < STEP
            for instance in instances:
                self._check(instance)
                if users_come:
                    self._serve(instance)

    def every_line(self, member: str | None = None) -> Iterator[tuple[FakeInstance, FakeLine]]:
        for instance in self.instances.values():
            for line in instance.lines.values():
                if member in (None, line.app.name):
                    yield instance, line

    # --- what happens ------------------------------------------------------------------------

    def reload(self, name: str, kept: Mapping[str, Admin] | None = None) -> None:
        """A new worker with the configured state; the old one ends what it has in flight. `kept`:
        member → state that a file of former states restores."""
        instance = self.instances[name]
        flights = {
            line.app.name: [end for end in line.flights if end > self.now]
            for line in instance.lines.values()
        }
        instance.old.append(Former(instance.incarnation, flights))
        self.next_pid += 1
        instance.incarnation = Incarnation(
            str(self.next_pid), int(self.now.total_seconds()) + 1_000_000
        )
        instance.replaced_at = self.now
        instance.lines = {
            key: FakeLine(
                line.backend,
                line.app,
                self.configured.get(line.app.name, 100),
                proven=line.proven,
                excused=True,
                disturbed_at=self.now,
                admin=(kept or {}).get(line.app.name, Admin.READY),
                up=line.up or not self.manner.checks_while_out,
                moved=line.moved,
            )
            for key, line in instance.lines.items()
        }
        instance.backends, instance.front = {}, NONE
        if self.excuses_for is not None:
            at = self.now
            self.plans.append((at + self.excuses_for, lambda sim: sim._excuse_no_more(name, at)))

    def _excuse_no_more(self, name: str, reloaded_at: Instant) -> None:
        for line in self.instances[name].lines.values():
            line.excused = line.excused and line.disturbed_at != reloaded_at

    def foreign(self, member: str, admin: Admin, instance: str | None = None) -> None:
        """Somebody else sets a member, at one instance or at all."""
        for one, line in self.every_line(member):
            if instance in (None, one.name) and line.admin is not admin:
                line.set_admin(admin, self.now, self.manner.lag)
                line.ours, line.foreign, line.disturbed_at = False, True, self.now
                line.excused = admin is Admin.READY
                line.quiet_since = None

    def move(self, member: str, instance: str | None = None) -> None:
        """Something else comes to the place of a member without us; `instance`: that one alone
        shows it."""
        self.moves.append((self.now, member))
        self.apps[member].moved += 1
        for one, line in self.every_line(member):
            if instance in (None, one.name):
                line.excused = line.excused or line.admin is Admin.READY
                self._led(line)

    def move_on(self, member: str, instance: str) -> None:
        """A load balancer that still showed the former occupant shows the present one."""
        for line in self.instances[instance].of(member):
            line.excused = line.excused or line.admin is Admin.READY
            self._led(line)

    def swap(self, one: str, other: str) -> None:
        """Two names change their machines at every load balancer, as after a reload from a template
        in another order."""
        home, others = self.homes.get(one, one), self.homes.get(other, other)
        self.homes |= {one: others, other: home}
        self.swapped |= {one: self.now, other: self.now}
        here, there = self.apps[one], self.apps[other]
        here.version, there.version = there.version, here.version
        here.changed_once = there.changed_once = here.changed_once or there.changed_once
        for name in (one, other):
            for _, line in self.every_line(name):
                line.excused = line.excused or line.admin is Admin.READY

    def same(self, member: str, other: str) -> None:
        """A name comes to mean the machine that another one means, too."""
        self.homes[member] = self.homes.get(other, other)

    def hide(self, member: str, *, hidden: bool = True, instance: str | None = None) -> None:
        """Load balancers show no address of it for a time."""
        for one, line in self.every_line(member):
            if instance in (None, one.name):
                line.is_hidden = hidden

    def replace(self, member: str) -> None:
        """An upgrade puts another occupant in the place; each load balancer shows it in turn."""
        app = self.apps[member]
        app.moved += 1
        first, *others = self.instances
        _shows(self, first, member)
        for number, name in enumerate(others, 1):
            after = self.now + number * self.manner.spread
            self.plans.append((after, partial(_shows, instance=name, member=member)))

    def _led(self, line: FakeLine) -> None:
        """A line leads to the present occupant from now on."""
        if line.moved == line.app.moved:
            return
        line.moved, line.proven = line.app.moved, False
        if self.manner.checks_while_out and line.is_checked:
            line.up, line.successes = False, 0
            self.health_changed_at = self.now

    def lose_name(self, member: str, instance: str | None = None) -> None:
        """Its name has no address any more; `instance`: for that one alone."""
        for one, line in self.every_line(member):
            line.unresolved = line.unresolved or instance in (None, one.name)

    def find_name(self, member: str) -> None:
        """Its name has its address again: where it is not set out, it counts as healthy at once,
        checked or not."""
        for _, line in self.every_line(member):
            if line.unresolved:
                line.unresolved, line.up, line.successes = False, True, 0

    def leave(self, member: str) -> None:
        """Its place is gone, at every load balancer."""
        for instance in self.instances.values():
            for key in [key for key, line in instance.lines.items() if line.app.name == member]:
                del instance.lines[key]

    def join(self, member: str, admin: Admin = Admin.READY, version: str = "v1") -> None:
        """A new member comes to every load balancer; one that is out came so because of us."""
        is_ours = admin is not Admin.READY
        self.apps[member] = App(member, version, changed=is_ours, changed_once=is_ours)
        for instance in self.instances.values():
            for backend in {line.backend for line in instance.lines.values()}:
                line = FakeLine(backend, self.apps[member], 100, admin, ours=is_ours)
                line.proven = not is_ours
                instance.lines[backend, member] = line

    def change(self, member: str) -> None:
        """An upgrade or rollback begins at a member."""
        app = self.apps[member]
        app.changed = app.changed_once = True
        for _, line in self.every_line(member):
            line.proven = False
            line.successes = 0

    def set_answers(self, member: str, answers: bool) -> None:
        self.apps[member].answers = answers

    def down(self, member: str) -> None:
        """Dead, and every balancer has noticed."""
        self.set_answers(member, False)
        self.health_changed_at = self.now
        for _, line in self.every_line(member):
            line.up = False

    # --- the laws ----------------------------------------------------------------------------

    def _check(self, instance: FakeInstance) -> None:
        now, never_pauses = self.now, self.manner.checks_while_out
        for line in instance.lines.values():
            line.queued = 0
            is_paused = line.unresolved
            if line.admin is not OUT:
                line.quiet_since = None
            else:
                is_paused = is_paused or not never_pauses
                if not line.is_quiet(now):
                    line.quiet_since = None
                elif line.quiet_since is None:
                    line.quiet_since = now
            if is_paused or line.check_at > now:
                continue
            line.check_at = now + self.inter
            if line.is_checked:
                self._checked(line)
        for old in instance.old:
            old.flights = {
                name: still
                for name, ends in old.flights.items()
                if (still := [end for end in ends if end > now])
            }

    def _checked(self, line: FakeLine) -> None:
        was = line.up
        if line.app.answers:
            line.successes, line.failures = line.successes + 1, 0
            if line.successes >= self.rise:
                line.up = line.proven = True
        else:
            line.successes, line.failures = 0, line.failures + 1
            if line.failures >= self.fall:
                line.up = False
        if line.up is not was:
            self.health_changed_at = self.now

    def _serve(self, instance: FakeInstance) -> None:
        now, sticky = self.now, self.traffic.sticky
        for backend, lines in instance.by_backend():
            reached = [
                one
                for one in lines
                if (one.admin is READY and one.up and one.weight > 0 and not one.unresolved)
                or now < one.reached_until
            ]
            self.dealt += 1
            if self._is_turned_away(instance, backend):
                continue
            errors, total = instance.front
            instance.front = errors, total + 1
            if reached:
                self._request(instance, reached[self.dealt % len(reached)])
            else:
                errors, total = instance.backends.get(backend, NONE)
                instance.backends[backend] = errors + 1, total + 1
            for line in lines if sticky else ():
                until = sticky.get(line.app.name, ZERO)
                is_open = line.admin is not OUT or self.traffic.persists
                if is_open and until > now and line.up and not line.unresolved:
                    self._request(instance, line)

    def _is_turned_away(self, instance: FakeInstance, backend: str) -> bool:
        traffic = self.traffic
        is_enough = not traffic.turned_away_below
        if is_enough or self.serving(instance, backend) >= traffic.turned_away_below:
            self.turned_away_since = None
            return False
        since = self.turned_away_since = self.turned_away_since or self.now
        if traffic.leaves_after is None or self.now - since < traffic.leaves_after:
            errors, total = instance.front
            instance.front = errors + (not traffic.turned_away_well), total + 1
            self.turned_away += 1
        return True

    def _request(self, instance: FakeInstance, line: FakeLine) -> None:
        app, version = line.app, line.app.version
        is_early = app.changed
        if app.changed_once and not is_early:
            is_early = line.moved != app.validated or (line.is_checked and not line.proven)
        if is_early and not (line.excused if line.serves else line.excused_late):
            self.met.append(f"{self.now}: a user met {app.name} at {instance.name} too early")
        number = app.requests.get(version, 0)
        app.requests[version] = number + 1
        is_bad = not app.answers or self.traffic.fails(app, number)
        app.errors[version] = app.errors.get(version, 0) + is_bad
        app.history.append((self.now, is_bad))
        errors, total = line.counted
        line.counted = errors + is_bad, total + 1
        line.arrivals += 1
        line.flights.append(self.now + app.takes)
        if self.traffic.times is not None:
            line.timed.add(self.traffic.times(app, number))
        errors, total = instance.backends.get(line.backend, NONE)
        instance.backends[line.backend] = errors + is_bad, total + 1

    def ask(self, member: str, number: int) -> bool:
        """A request of ours, pinned to a member; whether it went well."""
        instance = [*self.instances.values()][number % len(self.instances)]
        errors, total = instance.front
        instance.front = errors, total + 1
        goes_to = self.traffic.pin(member, number)
        if goes_to is None:
            return False
        lines = [one for one in instance.lines.values() if one.is_reached(self.now)]
        line = next((one for one in lines if one.app.name == goes_to), lines[0])
        self._request(instance, line)
        return not line.app.history[-1][1]

    # --- what can be seen --------------------------------------------------------------------

    def line_of(self, line: FakeLine, *, counts: bool) -> Line:
        line.is_quiet(self.now)
        return Line(
            backend=line.backend,
            member=line.app.name,
            key=f"{line.backend}/{line.app.name}",
            occupant=self.shown_by(line),
            admin=line.admin,
            health=self._health_of(line),
            check=self._check_of(line),
            weight=line.weight,
            in_flight=len(line.flights) + line.queued if self.manner.counts else None,
            arrivals=line.arrivals if counts else None,
            counters=Counters(*line.counted) if counts else None,
            timing=line.timed.timing if counts and self.traffic.times is not None else None,
            out_cuts=self.manner.out_cuts,
            keep={"agent": "on"} if line.agent else {},
            is_warming=line.admin is Admin.READY and self.now < line.warm_at,
            is_unresolved=line.unresolved,
            is_configured_out=line.disabled and line.admin is Admin.OUT,
        )

    def shown_by(self, line: FakeLine) -> Occupant | None:
        is_known = not (line.is_hidden or line.unresolved)
        return self.occupant_of(line.app.name, line.moved) if is_known else None

    def occupant_of(self, member: str, moved: int | None = None) -> Occupant:
        """Who is in its place now, or was when it had `moved` so often."""
        address = f"10.0.0.{[*self.apps].index(self.homes.get(member, member)) + 1}"
        moved = self.apps[member].moved if moved is None else moved
        return Occupant(f"{address}:8080#{moved}", address, 8080 + moved)

    def _check_of(self, line: FakeLine) -> Check:
        if not line.is_checked:
            return Check.NONE
        is_paused = line.admin is Admin.OUT and not self.manner.checks_while_out
        is_paused = is_paused or line.unresolved
        return Check.PAUSED if is_paused else Check.RUNNING

    def _health_of(self, line: FakeLine) -> Health:
        if not line.is_checked:
            return Health.UNCHECKED
        return Health.PASSING if line.up and not line.unresolved else Health.FAILING

    def serving(self, instance: FakeInstance, backend: str, without: str = "") -> int:
        return sum(
            line.serves and line.app.name != without
            for line in instance.lines.values()
            if line.backend == backend
        )


def _shows(sim: Sim, instance: str, member: str) -> None:
    for line in sim.instances[instance].of(member):
        sim._led(line)


def make_sim(
    members: int = 2,
    *,
    instances: tuple[str, ...] = ("lb1",),
    backends: tuple[str, ...] = ("web",),
    weight: int = 100,
    slowstart: timedelta = ZERO,
    version: str = "v1",
) -> Sim:
    """A healthy pool: web1, web2, …"""
    apps = {f"web{i}": App(f"web{i}", version) for i in range(1, members + 1)}
    sim = Sim(apps, {}, slowstart=slowstart, configured=dict.fromkeys(apps, weight))
    for number, name in enumerate(instances):
        lines = {
            (backend, app.name): FakeLine(backend, app, weight)
            for backend in backends
            for app in apps.values()
        }
        sim.instances[name] = FakeInstance(name, Incarnation(str(100 + number), 1_000_000), lines)
    return sim
