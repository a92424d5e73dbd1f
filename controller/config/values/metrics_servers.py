"""The sections `prometheus` and `alerts` → metrics servers, their secrets not yet read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from controller.config.sections.evidence import Auth, MetricsServerSection, Tls
from controller.config.sections.matchers import check_pattern, matcher_of
from controller.config.sections.rollout import Rollout
from controller.config.sections.server_url import check_filled_server_url
from controller.config.sections.validation import check_header
from controller.config.text import scalars
from controller.config.text.places import Trail
from controller.config.text.scalars import Wrong
from controller.config.text.templating import fill
from controller.core.gates.gate import Matcher
from controller.metrics_servers import POOL, MetricsServer, Secret

T = TypeVar("T")

IDLE: Final = "drain.idle"
"""What the gate is called that tells whether a member that is out is still in use."""

Source = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Servers:
    """Fills what may hold variables of the file; paths are relative to its folder."""

    known: Mapping[str, str]
    folder: str

    def of(self, section: MetricsServerSection) -> tuple[MetricsServer, ...]:
        auth, tls = section.auth or Auth(), section.tls or Tls()
        basic = auth.basic
        return tuple(
            MetricsServer(
                url=fill(url, self.known),
                username=None if basic is None else fill(basic.username, self.known),
                password=self._secret(None if basic is None else basic.password),
                bearer=self._secret(auth.bearer),
                headers=self._headers(section),
                ca=self._path(tls.ca),
                cert=self._path(tls.cert),
                key=self._path(tls.key),
                server_name=None if tls.server_name is None else fill(tls.server_name, self.known),
                verify=tls.verify,
                timeout=scalars.duration(section.timeout),
            )
            for url in urls_of(section)
        )

    def matcher(self, text: str) -> Matcher:
        """Filled after parsing, so that filled-in values need no quoting."""
        matcher = matcher_of(text)
        return Matcher(matcher.label, matcher.sign, fill(matcher.value, self.known))

    def _headers(self, section: MetricsServerSection) -> dict[str, Secret]:
        return {name: self._told(source) for name, source in section.headers.items()}

    def _secret(self, source: Source | None) -> Secret | None:
        return None if source is None else self._told(source)

    def _told(self, source: Source) -> Secret:
        if isinstance(source, str):
            return Secret(inline=fill(source, self.known))
        if "env" in source:
            return Secret(env=source["env"])
        return Secret(file=self._path(source["file"]))

    def _path(self, template: str | None) -> str | None:
        return None if template is None else str(Path(self.folder, fill(template, self.known)))


def urls_of(section: MetricsServerSection) -> tuple[str, ...]:
    return (section.url,) if isinstance(section.url, str) else tuple(section.url)


def servers_of(rollout: Rollout, servers: Servers) -> dict[str, tuple[MetricsServer, ...]]:
    """Gate → the servers that it asks."""
    asked = {
        gate.name: servers.of(section)
        for gate in rollout.gates
        if (section := gate.prometheus or gate.alerts) is not None
    }
    own = {gate.name: (MetricsServer(POOL),) for gate in rollout.gates if gate.kubernetes}
    idle = rollout.drain.idle
    return asked | own | ({} if idle is None else {IDLE: servers.of(idle.prometheus)})


def filled_faults(rollout: Rollout, servers: Servers) -> Iterator[tuple[Trail, str]]:
    """Faults in the URLs, secrets and matchers of gates once their variables are filled in."""
    if rollout.drain.idle is not None:
        place: Trail = ("drain", "idle", "prometheus")
        yield from _server_faults(rollout.drain.idle.prometheus, servers, place)
    for index, gate in enumerate(rollout.gates):
        for kind, section in (("prometheus", gate.prometheus), ("alerts", gate.alerts)):
            if section is not None:
                yield from _server_faults(section, servers, ("gates", index, kind))
        for at, text in enumerate(gate.alerts.matchers if gate.alerts is not None else ()):
            matcher = servers.matcher(text)
            trail: Trail = ("gates", index, "alerts", "matchers", at)
            yield from _checked(check_pattern, matcher, trail)


def _server_faults(
    section: MetricsServerSection, servers: Servers, trail: Trail
) -> Iterator[tuple[Trail, str]]:
    filled = servers.of(section)
    is_list = isinstance(section.url, list)
    for at, one in enumerate(filled):
        place: Trail = (*trail, "url", at) if is_list else (*trail, "url")
        yield from _checked(check_filled_server_url, one.url, place)
    server = filled[0]
    yield from _secret(server.password, _check_given, (*trail, "auth", "basic", "password"))
    yield from _secret(server.bearer, _check_sent, (*trail, "auth", "bearer"))
    for name, value in server.headers.items():
        yield from _secret(value, _check_sent, (*trail, "headers", name))


def _secret(
    secret: Secret | None, check: Callable[[str], object], trail: Trail
) -> Iterator[tuple[Trail, str]]:
    if secret is not None and secret.inline is not None:
        yield from _checked(check, secret.inline, trail)


def _check_given(value: str) -> None:
    if not value:
        raise Wrong("is empty once its variables are filled in; set them")


def _check_sent(value: str) -> None:
    _check_given(value)
    check_header(value)


def _checked(check: Callable[[T], object], value: T, trail: Trail) -> Iterator[tuple[Trail, str]]:
    try:
        check(value)
    except Wrong as reason:
        yield trail, str(reason)
