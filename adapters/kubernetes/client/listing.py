"""Lists, in pages: memory hangs on what is selected, and not on what a namespace holds."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.kubernetes.client.faults import Expired
from adapters.kubernetes.client.shape import checked
from adapters.kubernetes.client.wire.asking import Asking
from adapters.kubernetes.client.wire.transport import Request
from adapters.kubernetes.client.words import not_the_api

Json = dict[str, Any]

_PAGE: Final = 250
_MOST_PAGES: Final = 400
_TRIES: Final = 3
"""Where the version of a list expires between its pages."""


@dataclass(frozen=True, slots=True)
class Listing:
    items: list[Json]
    version: str
    """To watch from."""


def without_managed(found: Json) -> Json:
    """Half of an object, by size, is who wrote which of its fields."""
    meta = found.get("metadata")
    if isinstance(meta, dict):
        meta.pop("managedFields", None)
    return found


async def listed(asking: Asking, request: Request, trim: Callable[[Json], Json]) -> Listing:
    """What `trim` leaves of each object. Raises ApiError."""
    for tries in range(_TRIES):
        try:
            return await _pages(asking, request, trim)
        except Expired:
            if tries == _TRIES - 1:
                raise
    raise AssertionError


async def _pages(asking: Asking, request: Request, trim: Callable[[Json], Json]) -> Listing:
    items: list[Json] = []
    params = {**request.params, "limit": str(_PAGE)}
    for _ in range(_MOST_PAGES):
        page = await asking.ask(replace(request, params=params))
        found, meta = page.get("items"), page.get("metadata")
        if not isinstance(meta, dict) or not isinstance(found, list | None):
            raise not_the_api(request.call, "a list without its parts")
        there = [one for one in found or [] if isinstance(one, dict)]
        for one in there:
            checked(request.call, one)
        items += map(trim, there)
        if not meta.get("continue"):
            return Listing(items, str(meta.get("resourceVersion") or ""))
        params["continue"] = str(meta["continue"])
    raise not_the_api(request.call, "a list that does not end")
