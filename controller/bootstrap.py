"""Puts the real adapters behind the ports. The only module that imports `adapters`."""

import getpass
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from adapters.haproxy.balancer import HaproxyLoadBalancer
from adapters.haproxy.discovery import facts_and_views, servers_behind
from adapters.notify.command import CommandNotifier
from adapters.probes import OutsideValidator
from adapters.proxies import Unusable, proxy_for
from adapters.storage.folder import SYSTEM, default_state_dir, exists, may_write, out_of_reach
from adapters.storage.lock import FileLock
from adapters.storage.store import open_store, read_store
from adapters.trust import NoAuthorities
from controller.config import Recipient, RolloutFile, WebhookTarget, audience
from controller.core.pool import InstanceView
from controller.core.settings import Settings
from controller.errors import ConfigurationError, Fault, StateError
from controller.lifecycle import JournalPorts, Ports, ReadPorts
from controller.metrics_servers import MetricsServer
from controller.pools.haproxy import HaproxyFacts, HaproxyPool
from controller.ports import (
    Clock,
    Commands,
    Journal,
    LoadBalancer,
    Lock,
    MetricsSource,
    Notifier,
    Store,
)
from controller.runner.notify import NoticeSender, Warn
from controller.runner.task_router import TaskRouter
from controller.telemetry.meter import Meter
from controller.telemetry.values import Outlet, OutletOptions

__all__ = [
    "about_state",
    "balancer",
    "clock",
    "commands",
    "exists",
    "folder_to_name",
    "found_behind",
    "journal_ports",
    "lock",
    "meter",
    "metrics",
    "no_state",
    "notices",
    "open_state",
    "ports",
    "read_ports",
    "read_state",
    "servers_behind",
    "state_folder",
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


def state_folder(option: str | None) -> Path:
    """Where the journal is. Raises StateError."""
    return Path(option) if option else default_state_dir(os.environ)


def about_state(option: str | None, folder: Path) -> list[str]:
    """What an operator should know about the state folder in use. `option`: as it was asked for.

    Raises StateError.
    """
    notes = []
    if not option and folder != SYSTEM:
        share = f"share {SYSTEM}: sudo install -d -m 2770 -g GROUP {SYSTEM}"
        notes.append(
            f"state is in {folder}, yours alone: another user's poolroll on this pool would not "
            f"be refused; {out_of_reach(SYSTEM) or share}"
        )
    if exists(folder) and not may_write(folder):
        notes.append(f"{folder} may not be written by this user: a run of theirs would be refused")
    return notes


def no_state(folder: Path) -> str:
    """What to say where there is no journal in `folder`."""
    others = out_of_reach(SYSTEM) if folder != SYSTEM else None
    return f"there is no state folder at {folder}, so no rollout is known" + (
        f"; {others}" if others else ""
    )


def folder_to_name(folder: Path) -> str:
    """The state folder as a command has to name it; empty where it is looked for by itself."""
    try:
        is_default = folder == default_state_dir(os.environ)
    except StateError:  # a user without a home has none
        is_default = False
    return "" if is_default else str(folder.absolute())


def open_state(folder: Path, *, create: bool) -> Store:
    """To write; with `create`, it is made where missing. Raises StateError."""
    return open_store(folder, SystemClock(), create=create)


def read_state(folder: Path) -> Store:
    """Only to read. Raises StateError."""
    return read_store(folder, SystemClock())


def balancer(settings: Settings) -> LoadBalancer:
    """The adapter for the kind of pool in `settings`. Raises UsageFault."""
    match settings.pool:
        case HaproxyPool(apis, backends):
            return HaproxyLoadBalancer(apis, backends, SystemClock())
        case other:
            raise TypeError(f"no adapter for a pool of type {type(other).__name__}")


async def found_behind(
    apis: Sequence[str], backends: Sequence[str]
) -> Sequence[tuple[HaproxyFacts, InstanceView]]:
    """Of each HAProxy: what it is, and a full look at it. Raises UsageFault, BalancerError."""
    return await facts_and_views(HaproxyPool(tuple(apis), tuple(backends)), SystemClock())


def commands(folder: Path) -> Commands:
    return LocalCommands(folder / "jobs", SystemClock())


def lock(folder: Path) -> Lock:
    return FileLock(folder, SystemClock(), who())


@dataclass(frozen=True, slots=True)
class _JournalPorts:
    """Implements `controller.lifecycle.JournalPorts`."""

    journal: Journal
    clock: Clock
    by: str


def journal_ports(store: Store) -> JournalPorts:
    """What it takes to end a rollout from its journal alone."""
    return _JournalPorts(store.journal, SystemClock(), who())


def ports(settings: Settings, folder: Path, store: Store, *, runs_steps: bool = True) -> Ports:
    """The ports of one run, all real. Raises StateError where the records of its steps could not be
    kept."""
    running = LocalCommands(folder / "jobs", SystemClock())
    if runs_steps:
        running.prepare()
    return Ports(
        balancer=balancer(settings),
        tasks=TaskRouter(running),
        commands=running,
        validator=OutsideValidator(running, SystemClock()),
        journal=store.journal,
        requests=store.requests,
        lock=lock(folder),
        clock=SystemClock(),
        sources=metrics,
        by=who(),
        folder=folder_to_name(folder),
    )


def read_ports(settings: Settings, folder: Path, store: Store | None) -> ReadPorts:
    """The ports of `plan`, all real."""
    running = commands(folder)
    return ReadPorts(
        balancer=balancer(settings),
        tasks=TaskRouter(running),
        validator=OutsideValidator(running, SystemClock()),
        clock=SystemClock(),
        sources=metrics,
        lock=lock(folder),
        journal=None if store is None else store.journal,
        requests=None if store is None else store.requests,
        folder=folder_to_name(folder),
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
    beat = (_notifier(told.beat.recipient, running, faults), told.beat.every) if told.beat else None
    faults += (
        Fault(0, 0, one.name, f"{fault}; name a program of this machine")
        for one in (notifiers if is_beginning else ())
        if isinstance(one, CommandNotifier) and one.events and (fault := one.unstartable())
    )
    if faults:
        raise ConfigurationError(str(file.path), tuple(faults))
    return NoticeSender(notifiers, SystemClock(), warn, beat=beat)


def unheard(file: RolloutFile, folder: Path) -> list[str]:
    """Why a run from here could tell nobody, and would refuse. Only a run needs the secrets."""
    try:
        audience(file, os.environ)
    except ConfigurationError:
        return []
    try:
        notices(file, commands(folder), lambda _: None, is_beginning=True)
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
