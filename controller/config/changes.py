"""Diff between the rollout file that a rollout was started with and the present one."""

import hmac
from collections.abc import Mapping
from difflib import unified_diff
from hashlib import pbkdf2_hmac, sha256

from controller.config.masking import masked
from controller.config.meaning import meaning
from controller.config.reader import parse
from controller.config.rollout_file import RolloutFile
from controller.config.text.places import printable
from controller.config.text.templating import fill
from controller.config.values.filling import named
from controller.errors import ConfigurationError

SECRET_CHANGED = "a value that may be secret has changed; it is not shown"

TRIES = 200_000
"""A tenth of a second for one fingerprint."""

MAX_LINES = 200
"""More lines than an operator reads before a decision."""


def changes(
    old_text: str, old_sets: Mapping[str, str], new_text: str, new_sets: Mapping[str, str]
) -> list[str]:
    """The diff as lines for an operator, secrets masked; empty when both mean the same."""
    if (old_text, dict(old_sets)) == (new_text, dict(new_sets)):
        return []
    old_meaning = _meaning(old_text, old_sets)
    if old_meaning is not None and old_meaning == _meaning(new_text, new_sets):
        return []
    old, old_shown = masked(old_text, old_sets)
    new, new_shown = masked(new_text, new_sets)
    lines = [
        *unified_diff(
            old.splitlines(), new.splitlines(), "as started", "as it is now", "", "", 2, ""
        ),
        *_set_lines(old_shown, new_shown),
    ]
    if len(lines) > MAX_LINES:
        lines[MAX_LINES:] = [f"… and {len(lines) - MAX_LINES} more lines"]
    return lines or [SECRET_CHANGED]


KEY_FILE = "fingerprint.key"
"""Where the key is, for people."""

KEYED = "hmac:"
SLOW = "slow:"
"""Begin fingerprints by how they are made; former versions wrote a plain hash."""


def fingerprint(file: RolloutFile, salt: str, key: bytes = b"", like: str = "") -> str:
    """Tells whether a file means the same, secrets included, without keeping any of them.

    `salt`: something of each rollout's own, so that equal secrets look different. `key`: private to
    the state, so that nobody without it can try out what a weak secret may be; where there is none,
    each try takes a while. `like`: how it is made, as the one that it is compared with.
    """
    return _digest(meaning(file), salt, key, like)


def notices_fingerprint(file: RolloutFile, salt: str, key: bytes = b"", like: str = "") -> str:
    """The same of `notify` and `heartbeat`, which may change during a rollout."""
    rollout, known = file.rollout, {"rollout.name": file.settings.name, **named(file.settings.vars)}
    words = [[fill(word, known) for word in one.command or ()] for one in rollout.notify]
    return _digest((words, rollout.notify, rollout.heartbeat), salt, key, like)


def _digest(meant: tuple[object, ...], salt: str, key: bytes, like: str) -> str:
    whole = repr((salt, meant)).encode("utf-8", "surrogatepass")
    if not like.startswith((KEYED, SLOW)):
        return sha256(whole).hexdigest()
    if key and like.startswith(KEYED):
        made = hmac.new(key, whole, sha256).hexdigest()
        return f"{KEYED}{made}" if _is_unnamed(like) else f"{KEYED}{_named(key)}:{made}"
    return SLOW + pbkdf2_hmac("sha256", sha256(whole).digest(), salt.encode(), TRIES).hex()


def _named(key: bytes) -> str:
    """Which key it was, and nothing of it."""
    return sha256(b"which key\0" + key).hexdigest()[:8]


def _is_unnamed(made: str) -> bool:
    """Whether a former version made it, which did not say with which key."""
    return len(made) > len(KEYED) and ":" not in made.removeprefix(KEYED)


def key_fault(made: str, key: bytes) -> str:
    """Why a fingerprint cannot be compared with any file; empty where it can."""
    if not made.startswith(KEYED):
        return ""
    if not key:
        what = f"`{KEY_FILE}` in the state folder is missing, or this user may not read it"
    elif _is_unnamed(made) or made.startswith(f"{KEYED}{_named(key)}:"):
        return ""
    else:
        what = f"`{KEY_FILE}` in the state folder is another one than the run had (lost?)"
    return (
        f"{what}: whether a secret has changed is not known. Put that key back from a backup, "
        "readable for this user, or abort the rollout"
    )


def _set_lines(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    return [
        f"--set {printable(name)}: {_told(old, name)} as started, {_told(new, name)} now"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _told(sets: Mapping[str, str], name: str) -> str:
    return f'"{printable(sets[name])}"' if name in sets else "not given"


def _meaning(text: str, sets: Mapping[str, str]) -> tuple[object, ...] | None:
    try:
        return meaning(parse(text, "rollout.yaml", sets))
    except ConfigurationError:
        return None
