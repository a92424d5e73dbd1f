"""Warnings about secrets and answers that others can read or forge on their way, or on this
machine."""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from controller.config.sections.mail import Smtp
from controller.config.sections.quiet import through_of
from controller.config.sections.rollout import Rollout
from controller.config.sections.secret import Secret
from controller.config.text.hosts import is_loopback
from controller.config.text.places import printable
from controller.config.values.metrics_servers import IDLE
from controller.metrics_servers import POOL, MetricsServer
from controller.redaction import is_secret_name

_FORGED: Final = "whoever is on the way can answer in its place"


def exposures(
    rollout: Rollout, servers: Mapping[str, Sequence[MetricsServer]], folder: str
) -> Iterator[str]:
    """One line each, as `path: what is questionable`. `servers`: of each gate, templates filled."""
    for index, entry in enumerate(rollout.validations):
        if entry.http is not None:
            place = f"validate[{index}].http"
            yield from _asked(place, entry.http.url, entry.http.headers)
            if not entry.http.verify:
                yield f"{place}.verify: the certificate is not verified: {_FORGED}"
    if (through := through_of(rollout)) is not None:
        yield from _asked("quiet.through", through.url, through.headers)
        if not through.verify:
            yield f"quiet.through.verify: the certificate is not verified: {_FORGED}"
    for index, gate in enumerate(rollout.gates):
        kind = "prometheus" if gate.prometheus is not None else "alerts"
        yield from _server(f"gates[{index}].{kind}", servers.get(gate.name, ()), folder)
        if gate.probe is not None:
            yield from _asked(f"gates[{index}].probe", gate.probe.url, gate.probe.headers)
    yield from _server("drain.idle.prometheus", servers.get(IDLE, ()), folder)
    for index, one in enumerate(rollout.notify):
        if (hook := one.webhook) is not None:
            secrets = {"url": hook.url, "secret": hook.secret, **hook.headers}
            yield from _told(f"notify[{index}].webhook", secrets, folder)
        if one.mail is not None:
            yield from _mailed(f"notify[{index}].mail.smtp", one.mail.smtp, folder)
    if (beat := rollout.heartbeat) is not None:
        yield from _told("heartbeat", {"url": beat.url, **beat.headers}, folder)


def _asked(place: str, url: str, headers: Mapping[str, str]) -> Iterator[str]:
    """A URL with templates may be anywhere."""
    secrets = [f"header {name}" for name in headers if _is_secret(name)]
    secrets += ["user and password"] if "@" in _parts(url).netloc else []
    if secrets and _is_readable(url):
        yield f"{place}: its {secrets[0]} can be read on the way to {_host(url)}; use https"


def _server(place: str, servers: Sequence[MetricsServer], folder: str) -> Iterator[str]:
    for one in servers:
        if one.url == POOL:
            continue
        named = [
            secret
            for name, secret in one.headers.items()
            if secret.inline is None or _is_secret(name)
        ]
        secrets = [secret for secret in (one.password, one.bearer, *named) if secret is not None]
        if _is_readable(one.url):
            read = "; the secrets for it can be read there too" if secrets else ""
            yield f"{place}.url: http to {_host(one.url)}: {_FORGED}{read}; use https"
        if not one.verify:
            yield f"{place}.tls.verify: the certificate is not verified: {_FORGED}"
        for secret in secrets:
            yield from _file(place, secret.file, folder)


def _told(place: str, secrets: Mapping[str, Secret | None], folder: str) -> Iterator[str]:
    url = secrets["url"]
    if isinstance(url, str) and _is_readable(url):
        way = f"on the way to {_host(url)}"
        yield f"{place}.url: can be read {way}, with all that is told; use https"
    for name, secret in secrets.items():
        if isinstance(secret, dict):
            yield from _file(f"{place}.{printable(name)}", secret.get("file"), folder)


def _mailed(place: str, smtp: Smtp, folder: str) -> Iterator[str]:
    if smtp.tls == "none" and not is_loopback(smtp.host):
        read = "; the password can be read there too" if smtp.password is not None else ""
        yield f"{place}.tls: none: the mail can be read on the way to {smtp.host}{read}"
    if isinstance(smtp.password, dict):
        yield from _file(f"{place}.password", smtp.password.get("file"), folder)


def _file(place: str, path: str | None, folder: str) -> Iterator[str]:
    """One that is not there is the run's matter."""
    if path is None:
        return
    file = Path(folder, path)
    try:
        is_open = file.stat().st_mode & stat.S_IROTH
        is_mounted = os.statvfs(file).f_flag & os.ST_RDONLY  # a volume of a pod
    except (OSError, ValueError):
        return
    if is_open and not is_mounted:
        yield f"{place}: every user may read the file {printable(file.name)}; chmod o= it"


def _is_secret(header: str) -> bool:
    return is_secret_name(header) or header.lower() in ("authorization", "proxy-authorization")


def _is_readable(url: str) -> bool:
    return url.lower().startswith("http://") and not is_loopback(_host(url))


def _host(url: str) -> str:
    """Without a user and password."""
    return printable(_parts(url).hostname or "?")


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
