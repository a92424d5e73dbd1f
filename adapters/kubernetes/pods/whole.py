"""The pool of pods as a whole: prepared before the first pod is taken out, put back at the end."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from adapters.kubernetes.client.api import Json
from adapters.kubernetes.client.faults import ApiError
from adapters.kubernetes.pod import NEW, OUT, annotations_of, is_terminating, name_of, uid_of
from adapters.kubernetes.pods.ground import Ground
from adapters.kubernetes.pods.held import FORMER, KEPT
from adapters.kubernetes.pods.lines import Picture, unproven
from adapters.kubernetes.pods.narrowing import narrow, widen
from adapters.kubernetes.pods.rotation.selector import BySelector
from adapters.kubernetes.pods.workloads.deployment import failure, lacks
from adapters.kubernetes.pods.workloads.found import found_in
from controller.core.steps import Course
from controller.errors import BalancerError, CommandRefused

_NOW: Final = timedelta(0)
_COMES: Final = timedelta(seconds=60)
_SOON: Final = timedelta(milliseconds=20)


async def open_pool(ground: Ground, course: Course | None) -> Mapping[str, str]:
    """Raises ApiError, BalancerError: then nothing stays as it was set, unless that may pass."""
    turn = await ground.turn()
    kept = {"rotation": turn.kind.value}
    try:
        if course is not None:
            await ground.arm()
        if isinstance(turn, BySelector):
            await narrow(ground, turn)
        if course is not None:
            found = await ground.held.hold(course, is_first=True)
            kept |= {KEPT: found.moved, FORMER: await ground.held.known_revision(found, course)}
            await _spare(ground)
    except (ApiError, BalancerError) as error:
        if error.retryable:
            raise
        try:
            await close_pool(ground, kept)
        except (ApiError, BalancerError) as also:
            why = f"{error}; and it was not put back: {also}"
            raise CommandRefused(ground.instance, why) from None
        raise
    return kept


async def _spare(ground: Ground) -> None:
    """A pod more is the first member to prove itself: it is there before anybody goes."""
    deadline = ground.clock.now() + _COMES
    while True:
        identity, seen = await ground.held.read()
        why = lacks(seen) if identity.kind.retires else ""
        if not why:
            return
        if ground.clock.now() >= deadline or (why := failure(seen)):
            raise CommandRefused(
                ground.instance,
                f"{identity.path} got no pod to spare: {why}; make room for it, or set "
                "strategy.rollingUpdate.maxSurge of the Deployment to 0",
            )
        await ground.clock.sleep(_SOON)


async def close_pool(ground: Ground, kept: Mapping[str, str]) -> None:
    """What came unasked is let in where users knew its revision before; that others at another one
    are proven says nothing of it. Raises CommandRefused where something has to stay as it is set.
    """
    turn, picture = await ground.turn(), await ground.live.picture(_NOW)
    found, former = found_in(picture.seen.workload), kept.get(FORMER, "")
    is_stepped = found is not None or FORMER in kept
    if found is not None and not former:
        former = await ground.held.known_revision(found, Course.UPGRADE)
    await ground.held.release(kept)
    await ground.without_spare()
    await ground.flips.stopped()
    picture = await ground.live.picture(_NOW)
    out = unproven(ground.live.kind, turn, picture, former, is_stepped=is_stepped)
    if isinstance(turn, BySelector):
        await widen(ground, turn, [name_of(pod) for pod in out])
    picture, stay = await ground.live.picture(_NOW), {uid_of(pod) for pod in out}
    for pod in picture.seen.pods:
        is_new = annotations_of(pod).get(OUT) == NEW and not is_terminating(pod)
        if is_new and uid_of(pod) not in stay:
            await ground.flips.back(pod, turn)
    if out:
        raise CommandRefused(ground.instance, _stay_out(picture, out))


def _stay_out(picture: Picture, out: list[Json]) -> str:
    names = ", ".join(sorted(name_of(pod) for pod in out))
    return (
        f"{names} came meanwhile at a revision that users did not know before, and nothing has "
        f"proven it: left out of Service {name_of(picture.service)}; delete it, and the next one "
        "comes in by itself, or let it in by its label"
    )
