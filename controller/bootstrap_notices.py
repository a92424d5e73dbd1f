"""Who is told how a run goes."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from adapters.clock import SystemClock
from adapters.notify.command import CommandNotifier
from adapters.proxies import Unusable, proxy_for
from adapters.trust import NoAuthorities
from controller import bootstrap_kubernetes as kubernetes
from controller import config
from controller.config import Audience, MailTarget, Recipient, RolloutFile, WebhookTarget
from controller.errors import ConfigurationError, Fault
from controller.pools.kubernetes import NodePool, PodPool
from controller.ports import AnsweringNotifier, Commands, Notifier
from controller.runner.notify import NoticeSender, Warn


def audience(file: RolloutFile) -> Audience:
    """Those that `notify` and `heartbeat` name. Raises ConfigurationError where a secret is
    missing."""
    return config.audience(file, os.environ)


def notices(
    file: RolloutFile, running: Commands, warn: Warn, *, is_beginning: bool = False
) -> NoticeSender:
    """Who tells those that `notify` and `heartbeat` name. `warn`: takes a line for the log.

    Raises ConfigurationError when a secret is not where the file says, when authorities cannot be
    used, or when the environment names a proxy that cannot be; where a rollout is beginning, also
    for a program that cannot be started.
    """
    told, beat = _made(file, audience(file), running, is_beginning=is_beginning)
    made: list[Notifier] = [*told]
    pool = file.settings.pool
    if isinstance(pool, PodPool | NodePool):
        made.append(kubernetes.events(pool))
    return NoticeSender(made, SystemClock(), warn, beat=beat)


def receivers(file: RolloutFile, running: Commands) -> Sequence[AnsweringNotifier]:
    """Those of `notify` alone. Raises ConfigurationError as `notices` does for a beginning."""
    return _made(file, replace(audience(file), beat=None), running, is_beginning=True)[0]


def _made(
    file: RolloutFile, told: Audience, running: Commands, *, is_beginning: bool
) -> tuple[Sequence[AnsweringNotifier], tuple[Notifier, timedelta] | None]:
    """Who delivers, and who delivers the heartbeat, how often. Nobody is asked anything."""
    faults: list[Fault] = []
    made = [_notifier(one, running, faults) for one in told.recipients]
    beat = (_notifier(told.beat.recipient, running, faults), told.beat.every) if told.beat else None
    _require(file, [*faults, *(_unstartable(made) if is_beginning else ())])
    return made, beat


def _require(file: RolloutFile, faults: Sequence[Fault]) -> None:
    if faults:
        raise ConfigurationError(str(file.path), tuple(faults))


def _unstartable(notifiers: Sequence[Notifier]) -> list[Fault]:
    return [
        Fault(0, 0, one.name, f"{fault}; name a program of this machine")
        for one in notifiers
        if isinstance(one, CommandNotifier) and one.events and (fault := one.unstartable())
    ]


def unheard(file: RolloutFile, running: Commands) -> tuple[list[str], list[str]]:
    """Why a run from here could tell nobody, and would refuse; and which secrets are not at hand
    here: only a run needs them."""
    told, missing = config.readable_audience(file, os.environ)
    notes = [fault.render(str(file.path)) for fault in missing]
    try:
        _made(file, told, running, is_beginning=True)
    except ConfigurationError as error:
        return [fault.render(error.file) for fault in error.faults], notes
    return [], notes


def _notifier(recipient: Recipient, running: Commands, faults: list[Fault]) -> AnsweringNotifier:
    """What stands in its way is known, and said, before anything is touched."""
    try:
        match recipient.target:
            case WebhookTarget() as target:
                return _webhook(recipient, target)
            case MailTarget() as target:
                return _mail(recipient, target)
            case target:
                name, events = recipient.name, recipient.events
                return CommandNotifier(name, events, target.argv, target.cwd, running)
    except (NoAuthorities, Unusable) as error:
        faults.append(Fault(0, 0, recipient.name, str(error)))
        return CommandNotifier(recipient.name, (), (), "/", running)


def _webhook(recipient: Recipient, target: WebhookTarget) -> AnsweringNotifier:
    """Raises NoAuthorities, Unusable."""
    proxy = proxy_for(target.url, os.environ)
    from adapters.notify.webhook import WebhookNotifier  # its library takes a tenth of a second

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
        proxy=proxy,
    )


def _mail(recipient: Recipient, target: MailTarget) -> AnsweringNotifier:
    """Raises NoAuthorities."""
    from adapters.notify.mail import MailNotifier  # not without need
    from adapters.notify.smtp import Server

    server = Server(target.host, target.port, target.tls, target.user, target.password)
    return MailNotifier(
        recipient.name,
        recipient.events,
        server,
        to=target.to,
        sender=target.sender,
        ca=target.ca,
    )
