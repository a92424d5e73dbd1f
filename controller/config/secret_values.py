"""The secrets of one rollout: those that stand in its file, on the command line, in the environment
and in files of their own."""

import base64
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from controller.config.recipients import MAX_SECRET
from controller.config.rollout_file import RolloutFile
from controller.config.text.trails import texts
from controller.config.written_secrets import tails, written_secrets
from controller.metrics_servers import Secret
from controller.redaction import is_secret_name
from controller.secrets import LONG, Secrets

_SOURCES: Final = (
    *(
        f"{kind}.{where}"
        for kind in ("gates.*.prometheus", "gates.*.alerts", "drain.idle.prometheus")
        for where in ("headers.*", "auth.bearer", "auth.basic.password")
    ),
    *("notify.*.webhook.url", "notify.*.webhook.secret", "notify.*.webhook.headers.*"),
    "notify.*.mail.smtp.password",
    *("heartbeat.url", "heartbeat.headers.*"),
)
"""What may be `{env: NAME}` or `{file: PATH}`."""
_FOLDERS: Final = frozenset({"PWD", "OLDPWD"})


def secrets_of(file: RolloutFile, environ: Mapping[str, str], *, opens: bool = True) -> Secrets:
    """By value. A secret that cannot be read is none; whoever needs it says so. `opens`: also those
    in files of their own, which somebody else may have named."""
    names = frozenset(_told(file, "env"))
    values = {
        *(environ[name] for name in names if name in environ),
        *_around(environ),
        *(_read(Path(file.folder, place)) for place in _told(file, "file") if opens),
        *(_pairs(file, environ) if opens else ()),
    }
    written = written_secrets(file.document, file.settings.vars)
    return Secrets(written.values.union(values, tails(values)), names)


def _told(file: RolloutFile, kind: str) -> Iterator[str]:
    """The places of secrets of a kind: `env` or `file`."""
    for pattern in _SOURCES:
        yield from (place for _, place in texts(file.document.data, f"{pattern}.{kind}"))


def _around(environ: Mapping[str, str]) -> Iterator[str]:
    """What other variables of the environment say to be secret by their names: commands have them,
    and may print them."""
    for name, value in environ.items():
        is_place = name in _FOLDERS or value.startswith(("/", "~", "."))
        if is_secret_name(name) and len(value) >= LONG and not is_place:
            yield value


def _pairs(file: RolloutFile, environ: Mapping[str, str]) -> Iterator[str]:
    """User and password as a header has them."""
    for server in (one for servers in file.servers.values() for one in servers):
        if server.username is not None and server.password is not None:
            pair = f"{server.username}:{_value(server.password, environ)}"
            yield base64.b64encode(pair.encode("utf-8", "surrogateescape")).decode()


def _value(secret: Secret, environ: Mapping[str, str]) -> str:
    if secret.env is not None:
        return environ.get(secret.env, "")
    return _read(Path(secret.file)) if secret.file is not None else secret.inline or ""


def _read(path: Path) -> str:
    """Empty where it cannot be read; never waits."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(fd, "rb") as file:  # noqa: PTH123
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                return ""
            return file.read(MAX_SECRET).decode("utf-8", "replace").strip()
    except (OSError, ValueError):
        return ""
