"""Holds a workload still while poolroll steps through its pods: the one patch that begins it, what
is set on the way, and putting all of it back.

What was found and what we set stand in annotations, written by the same patches. A field is ours as
long as it has the value of that note: what somebody else changed is noticed by value, never by
resourceVersion, which every status write raises.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from adapters.kubernetes.client.api import Api
from adapters.kubernetes.client.faults import Conflict
from adapters.kubernetes.pod import OUT, annotations_of
from adapters.kubernetes.pods.live import Identity, Live
from adapters.kubernetes.pods.patches import digest, is_same, setting, value_at
from adapters.kubernetes.pods.rivals import said
from adapters.kubernetes.pods.templates import Templates, template_of
from adapters.kubernetes.pods.workloads.base import Json, Seen
from adapters.kubernetes.pods.workloads.found import (
    CLEARED,
    Found,
    Ours,
    found_in,
    moved_in,
    noted,
    noted_anew,
    ours_in,
)
from controller.core.steps import Course
from controller.errors import BalancerUnreachable, CommandRefused
from controller.pools.kubernetes import PodPool
from controller.ports import Clock

FORMER: Final = "former"
"""Of what `open` answers: the revision that users know from before."""
KEPT: Final = "workload"
"""Of what `open` answers: the same as in the annotation."""
_TRIES: Final = 20
"""Somebody may write between our reading and our writing; the status counts as that, too."""
_CATCHES_UP: Final = timedelta(seconds=60)
"""A controller needs half a minute and more after its API server was away."""
_PAUSE: Final = timedelta(milliseconds=50)


class Held:
    """Raises ApiError, and CommandRefused where it must not be done."""

    def __init__(
        self, api: Api, live: Live, pool: PodPool, namespace: str, instance: str, clock: Clock
    ) -> None:
        self._api = api
        self._live = live
        self._pool = pool
        self._namespace = namespace
        self._instance = instance
        self._clock = clock
        self.templates = Templates(api, live, pool, namespace, instance)

    # --- writing -----------------------------------------------------------------------------

    async def hold(self, course: Course, *, is_first: bool = False) -> Found:
        """The template of that way, and nothing moves by itself: all of it in one patch; no write
        where it is so already. `is_first`: before anything is done to a pod, what others changed
        since an earlier rollout noted it is what was found."""
        for _ in range(_TRIES):
            identity, seen = await self.read()
            was = seen.workload
            if is_first:
                seen = replace(seen, workload=noted_anew(was))
            is_anew = seen.workload is not was
            self._refuse_rivals(identity, seen.workload)
            wanted = await self.templates.wanted(course, seen)
            if wanted is None:
                raise self.templates.no_former(identity)
            found, ours = found_in(seen.workload), ours_in(seen.workload)
            is_so = ours is not None and ours.template == digest(wanted)
            if found is not None and is_so and not is_anew:
                return await self._eased(identity, seen, found)
            found = self._note(identity, seen, course, wanted, found)
            fields = {
                **(ours.fields if ours is not None else {}),
                **identity.kind.holding(seen, course, wanted),
            }
            found = replace(found, fields={**_values(seen.workload, fields), **found.fields})
            spec = setting(seen.workload["spec"], fields)
            if not is_same(wanted, template_of(seen.workload)):
                spec["template"] = await self.templates.patch(course, seen)
            awaited = ours.awaited if ours is not None else ()
            now = Ours(digest(wanted), fields, awaited)
            if await self._patched(identity, seen, spec, noted(found, now)):
                return await self._eased(*await self.read(), found)
        raise self._fought_over(identity)

    async def _eased(self, identity: Identity, seen: Seen, found: Found) -> Found:
        """Once what began it has taken effect, a part of it may go."""
        deadline = self._clock.now() + _CATCHES_UP
        while (fields := identity.kind.eases(seen)) != {}:
            if fields is not None and await self.set(identity, seen, fields):
                return found
            if self._clock.now() >= deadline:
                raise self._behind(identity)
            await self._clock.sleep(_PAUSE)
            identity, seen = await self.read()
        return found

    def _behind(self, identity: Identity) -> BalancerUnreachable:
        """What its status says is about what was set before."""
        why = f"the controller of {identity.path} does not take up what was set"
        return BalancerUnreachable(self._instance, why)

    def _note(
        self, identity: Identity, seen: Seen, course: Course, wanted: Json, found: Found | None
    ) -> Found:
        template = template_of(seen.workload)
        if found is not None and not (found.back_to is None and is_same(found.template, template)):
            return found
        fields = found.fields if found is not None else {}
        back_to = None
        if course is Course.ROLLBACK:
            back_to = wanted
        elif self._pool.template is None:
            back_to = identity.kind.former(seen)
        return Found(template, fields, back_to)

    async def advance(self, place: str, known: Seen | None = None) -> None:
        """Have the place whose pod goes get the new revision: at once, by what is known, unless
        somebody has written meanwhile."""
        identity = await self._live.identity()
        for _ in range(_TRIES):
            seen, known = known or (await self.read())[1], None
            self._refuse_rivals(identity, seen.workload)
            fields = identity.kind.advance(seen, place)
            if not fields:
                return
            if await self.set(identity, seen, fields):
                return
        raise self._fought_over(identity)

    async def set(
        self, identity: Identity, seen: Seen, fields: Mapping[str, Any], awaited: str = ""
    ) -> bool:
        """Set fields of a workload that is held. False: somebody wrote meanwhile, look again.
        `awaited`: the member whose next pod comes then, under another name."""
        found, ours = found_in(seen.workload), ours_in(seen.workload)
        if found is None or ours is None:
            raise CommandRefused(self._instance, f"{identity.path} is not held by poolroll")
        self._refuse_rivals(identity, seen.workload)
        others = tuple(place for place in ours.awaited if place != awaited)
        places = (*others, awaited) if awaited else others
        now = replace(ours, fields={**ours.fields, **fields}, awaited=places)
        found = replace(found, fields={**_values(seen.workload, fields), **found.fields})
        spec = setting(seen.workload["spec"], fields)
        return await self._patched(identity, seen, spec, noted(found, now))

    async def known_revision(self, found: Found, course: Course) -> str:
        """What users met before a rollout of that course began; empty: no pod has it."""
        identity, seen = await self.read()
        template = found.former if course is Course.UPGRADE else found.template
        return identity.kind.revision_with(seen, template)

    async def release(self, kept: Mapping[str, str]) -> None:
        """Put back every field that still has our value. Raises CommandRefused where its controller
        would then move pods by itself: what holds it stays."""
        deadline = self._clock.now() + _CATCHES_UP
        for _ in range(_TRIES):
            identity, seen = await self.read()
            while not seen.is_caught_up:
                if self._clock.now() >= deadline:
                    raise self._behind(identity)
                await self._clock.sleep(_PAUSE)
                identity, seen = await self.read()
            found, ours = found_in(seen.workload), ours_in(seen.workload)
            if found is None or ours is None:
                self._refuse_lost(identity, seen.workload, moved_in(kept.get(KEPT, "")))
                return
            lost = ours.lost(seen.workload)
            fields = {path: value for path, value in found.fields.items() if path not in lost}
            spec = setting(seen.workload["spec"], fields)
            if "template" not in lost and _is_untouched(identity, seen, found):
                spec["template"] = {"$patch": "replace", **found.template}
            elif why := identity.kind.let_go(seen, fields):
                raise CommandRefused(self._instance, _stays(identity, self._namespace, fields, why))
            if await self._patched(identity, seen, spec, CLEARED):
                return
        raise self._fought_over(identity)

    # --- rivals ------------------------------------------------------------------------------

    def rival(self, identity: Identity, workload: Json) -> str:
        """What somebody else changed of what we hold, and who; empty: nothing."""
        ours = ours_in(workload)
        if ours is None:
            return ""
        paths = [f"spec.{path}" for path in ours.lost(workload)]
        return said(identity.path.partition("/")[0], workload, paths)

    def _refuse_rivals(self, identity: Identity, workload: Json) -> None:
        if rival := self.rival(identity, workload):
            raise CommandRefused(self._instance, rival)

    def _refuse_lost(self, identity: Identity, workload: Json, moved: Mapping[str, Any]) -> None:
        """Our note is gone, and what it was about may still stand there: it is not known whose it
        is, so it is left, and said."""
        spec = workload["spec"]
        left = [path for path, was in moved.items() if not is_same(value_at(spec, path), was)]
        if left:
            what = ", ".join(f"spec.{path}" for path in left)
            raise CommandRefused(
                self._instance,
                f"{what} of {identity.path} is not as it was found, and the note that poolroll "
                "made there is gone: set it by hand",
            )

    def _fought_over(self, identity: Identity) -> CommandRefused:
        return CommandRefused(
            self._instance, f"{identity.path} was written by others {_TRIES} times in a row"
        )

    # --- reading -----------------------------------------------------------------------------

    async def read(self) -> tuple[Identity, Seen]:
        identity = await self._live.identity()
        return identity, await self._live.seen(await self._live.workload(identity))

    async def _patched(
        self, identity: Identity, seen: Seen, spec: Json, annotations: Mapping[str, str | None]
    ) -> bool:
        meta = seen.workload["metadata"]
        body = {
            "metadata": {
                "resourceVersion": meta["resourceVersion"],
                "annotations": dict(annotations),
            },
            **({"spec": spec} if spec else {}),
        }
        kind, name = identity.kind.resource, identity.name
        try:
            written = await self._api.strategic(kind, name, self._namespace, body)
        except Conflict:
            return False
        self._live.wrote(kind, written)
        return True


def _values(workload: Json, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {path: value_at(workload["spec"], path) for path in fields}


def _is_untouched(identity: Identity, seen: Seen, found: Found) -> bool:
    """Whether no pod that users meet has been given the template that we set: then it goes back,
    too. One that came beside all the others goes with it."""
    kind = identity.kind
    former = kind.revision_with(seen, found.template)
    if is_same(found.template, template_of(seen.workload)) or not former:
        return False
    others = [pod for pod in seen.pods if kind.revision_of(seen, pod) != former]
    if not kind.retires or not others:
        return not others
    is_whole = len(seen.pods) - len(others) >= seen.workload["spec"].get("replicas", 1)
    return is_whole and all(OUT in annotations_of(pod) for pod in others)


def _stays(identity: Identity, namespace: str, fields: Mapping[str, Any], why: str) -> str:
    kind, _, name = identity.path.partition("/")
    what = ", ".join(f"spec.{path}" for path in fields)
    return (
        f"{what} of {identity.path} stays as poolroll set it, since with the value that was found "
        f"there {why}; run the rollout again to go on, or bring all pods to one version and then "
        f"`kubectl --namespace {namespace} edit {kind} {name}`"
    )
