"""Masking of secrets in the text of a rollout file. Pure.

Masked are the values of headers, the passwords and tokens of gates, the URLs and secrets of
`notify` and `heartbeat`, variables of a container whose name sounds secret, whatever looks like a
secret (`controller.redaction`), every variable used in one of these, and variables whose name
sounds secret.

Each value is masked as YAML reads it and written anew, in quotes: its escapes and line breaks are
no part of a secret, and what is written is read back before it is used.
"""

import re
from collections.abc import Iterator, Mapping

from controller.config.sections.snapshot import ERRANDS
from controller.config.text.document import PATCHES, Document, read
from controller.config.text.nodes import Scalar, scalars
from controller.config.text.places import Trail
from controller.config.text.rewriting import Span, is_block, rewritten
from controller.config.text.templating import mentions
from controller.config.text.trails import at, texts
from controller.redaction import (
    ANYWHERE,
    IN_FILES,
    MASK,
    blotted,
    is_secret_name,
    secrets_in,
)
from controller.secrets import NONE, Secrets

_FILLED = (
    "validate.*.http.headers.*",
    "gates.*.probe.headers.*",
    "quiet.through.headers.*",
    *(
        f"{kind}.{where}"
        for kind in ("gates.*.prometheus", "gates.*.alerts", "drain.idle.prometheus")
        for where in ("headers.*", "auth.bearer", "auth.basic.password")
    ),
)
"""Secrets that may use a variable: that variable is then a secret too."""
_COMMANDS = (
    *(f"{course}.command.*" for course in ("upgrade", "rollback")),
    *(
        f"{course}.{where}.*"
        for course in ("upgrade", "rollback")
        for where in (
            *("steps.*.command", "steps.*.ssh", "unless.command", "unless.ssh"),
            *(f"steps.*.reboot.{part}" for part in ("command", "needed", "reset.command")),
        )
    ),
    *(f"snapshot.{one}.{way}.*" for one in ERRANDS for way in ("command", "ssh")),
    *(
        f"prepare.{place}.{way}.*"
        for place in ("steps.*", "fingerprint")
        for way in ("command", "ssh")
    ),
    *("validate.*.command.*", "notify.*.command.*"),
    *("preflight.*.command.*", "preflight.*.ssh.*", "collect.*.command.*", "collect.*.ssh.*"),
)
_NOTICES = (
    *("notify.*.webhook.headers.*", "notify.*.webhook.secret", "notify.*.mail.smtp.password"),
    "heartbeat.headers.*",
)
_ADDRESSES = ("notify.*.webhook.url", "heartbeat.url")
"""Anyone who knows the URL may post there, so everything but the host is secret."""
_PROGRAMS = frozenset({"command", "ssh", "needed"})
"""Keys of argv lists."""
_FREE = frozenset({*_PROGRAMS, "template", "job", "vars", "headers"})
_TEXTS = frozenset({"owner", "runbook", "contains"})
_TEMPLATE = re.compile(r"(\$\{[^{}$]*\})")
_HOST = re.compile(r"https?://(?:[^/?#@]*@)?([A-Za-z0-9.:\[\]-]+)(?=[/?#]|$)")


def masked(text: str, sets: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """`text` and `sets` with `***` in place of secrets. Text that is not YAML is not shown."""
    return masked_document(read(text), sets)


def masked_document(
    document: Document, sets: Mapping[str, str], secrets: Secrets = NONE
) -> tuple[str, dict[str, str]]:
    """As `masked`, of a text that was read already. The result has the same keys and lists.
    `secrets`: masked by value in free text, too."""
    if document.data is None:
        return MASK, dict.fromkeys(sets, MASK)
    names = secret_names(document)
    shown = _shown(document, names)
    for trail, node in document.values.items():
        if isinstance(node, Scalar) and _is_free(trail):
            text = shown.get((node.start, node.end), node.text)
            if (hidden := _hidden(text, secrets)) != text:
                shown[node.start, node.end] = hidden
    return rewritten(document, shown), {
        name: MASK if f"vars.{name}" in names else secrets.masked(value)
        for name, value in sets.items()
    }


def _is_free(trail: Trail) -> bool:
    """Whether a value is any text: a name, a time or an address must stay what it is."""
    return trail[-1] in _TEXTS or not _FREE.isdisjoint(trail)


def _hidden(text: str, secrets: Secrets) -> str:
    """Templates stay: they are names."""
    parts = _TEMPLATE.split(text)
    return "".join(part if at % 2 else secrets.hidden(part) for at, part in enumerate(parts))


def _shown(document: Document, names: set[str]) -> dict[Span, str]:
    """What is shown of each value that is, or contains, a secret."""
    shown = {}
    for scalar in scalars(document.root):
        span, source = (scalar.start, scalar.end), document.text[scalar.start : scalar.end]
        # A block's source holds its comments too.
        if blotted(scalar.text) != scalar.text or (is_block(source) and blotted(source) != source):
            shown[span] = blotted(scalar.text)
    for trail, node in document.values.items():
        if isinstance(node, Scalar) and (text := blotted(node.text, _forms(trail))) != node.text:
            shown[node.start, node.end] = text
    for trail in _secret_trails(document, names):
        found = document.values.get(trail)
        if isinstance(found, Scalar):
            shown[found.start, found.end] = MASK
    # A value may be both a header and a URL: the masked URL can be parsed again.
    for pattern in _ADDRESSES:
        for trail, _ in texts(document.data, pattern):
            found = document.values.get(trail)
            if isinstance(found, Scalar):
                shown[found.start, found.end] = _masked_address(found.text)
    return shown


def _forms(trail: Trail) -> tuple[re.Pattern[str], ...]:
    """A word of a command may contain `X-Api-Key: …`; elsewhere a text may well say "token: "."""
    return ANYWHERE if _PROGRAMS.intersection(trail) else IN_FILES


def secret_texts(document: Document) -> Iterator[str]:
    """Texts that are secrets, as YAML reads them, their templates not filled."""
    for trail in _secret_trails(document, secret_names(document)):
        if isinstance(node := document.values.get(trail), Scalar):
            yield node.text
    for pattern in _ADDRESSES:
        yield from (text for _, text in texts(document.data, pattern))
    for trail, node in document.values.items():
        if isinstance(node, Scalar):
            for secret in secrets_in(node.text, _forms(trail)):
                yield from (secret, secret.partition(":")[2])
    for trail in _words(document):
        yield str(at(document.data, *trail))


def secret_names(document: Document) -> set[str]:
    """Variables that are secret by their name, or since they are used in a secret: `vars.…` or
    `member.vars.…`."""
    return set(_secret_names(document))


def _words(document: Document) -> Iterator[Trail]:
    """Words of commands that follow an option whose name sounds secret: `--password`, `x`."""
    for pattern in _COMMANDS:
        for trail, word in texts(document.data, pattern):
            *before, index = trail
            if not isinstance(index, int):
                continue  # a mapping where the words should be
            value = (*before, index + 1)
            named = word.startswith("-") and _says_so(word.lstrip("-"))
            if named and isinstance(at(document.data, *value), str):
                yield value


def _secret_names(document: Document) -> Iterator[str]:
    for trail in _words(document):
        yield from (mention.name or "" for mention in mentions(str(at(document.data, *trail))))
    for pattern in _FILLED:
        for _, value in texts(document.data, pattern):
            yield from (mention.name or "" for mention in mentions(value))
    for trail, node in document.values.items():
        if isinstance(node, Scalar):
            for secret in secrets_in(node.text, _forms(trail)):
                yield from (mention.name or "" for mention in mentions(secret))
    for trail in _container_secrets(document):
        yield from (mention.name or "" for mention in mentions(str(at(document.data, *trail))))
    for section in ("vars.*", "rollback.vars.*"):
        yield from (f"vars.{t[-1]}" for t, _ in texts(document.data, section) if _says_so(t[-1]))
    for trail, _ in texts(document.data, "pool.members.vars.*.*"):
        if _says_so(trail[-1]):
            yield f"member.vars.{trail[-1]}"


def _says_so(name: str | int) -> bool:
    return is_secret_name(str(name))


def _masked_address(address: str) -> str:
    found = _HOST.match(address)
    return f"https://{found.group(1) if found else MASK}/{MASK}"


def _secret_trails(document: Document, names: set[str]) -> Iterator[Trail]:
    patterns = [*_FILLED, *_NOTICES]
    for name in names:
        kind, _, variable = name.rpartition("vars.")
        if variable and kind == "member.":
            patterns.append(f"pool.members.vars.*.{variable}")
        elif variable and not kind:
            patterns += [f"vars.{variable}", f"rollback.vars.{variable}"]
    for pattern in patterns:
        yield from (trail for trail, _ in texts(document.data, pattern))
    yield from _container_secrets(document)
    yield from _words(document)


def _container_secrets(document: Document) -> Iterator[Trail]:
    """The values of a container's environment whose names sound secret."""
    for course, key in PATCHES:
        for trail, name in texts(document.data, f"{course}.{key}.**"):
            value = (*trail[:-1], "value")
            if trail[-1] == "name" and _says_so(name) and at(document.data, *value) is not None:
                yield value
