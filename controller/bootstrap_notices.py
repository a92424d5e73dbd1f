"""Who is told how a run goes."""

import os

from adapters.clock import SystemClock
from adapters.notify.command import CommandNotifier
from adapters.proxies import Unusable, proxy_for
from adapters.trust import NoAuthorities
from controller import bootstrap_kubernetes as kubernetes
from controller.config import Recipient, RolloutFile, WebhookTarget, audience
from controller.errors import ConfigurationError, Fault
from controller.pools.kubernetes import NodePool, PodPool
from controller.ports import Commands, Notifier
from controller.runner.notify import NoticeSender, Warn


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


def unheard(file: RolloutFile, running: Commands) -> list[str]:
    """Why a run from here could tell nobody, and would refuse. Only a run needs the secrets."""
    try:
        audience(file, os.environ)
    except ConfigurationError:
        return []
    try:
        notices(file, running, lambda _: None, is_beginning=True)
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
