"""Puts the real adapters behind the ports. The only module that imports `adapters`."""

import asyncio
import getpass
import os
import socket
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from adapters.haproxy.balancer import HaproxyLoadBalancer
from adapters.haproxy.discovery import facts_and_views, servers_behind
from adapters.notify.command import CommandNotifier
from adapters.probes import OutsideValidator
from adapters.proxies import Unusable, proxy_for
from adapters.storage.room import require_room
from adapters.trust import NoAuthorities
from controller import bootstrap_kubernetes as kubernetes
from controller.bootstrap_state import (
    StatePlace,
    about_state,
    has_state,
    lock_of,
    no_state,
    open_state,
    place_to_name,
    read_state,
    state_place,
    unusable,
)
from controller.config import Recipient, RolloutFile, WebhookTarget, audience
from controller.core.pool import InstanceView
from controller.core.settings import Settings
from controller.errors import ConfigurationError, Fault
from controller.lifecycle import JournalPorts, Ports, ReadPorts
from controller.metrics_servers import POOL, MetricsServer
from controller.pools.haproxy import HaproxyFacts, HaproxyPool
from controller.pools.kubernetes import NodePool, PodPool
from controller.ports import (
    Clock,
    Commands,
    Journal,
    LoadBalancer,
    Lock,
    MetricsSource,
    Notifier,
    Store,
    Tasks,
)
from controller.runner.notify import NoticeSender, Warn
from controller.runner.sampler import Sources
from controller.runner.task_router import TaskRouter
from controller.telemetry.meter import Meter
from controller.telemetry.values import Outlet, OutletOptions

T = TypeVar("T")

__all__ = [
    "StatePlace",
    "about_state",
    "balancer",
    "clock",
    "commands",
    "found_behind",
    "has_state",
    "journal_ports",
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
    "run",
    "servers_behind",
    "state_place",
    "unpermitted",
    "unusable",
    "who",
]


def clock() -> Clock:
    return SystemClock()


def who() -> str:
    """The operator, for records: `user@host`."""
    try:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user without a name, in a container
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command to its end, and close what it has opened."""

    async def whole() -> T:
        try:
            return await work
        finally:
            await kubernetes.close()

    return asyncio.run(whole())


def balancer(settings: Settings) -> LoadBalancer:
    """The adapter for the kind of pool in `settings`. Raises UsageFault."""
    return _pool(settings)[0]


def _pool(settings: Settings) -> tuple[LoadBalancer, Tasks | None, Sources]:
    """The adapter, what performs the pool's own tasks, and what gates ask. Raises UsageFault."""
    match settings.pool:
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


def commands(place: StatePlace) -> Commands:
    return LocalCommands(place.folder / "jobs", SystemClock())


def lock(place: StatePlace, settings: Settings | None = None) -> Lock:
    """`settings`: of the rollout, where the pool itself is to be held."""
    return lock_of(place, settings, who())


@dataclass(frozen=True, slots=True)
class _JournalPorts:
    """Implements `controller.lifecycle.JournalPorts`."""

    journal: Journal
    clock: Clock
    by: str


def journal_ports(store: Store) -> JournalPorts:
    """What it takes to end a rollout from its journal alone."""
    return _JournalPorts(store.journal, SystemClock(), who())


def ports(settings: Settings, place: StatePlace, store: Store, *, runs_steps: bool = True) -> Ports:
    """The ports of one run, all real. Raises StateError where the records of its steps could not be
    kept."""
    running = LocalCommands(place.folder / "jobs", SystemClock())
    if runs_steps:
        require_room(place.folder)
        running.prepare()
    pool, tasks, sources = _pool(settings)
    return Ports(
        balancer=pool,
        tasks=TaskRouter(running, tasks),
        commands=running,
        validator=OutsideValidator(running, SystemClock()),
        journal=store.journal,
        requests=store.requests,
        lock=lock(place, settings),
        clock=SystemClock(),
        sources=sources,
        by=who(),
        folder=place_to_name(place),
    )


def read_ports(settings: Settings, place: StatePlace, store: Store | None) -> ReadPorts:
    """The ports of `plan`, all real."""
    running = commands(place)
    pool, tasks, sources = _pool(settings)
    return ReadPorts(
        balancer=pool,
        tasks=TaskRouter(running, tasks),
        validator=OutsideValidator(running, SystemClock()),
        clock=SystemClock(),
        sources=sources,
        lock=lock(place, settings),
        journal=None if store is None else store.journal,
        requests=None if store is None else store.requests,
        folder=place_to_name(place),
    )


def metrics(server: MetricsServer) -> MetricsSource:
    """What speaks Prometheus' HTTP API. Its library takes a tenth of a second to import."""
    from adapters.prometheus import PrometheusSource

    return PrometheusSource(server, SystemClock())


def notices(
    file: RolloutFile, running: Commands, warn: Warn, *, is_beginning: bool = False
) -> NoticeSender:
    """Who tells those that `notify` and `heartbeat` name. `warn`: takes a line for the log.

    Raises ConfigurationError when a secret is not where the file says, when authorities cannot be
    used, or when the environment names a proxy that cannot be; where a rollout is beginning, also
    for a program that cannot be started.
    """
    told = audience(file, os.environ)
    faults: list[Fault] = []
    notifiers = [_notifier(one, running, faults) for one in told.recipients]
    pool = file.settings.pool
    if isinstance(pool, PodPool | NodePool):
        notifiers.append(kubernetes.events(pool))
    beat = (_notifier(told.beat.recipient, running, faults), told.beat.every) if told.beat else None
    faults += (
        Fault(0, 0, one.name, f"{fault}; name a program of this machine")
        for one in (notifiers if is_beginning else ())
        if isinstance(one, CommandNotifier) and one.events and (fault := one.unstartable())
    )
    if faults:
        raise ConfigurationError(str(file.path), tuple(faults))
    return NoticeSender(notifiers, SystemClock(), warn, beat=beat)


def unheard(file: RolloutFile, place: StatePlace) -> list[str]:
    """Why a run from here could tell nobody, and would refuse. Only a run needs the secrets."""
    try:
        audience(file, os.environ)
    except ConfigurationError:
        return []
    try:
        notices(file, commands(place), lambda _: None, is_beginning=True)
    except ConfigurationError as error:
        return [fault.render(error.file) for fault in error.faults]
    return []


def _notifier(recipient: Recipient, running: Commands, faults: list[Fault]) -> Notifier:
    """What stands in its way is known, and said, before anything is touched."""
    target = recipient.target
    if not isinstance(target, WebhookTarget):
        return CommandNotifier(recipient.name, recipient.events, target.argv, target.cwd, running)
    from adapters.notify.webhook import WebhookNotifier  # its library takes a tenth of a second

    try:
        return WebhookNotifier(
            recipient.name,
            recipient.events,
            target.url,
            SystemClock(),
            secret=target.secret,
            headers=target.headers,
            style=target.style,
            method=target.method,
            ca=target.ca,
            proxy=proxy_for(target.url, os.environ),
        )
    except (NoAuthorities, Unusable) as error:
        faults.append(Fault(0, 0, recipient.name, str(error)))
        return CommandNotifier(recipient.name, (), (), "/", running)


def meter(rollout: str, ways: OutletOptions, warn: Warn) -> Meter:
    """Who hands out poolroll's own metrics, in every way that is asked for. `warn`: takes a line
    for the log. Nothing that this needs is imported without need. Raises UsageFault."""
    outlets: list[Outlet] = []
    if ways.listen is not None:
        from adapters.telemetry.listener import MetricsListener

        outlets.append(MetricsListener(ways.listen))
    if ways.textfile is not None:
        from adapters.telemetry.textfile import MetricsTextfile

        outlets.append(MetricsTextfile(Path(ways.textfile)))
    if ways.push_gateway is not None:
        from adapters.telemetry.gateway import PushGateway

        outlets.append(PushGateway(ways.push_gateway, rollout, ca=ways.push_gateway_ca))
    return Meter(outlets, SystemClock(), warn)
