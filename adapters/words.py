"""What several adapters need to put a fault into words: its causes, and no secrets (S12).

The only module that adapters share; they never import each other.
"""

from collections.abc import Iterable, Iterator
from typing import Final

HIDDEN: Final = "***"
_SHORTEST_SECRET: Final = 4
"""Shorter values are no secrets, and hiding them would garble the text."""


def hide(text: str, secrets: Iterable[str]) -> str:
    """`text` with every one of `secrets` blotted out, and their longer words too."""
    words = {word for secret in secrets for word in (secret, *secret.split())}
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _SHORTEST_SECRET:
            text = text.replace(word, HIDDEN)
    return text


def causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and what lies behind it; several attempts at once come as a group."""
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
