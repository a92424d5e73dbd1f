"""Narrows the selector of a Service for a rollout, and restores it, so that it is never empty."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from adapters.kubernetes.client.api import Json
from adapters.kubernetes.client.faults import ApiError, Conflict, is_of_another
from adapters.kubernetes.client.paths import SERVICES
from adapters.kubernetes.pod import DRAINED, OUT, annotations_of, is_ready, is_terminating, name_of
from adapters.kubernetes.pods.ground import Ground
from adapters.kubernetes.pods.lines import Picture
from adapters.kubernetes.pods.rotation.selector import BySelector, is_narrowed
from controller.errors import BalancerUnreachable, CommandRefused

NOTE: Final = "poolroll.dev/narrowed"
"""Annotation of a Service whose selector asks for our label: for which workload."""
_AT_ONCE: Final = 10
_TRIES: Final = 5
"""Pods may come while the others are labelled."""
_NOW: Final = timedelta(0)
_TAKES: Final = timedelta(seconds=1)
"""Long after a change of the Service, the slices follow it; measured are 30 ms. One pod is tried
before the others."""


async def narrow(ground: Ground, turn: BySelector) -> None:
    """Label every pod of now, then have the Service ask for that. May be repeated."""
    for tries_left in reversed(range(_TRIES)):
        picture = await ground.live.picture(_NOW)
        if is_narrowed(picture.service):
            return
        lacking = turn.to_label(picture.service, picture.seen.pods)
        if not lacking:
            break
        if not tries_left:
            names = ", ".join(sorted(map(name_of, lacking)))
            raise BalancerUnreachable(ground.instance, f"{names}: no label that was set is there")
        await _label(ground, lacking, turn.back)
    path = (await ground.live.identity()).path
    await _patch(ground, picture.service, {**turn.narrowed(), **_note(path)})


async def widen(ground: Ground, turn: BySelector, unproven: Sequence[str] = ()) -> None:
    """Restore the selector, then take the labels off. May be repeated. Raises CommandRefused where
    a pod that is to stay out, such as these, would come into rotation with that."""
    picture = await ground.live.picture(_NOW)
    if is_narrowed(picture.service):
        if out := sorted({*kept_out(picture), *unproven}):
            raise CommandRefused(
                ground.instance,
                f"the selector of Service {name_of(picture.service)} stays as poolroll set it: "
                f"{', '.join(out)} is out and would come into rotation with it; bring it back or "
                "delete it, then abort again",
            )
        await _patch(ground, picture.service, {**turn.widened(), **_note(None)})
    labelled = turn.to_unlabel(picture.seen.pods)
    first, others = labelled[:1], labelled[1:]
    await _label(ground, first, turn.out)
    if others:
        await ground.clock.sleep(_TAKES)
        await _still_listed(ground, turn, first[0])
    await _label(ground, others, turn.out)


async def _still_listed(ground: Ground, turn: BySelector, pod: Json) -> None:
    now = await ground.live.picture(_NOW)
    is_there = any(one["metadata"]["uid"] == pod["metadata"]["uid"] for one in now.seen.pods)
    if is_there and is_ready(pod) and not now.endpoint(pod).is_ready:
        await _label(ground, [pod], turn.back)
        raise BalancerUnreachable(
            ground.instance, "the slices do not follow the selector of the Service yet"
        )


def kept_out(picture: Picture) -> list[str]:
    """Pods that the rollout took out and has not let in."""
    return sorted(
        name_of(pod)
        for pod in picture.seen.pods
        if annotations_of(pod).get(OUT) == DRAINED and not is_terminating(pod)
    )


def _note(path: str | None) -> Json:
    return {"metadata": {"annotations": {NOTE: path}}}


async def _patch(ground: Ground, service: Json, body: Json) -> None:
    version = service["metadata"]["resourceVersion"]
    body["metadata"]["resourceVersion"] = version
    try:
        written = await ground.api.merge(SERVICES, name_of(service), ground.namespace, body)
    except Conflict:
        raise BalancerUnreachable(
            ground.instance, f"Service {name_of(service)} was written by somebody else meanwhile"
        ) from None
    ground.live.wrote(SERVICES, written)


async def _label(ground: Ground, pods: list[Json], labels: dict[str, str | None]) -> None:
    async def one(pod: Json) -> None:
        try:
            await ground.flips.labelled(pod, labels)
        except ApiError as error:
            if not is_of_another(error):
                raise

    for at in range(0, len(pods), _AT_ONCE):
        await asyncio.gather(*(one(pod) for pod in pods[at : at + _AT_ONCE]))
