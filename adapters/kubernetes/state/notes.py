"""Notes about the rollouts of a name, in a ConfigMap of their own: they take no room from the
journal."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from adapters import journal_text
from adapters.kubernetes.client.faults import NotFound
from adapters.kubernetes.client.objects import Json, version_of
from adapters.kubernetes.client.paths import CONFIGMAPS
from adapters.kubernetes.state.names import NOTES, notes_name
from adapters.kubernetes.state.reading import Reader
from adapters.kubernetes.state.values import put, values_of
from adapters.kubernetes.state.writing import Writer

WITHIN: Final = timedelta(seconds=15)
"""How long an API that is away is waited for."""
_PARTS: Final = ("data", "binaryData")


async def keep_note(writer: Writer, name: str, key: str, text: str | None) -> None:
    """Raises ApiError, StateError. Each key is a value of its own: whoever writes others meanwhile
    is in nobody's way."""
    journal_text.checked(text or "", f"the note {key}")
    there = await writer.patiently(lambda: writer.made(notes_name(name), NOTES), WITHIN)
    body: Json = {"metadata": {"resourceVersion": version_of(there)}}
    if text is not None:
        put(body, key, text)
    for part in _PARTS:  # a value moves between its two places with its length
        body.setdefault(part, {}).setdefault(key, None)
    await writer.patch(notes_name(name), body, lambda _: True, WITHIN)


async def read_notes(reader: Reader, name: str) -> Mapping[str, str]:
    """Raises ApiError, StateError."""
    try:
        found = await reader.objects.get(CONFIGMAPS, notes_name(name), reader.namespace)
    except NotFound:
        return {}
    with journal_text.reading(f"the notes of {name}"):
        return dict(sorted(values_of(found).items()))
