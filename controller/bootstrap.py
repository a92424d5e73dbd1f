"""Puts the real adapters behind the ports. The only module that imports `adapters`."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from adapters.commands.kept import kept_output as read_output
from adapters.haproxy.balancer import HaproxyLoadBalancer
from adapters.haproxy.discovery import facts_and_views, servers_behind
from adapters.hosts import KINDS, HostTasks
from adapters.probes import OutsideValidator
from adapters.storage.room import require_room
from controller import bootstrap_kubernetes as kubernetes
from controller.bootstrap_hosts import hosts
from controller.bootstrap_notices import audience, notices, receivers, unheard
from controller.bootstrap_state import (
    StatePlace,
    about_state,
    has_state,
    is_ours,
    lock_of,
    no_state,
    open_state,
    place_to_name,
    read_state,
    secrets_in,
    state_place,
    unusable,
)
from controller.bootstrap_who import who
from controller.config import RolloutFile
from controller.core.pool import InstanceView
from controller.core.settings import Settings
from controller.legible import legible_line
from controller.lifecycle import JournalPorts, Ports, ReadPorts
from controller.metrics_servers import POOL, MetricsServer
from controller.pools.alone import AlonePool
from controller.pools.haproxy import HaproxyFacts, HaproxyPool
from controller.pools.kubernetes import NodePool, PodPool
from controller.pools.pair import PairPool
from controller.pools.scripted import ScriptedPool
from controller.ports import (
    Clock,
    Commands,
    Journal,
    LoadBalancer,
    Lock,
    MetricsSource,
    Store,
    Tasks,
)
from controller.runner.notify import Warn
from controller.runner.sampler import Sources
from controller.runner.task_router import TaskRouter
from controller.secrets import NONE, Secrets
from controller.telemetry.meter import Meter
from controller.telemetry.values import Outlet, OutletOptions

T = TypeVar("T")

__all__ = [
    "StatePlace",
    "about_state",
    "audience",
    "balancer",
    "bare_commands",
    "clock",
    "commands",
    "found_behind",
    "has_state",
    "is_ours",
    "journal_ports",
    "kept_output",
    "kubernetes",
    "lock",
    "meter",
    "metrics",
    "no_state",
    "notices",
    "open_state",
    "place_to_name",
    "ports",
    "read_ports",
    "read_state",
    "receivers",
    "run",
    "secrets_in",
    "servers_behind",
    "state_place",
    "tell_to",
    "unheard",
    "unpermitted",
    "unusable",
    "who",
]


def clock() -> Clock:
    return SystemClock()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command to its end, and close what it has opened."""

    async def whole() -> T:
        try:
            return await work
        finally:
            await kubernetes.close()

    return asyncio.run(whole())


def balancer(settings: Settings, place: StatePlace | None = None) -> LoadBalancer:
    """The adapter for the kind of pool in `settings`, for questions. Raises UsageFault."""
    return _pool(settings, LocalCommands(Path(), SystemClock()), place)[0]


def _pool(
    settings: Settings, running: Commands, place: StatePlace | None
) -> tuple[LoadBalancer, Tasks | None, Sources]:
    """The adapter, what performs the pool's own tasks, and what gates ask. `running`: what runs
    scripts that a pool is reached by; `place`: where it is kept what only poolroll can know of it.
    Raises UsageFault."""
    match settings.pool:
        case AlonePool() | PairPool() as pool:
            from controller.bootstrap_unbalanced import unbalanced

            folder = None if place is None else place.folder
            return unbalanced(pool, running, _router(running, None), folder), None, metrics
        case ScriptedPool() as pool:
            from adapters.scripted import ScriptedBalancer

            return ScriptedBalancer(pool, running, SystemClock()), None, metrics
        case HaproxyPool(apis, backends):
            return HaproxyLoadBalancer(apis, backends, SystemClock()), None, metrics
        case PodPool() | NodePool() as pool:
            made = kubernetes.pool_of(pool)

            def sources(server: MetricsServer) -> MetricsSource:
                return kubernetes.evidence(made) if server.url == POOL else metrics(server)

            return made, made, sources
        case other:
            raise TypeError(f"no adapter for a pool of type {type(other).__name__}")


async def found_behind(
    apis: Sequence[str], backends: Sequence[str]
) -> Sequence[tuple[HaproxyFacts, InstanceView]]:
    """Of each HAProxy: what it is, and a full look at it. Raises UsageFault, BalancerError."""
    return await facts_and_views(HaproxyPool(tuple(apis), tuple(backends)), SystemClock())


async def unpermitted(file: RolloutFile, place: StatePlace) -> tuple[list[str], list[str]]:
    """Rights in a cluster that a run would lack: reasons to refuse, and notes."""
    if place.cluster is None and not isinstance(file.settings.pool, PodPool | NodePool):
        return [], []
    return await kubernetes.unpermitted(file, place.cluster)


def commands(place: StatePlace, secrets: Secrets = NONE) -> Commands:
    return LocalCommands(place.folder / "jobs", SystemClock(), secrets=secrets)


def kept_output(place: StatePlace, key: str) -> str | None:
    """See `adapters.commands.kept`."""
    return read_output(place.folder / "jobs", key)


def bare_commands(secrets: Secrets = NONE) -> Commands:
    """For commands that leave nothing behind: without a state folder."""
    return LocalCommands(Path("/nonexistent"), SystemClock(), secrets=secrets)


def lock(place: StatePlace, settings: Settings | None = None) -> Lock:
    """`settings`: of the rollout, where the pool itself is to be held."""
    return lock_of(place, settings, who())


@dataclass(frozen=True, slots=True)
class _JournalPorts:
    """Implements `controller.lifecycle.JournalPorts`."""

    journal: Journal
    clock: Clock
    by: str
    secrets: Secrets


def journal_ports(store: Store, secrets: Secrets) -> JournalPorts:
    """What it takes to end a rollout from its journal alone."""
    return _JournalPorts(store.journal, SystemClock(), who(), secrets)


def ports(
    file: RolloutFile, place: StatePlace, store: Store, secrets: Secrets, *, runs_steps: bool = True
) -> Ports:
    """The ports of one run, all real. Raises StateError where the records of its steps could not be
    kept."""
    settings = file.settings
    running = LocalCommands(place.folder / "jobs", SystemClock(), secrets=secrets)
    if runs_steps:
        require_room(place.folder)
        running.prepare()
    pool, tasks, sources = _pool(settings, running, place)
    return Ports(
        balancer=pool,
        tasks=_router(running, tasks),
        commands=running,
        validator=OutsideValidator(running, SystemClock()),
        journal=store.journal,
        requests=store.requests,
        lock=lock(place, settings),
        clock=SystemClock(),
        hosts=hosts(running, place),
        sources=sources,
        by=who(),
        secrets=secrets,
        folder=place_to_name(place),
    )


def _router(running: Commands, pool: Tasks | None) -> Tasks:
    """Who performs which kind of task."""
    hosts = HostTasks(running, SystemClock(), tell=_tell)
    return TaskRouter(running, pool, dict.fromkeys(KINDS, hosts))


_listeners: Final[list[Callable[[str, str], None]]] = []


def tell_to(listener: Callable[[str, str], None]) -> None:
    """Who takes a member's name, and how far what is done to it has come."""
    _listeners[:] = [listener]


def _tell(member: str, line: str) -> None:
    for listener in _listeners:
        listener(member, legible_line(line))


def read_ports(
    file: RolloutFile, place: StatePlace, store: Store | None, secrets: Secrets
) -> ReadPorts:
    """The ports of `plan`, all real."""
    settings = file.settings
    running = commands(place, secrets)
    pool, tasks, sources = _pool(settings, running, place)
    return ReadPorts(
        balancer=pool,
        tasks=_router(running, tasks),
        validator=OutsideValidator(running, SystemClock()),
        clock=SystemClock(),
        hosts=hosts(running, place),
        sources=sources,
        lock=lock(place, settings),
        journal=None if store is None else store.journal,
        requests=None if store is None else store.requests,
        secrets=secrets,
        folder=place_to_name(place),
    )


def metrics(server: MetricsServer) -> MetricsSource:
    """What speaks Prometheus' HTTP API. Its library takes a tenth of a second to import."""
    from adapters.prometheus import PrometheusSource

    return PrometheusSource(server, SystemClock())


def meter(rollout: str, ways: OutletOptions, warn: Warn) -> Meter:
    """Who hands out poolroll's own metrics, in every way that is asked for. `warn`: takes a line
    for the log. Nothing that this needs is imported without need. Raises UsageFault."""
    outlets: list[Outlet] = []
    if ways.listen is not None:
        from adapters.telemetry.listener import MetricsListener

        listener = MetricsListener(ways.listen)
        if not listener.is_local:
            warn(f"{listener.name}: whoever reaches that port reads the names of members and gates")
        outlets.append(listener)
    if ways.textfile is not None:
        from adapters.telemetry.textfile import MetricsTextfile

        outlets.append(MetricsTextfile(Path(ways.textfile)))
    if ways.push_gateway is not None:
        from adapters.telemetry.gateway import PushGateway

        outlets.append(PushGateway(ways.push_gateway, rollout, ca=ways.push_gateway_ca))
    return Meter(outlets, SystemClock(), warn)
