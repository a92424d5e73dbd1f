"""Evictions: by the book of the pod's disruption budget, and of the pod that is meant alone."""

from enum import StrEnum

from adapters.kubernetes.budgets import as_query, covers, standing
from adapters.kubernetes.client.api import Api, Json
from adapters.kubernetes.client.faults import ApiError, Conflict, NotFound, TooManyRequests
from adapters.kubernetes.client.paths import BUDGETS, PODS


class Eviction(StrEnum):
    GRANTED = "granted"
    """It is terminating, or was already."""
    GONE = "gone"
    """There is no such pod any more; one of the same name may have followed."""


async def may_evict(api: Api, pod: Json) -> Eviction:
    """A dry run. Raises ApiError: TooManyRequests where a budget refuses."""
    return await _evict(api, pod, dry_run=True)


async def evict(api: Api, pod: Json) -> Eviction:
    """Evict this pod, by its UID. Raises ApiError: TooManyRequests where a budget refuses.

    First as a dry run: an eviction that is refused for its UID uses up the budget all the same,
    for two minutes, and a dry run does not.
    """
    if await _evict(api, pod, dry_run=True) is Eviction.GONE:
        return Eviction.GONE
    return await _evict(api, pod, dry_run=False)


async def _evict(api: Api, pod: Json, *, dry_run: bool) -> Eviction:
    meta = pod["metadata"]
    try:
        await api.evict(meta["name"], meta["namespace"], meta["uid"], dry_run=dry_run)
    except (NotFound, Conflict):
        return Eviction.GONE
    return Eviction.GRANTED


async def refusal(api: Api, pod: Json, error: TooManyRequests) -> str:
    """Why a budget refused, and who else is unhealthy; as far as that can be read."""
    if not error.budget:
        return error.message or error.words
    namespace = pod["metadata"]["namespace"]
    try:
        listed = await api.list(BUDGETS, namespace, fields=f"metadata.name={error.budget}")
        found = [budget for budget in listed.items if covers(budget, pod)]
        query = as_query(found[0]["spec"]["selector"]) if found else ""
        pods = (await api.list(PODS, namespace, labels=query)).items if found else []
    except ApiError:  # may not be read: the refusal says enough
        found = []
    if not found:
        said = [cause.message for cause in error.causes if cause.message]
        return said[0] if said else error.message
    others = [one for one in pods if one["metadata"]["uid"] != pod["metadata"]["uid"]]
    return standing(found[0], others)
