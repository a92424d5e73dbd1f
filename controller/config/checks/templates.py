"""Where templates are allowed in a rollout file, and which names they may use there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from controller.config.checks.faults import suggestion
from controller.config.sections.snapshot import ERRANDS
from controller.config.text.document import Document
from controller.config.text.places import Trail, shown
from controller.config.text.templating import mentions
from controller.config.text.trails import mapping, texts
from controller.errors import Fault

_COMMANDS = (
    *("command.*", "steps.*.command.*", "steps.*.ssh.*", "unless.command.*", "unless.ssh.*"),
    *(f"steps.*.reboot.{where}.*" for where in ("command", "needed", "reset.command")),
)
_HOSTS = tuple(f"hosts.ssh.{where}" for where in ("user", "port", "jump", "options.*"))
_PROBES = tuple(
    f"validate.*.{where}"
    for where in (
        "http.url",
        "http.contains",
        "http.headers.*",
        "http.server_name",
        "tcp.host",
        "tcp.port",
        "command.*",
    )
)
_THROUGH = tuple(
    f"quiet.through.{where}" for where in ("url", "cookie", "contains", "headers.*", "server_name")
)
_QUESTIONS = tuple(f"preflight.*.{where}" for where in ("command.*", "ssh.*", "contains"))
_COLLECTED = ("collect.*.command.*", "collect.*.ssh.*")
_TITLES = ("owner", "runbook", "validate.*.http.ca", "quiet.through.ca")
_SERVERS = tuple(
    f"{kind}.{where}"
    for kind in ("gates.*.prometheus", "gates.*.alerts", "drain.idle.prometheus")
    for where in (
        *("url", "url.*", "headers.*", "tls.ca", "tls.cert", "tls.key", "tls.server_name"),
        *("auth.basic.username", "auth.basic.password", "auth.bearer", "matchers.*"),
    )
)
"""Filled when the file is read: the same for all members."""
_QUERIES = tuple(
    f"gates.*.prometheus.{where}"
    for where in (
        *("query", "errors", "requests", "traffic", "baseline"),
        *("baseline.query", "baseline.errors", "baseline.requests"),
    )
)
_ASKED = (
    "gates.*.prometheus.evidence",
    "drain.idle.prometheus.evidence",
    "drain.idle.prometheus.query",
    "gates.*.probe.url",
    "gates.*.probe.headers.*",
    "gates.*.probe.server_name",
)
_SNAPSHOTS = tuple(f"snapshot.{errand}.{way}.*" for errand in ERRANDS for way in ("command", "ssh"))
_PREPARED = tuple(
    f"prepare.{place}.{way}.*" for place in ("steps.*", "fingerprint") for way in ("command", "ssh")
)
_PATCHES = ("template.**", "expect.**")
"""The same for all members, but not for both courses."""
_NOTICES = ("notify.*.command.*",)
_VALUES = ("vars.*", "rollback.vars.*", "pool.members.vars.*.*")
_SECTIONS = {"vars.": "vars", "member.vars.": "pool.members.vars"}


@dataclass(frozen=True, slots=True)
class _Names:
    known: frozenset[str]
    unsure: tuple[str, ...] = ()
    """Prefixes of names that are not checked: the section that defines them is itself at fault."""

    def knows(self, name: str) -> bool:
        return name in self.known or name.startswith(self.unsure)


def template_faults(document: Document) -> list[Fault]:
    """A fault for every `${…}` that is not closed or whose name is unknown there."""
    return [
        document.fault(trail, _message(mention.name, pattern, names), offset=mention.offset)
        for pattern, names in _places(document.data)
        for trail, text in texts(document.data, pattern)
        for mention in mentions(text)
        if mention.name is None or not names.knows(mention.name)
    ]


def uses(data: object) -> Iterator[tuple[Trail, str]]:
    """Every `${name}` in a template, with the place of the text that it stands in."""
    for pattern, _ in _places(data):
        if pattern not in _VALUES:
            for trail, text in texts(data, pattern):
                yield from ((trail, mention.name) for mention in mentions(text) if mention.name)


def _places(data: object) -> Iterator[tuple[str, _Names]]:
    variables = frozenset(f"vars.{key}" for key in mapping(data, "vars"))
    way_back = frozenset(f"vars.{key}" for key in mapping(data, "rollback", "vars"))
    own = frozenset(
        f"member.vars.{key}"
        for member in mapping(data, "pool", "members", "vars").values()
        for key in mapping(member)
    )
    facts = frozenset(f"member.{key}" for key in ("name", "address", "port"))
    titles = variables | {"rollout.name"}
    everything = titles | own | facts | {"member.host", "rollout.id"}
    unsure = tuple(_unsure(data))
    yield from ((pattern, _Names(titles, unsure)) for pattern in (*_TITLES, *_SERVERS, *_NOTICES))
    yield from ((pattern, _Names(frozenset())) for pattern in _VALUES)
    yield "pool.members.host", _Names(titles | own | facts, unsure)
    told = _Names(titles | own | facts | {"member.host"}, unsure)
    yield from ((f"pool.hosts.{script}.command.*", told) for script in ("out", "in", "state"))
    hooks = [f"{hook}.{kind}" for hook in ("before", "after") for kind in ("command", "ssh")]
    yield from ((f"pool.downtime.{hook}.*", told) for hook in hooks)
    yield from ((f"pool.hosts.promote.{kind}.*", told) for kind in ("command", "ssh"))
    yield "pool.hosts.port", _Names(titles, unsure)
    for course, more in (("upgrade", frozenset[str]()), ("rollback", way_back)):
        there, shared = _Names(everything | more, unsure), _Names(titles | more, unsure)
        yield from ((f"{course}.{pattern}", there) for pattern in (*_COMMANDS, "job.**"))
        yield from ((f"{course}.{pattern}", shared) for pattern in _PATCHES)
    saved = _Names(everything | {"snapshot.id"}, unsure)
    yield from ((pattern, saved) for pattern in _SNAPSHOTS)
    ahead = _Names(everything - {"rollout.id"}, unsure)
    yield from ((pattern, ahead) for pattern in _PREPARED)
    yield from (
        (pattern, _Names(everything, unsure))
        for pattern in (*_PROBES, *_THROUGH, *_QUESTIONS, *_COLLECTED, *_ASKED, *_HOSTS)
    )
    yield from ((pattern, _Names(everything | {"window"}, unsure)) for pattern in _QUERIES)


def _unsure(data: object) -> Iterator[str]:
    if isinstance(data, Mapping) and not isinstance(data.get("vars", {}), dict):
        yield "vars."
    members = mapping(data, "pool", "members")
    given = members.get("vars", {})
    if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
        yield "member.vars."


def _message(name: str | None, pattern: str, names: _Names) -> str:
    if name is None:
        return "${ is never closed; close it with }, or write $${ for a literal ${"
    told = f"{shown(name)} is not a known name here"
    if pattern in _VALUES:
        return "a variable cannot refer to another; write the text itself, or $${ for a literal ${"
    if name == "window":
        return f"{told}: only the queries of a prometheus gate have a window; remove it"
    if name == "member.host" and pattern == "pool.members.host":
        return f"{told}: it would be circular; use ${{member.address}} or ${{member.name}}"
    return f"{told}; {_mend(name, names)} (a dollar is written $$)"


def _mend(name: str, names: _Names) -> str:
    for prefix, section in _SECTIONS.items():
        if name.startswith(prefix):
            known = sorted(one for one in names.known if one.startswith(prefix))
            return suggestion(name, known) if known else f"add it to {section}"
    return suggestion(name, sorted(names.known))
