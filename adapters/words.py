"""Helpers for error messages: the causes of an exception, and hiding of secrets (S12).

Adapters share this module, `connections`, `proxies`, `streams`, `trust` and few others.
"""

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

HIDDEN: Final = "***"
_SHORTEST_SECRET: Final = 4
"""Shorter values are not secrets, and hiding them would garble the text."""


def hide(text: str, secrets: Iterable[str]) -> str:
    """`text` with every one of `secrets`, and their longer words, replaced by `***`."""
    words = {word for secret in secrets for word in (secret, *secret.split())}
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _SHORTEST_SECRET:
            text = text.replace(word, HIDDEN)
    return text


def is_file(path: Path) -> bool:
    """Whether there is such a file, as far as this user can see: what lies in a folder that may
    not be searched, or under a name that is too long, is not there."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and its causes, in order; exception groups are unpacked."""
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        cause = todo.pop(0)
        if cause is None or cause in seen:
            continue
        seen.append(cause)
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            todo.extend(cause.exceptions)
        todo += [cause.__cause__, cause.__context__]
