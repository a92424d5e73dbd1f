"""The tasks of a pool of pods: replace the pod of a member, and say at which revision it is.

A task is no process: killed and asked for again, it looks what is there and goes on.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final

from adapters.kubernetes.client.api import Json
from adapters.kubernetes.client.faults import ApiError, Conflict, NotFound, TooManyRequests
from adapters.kubernetes.client.paths import PODS
from adapters.kubernetes.evict import Eviction, evict, may_evict, refusal
from adapters.kubernetes.pod import DRAINED, OUT, annotations_of, is_ready, name_of, uid_of
from adapters.kubernetes.pods.ground import Ground
from adapters.kubernetes.pods.lines import Picture
from adapters.kubernetes.pods.progress import Failed, Progress
from adapters.kubernetes.pods.steps import Act, Next, Wanted, lacking, next_step
from adapters.kubernetes.pods.workloads.base import Seen, Workload
from adapters.kubernetes.pods.workloads.found import ours_in
from adapters.kubernetes.pods.workloads.sizes import is_active
from controller.core.steps import Course
from controller.errors import BalancerError
from controller.tasks import JobResult, PoolTask, Task, TaskJob

REPLACES: Final = {"replace": Course.UPGRADE, "restore": Course.ROLLBACK}
ASKS: Final = {"is_current": Course.UPGRADE, "is_former": Course.ROLLBACK}

_PROVEN: Final = timedelta(seconds=1)
_AT_MOST: Final = timedelta(milliseconds=500)
"""Between two looks, where nothing was told."""
_PATIENCE: Final = timedelta(minutes=5)
"""With a budget that refuses, where nobody says."""
_CANNOT_SAY: Final = 2
_LATELY: Final = timedelta(milliseconds=600)
"""As old as that the Service and the workload may be while there is only to wait: looks read them
twice a second. Before anything is done they are read anew, or were a moment ago."""
_JUST_NOW: Final = timedelta(milliseconds=50)


class PodTasks:
    """Implements `controller.ports.Tasks`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._api, self._live, self._held = ground.api, ground.live, ground.held
        self._clock = ground.clock

    def unstartable(self, task: Task) -> str | None:
        if isinstance(task, PoolTask) and task.name in REPLACES | ASKS:
            return None
        return f"a pool of pods has no task {task.label!r}"

    # --- questions ---------------------------------------------------------------------------

    async def ask(self, task: Task) -> JobResult:
        """0: it is at that revision; 1: it is not; 2: that cannot be said."""
        assert isinstance(task, PoolTask)
        began = self._clock.now()
        if (fault := self.unstartable(task)) is not None or task.name not in ASKS:
            return JobResult(fault=fault or f"{task.name} is no question")
        while True:
            try:
                code, said = await self._answer(task.args.get("member", ""), ASKS[task.name])
            except (ApiError, BalancerError) as error:
                code, said = (None if error.retryable else _CANNOT_SAY), str(error)
            elapsed = self._clock.now() - began
            if code is not None or elapsed >= task.timeout:
                exit_code = _CANNOT_SAY if code is None else code
                return JobResult(exit_code, output=f"{said}\n", seconds=elapsed.total_seconds())
            await self._pause(None)

    async def _answer(self, member: str, course: Course) -> tuple[int | None, str]:
        identity, seen = await self._held.read()
        places = identity.kind.places(seen)
        if member not in places:
            return 1, f"{identity.path} has no pod for {member} any more"
        wanted = await self._held.templates.revision(course, seen)
        pod = places[member]
        if wanted == "":
            return None, f"{identity.path}: its controller has not taken up the template yet"
        if wanted is None:
            return 1, "no pod has that template yet"
        if pod is None:
            return 1, f"{member} is not there at the moment"
        revision = identity.kind.revision_of(seen, pod)
        is_there = revision == wanted
        if is_there and OUT in annotations_of(pod) and not is_ready(pod):
            return 1, f"{name_of(pod)} is not Ready yet"
        rest = "" if is_there else f", and that of the template is {wanted}"
        return (0 if is_there else 1), f"{name_of(pod)} has revision {revision}{rest}"

    # --- steps -------------------------------------------------------------------------------

    async def run(self, job: TaskJob) -> JobResult:
        task = job.task
        assert isinstance(task, PoolTask)
        if task.name not in REPLACES:
            return JobResult(fault=f"a pool of pods has no step {task.name!r}")
        place = task.args.get("member", "")
        patience = task.args.get("budget")
        progress = Progress(
            place,
            REPLACES[task.name],
            frozenset(seat.occupant.id for seat in job.seats),
            self._clock.now(),
            task.timeout,
            timedelta(seconds=float(patience)) if patience else _PATIENCE,
            job.joins,
        )
        self._ground.in_hand.add(place)
        self._ground.filled.discard(place)
        try:
            return await self._run(progress)
        finally:
            self._ground.held_up.pop(place, None)
            self._ground.in_hand.discard(place)
            self._ground.awaited.pop(place, None)
            self._ground.filled.add(place)

    async def _run(self, progress: Progress) -> JobResult:
        exit_code: int | None = 1
        try:
            if not await self._replaced(progress):
                return self._ended(progress, lost=True)
            exit_code = 0
        except TimeoutError:
            return self._ended(progress, timed_out=True)
        except Failed as failed:
            progress.note(str(failed))
        return self._ended(progress, exit_code)

    def _ended(self, progress: Progress, exit_code: int | None = None, **how: bool) -> JobResult:
        seconds = (self._clock.now() - progress.started).total_seconds()
        return JobResult(
            exit_code,
            timed_out=how.get("timed_out", False),
            lost=how.get("lost", False),
            output="".join(f"{line}\n" for line in progress.lines),
            seconds=seconds,
        )

    async def _replaced(self, progress: Progress) -> bool:
        """False: it is to be joined, and never began."""
        while True:
            if self._clock.now() - progress.started >= progress.timeout:
                raise TimeoutError
            try:
                step = await self._step(progress)
                if step.act is Act.DONE:
                    return True
                if progress.joins and step.act in (Act.EVICT, Act.LET_GO):
                    return False
                if step.act is not Act.WAIT and await self._perform(progress, step):
                    continue
                if step.act is Act.WAIT:
                    progress.note(f"waiting: {step.why}")
            except (ApiError, BalancerError) as error:
                if not error.retryable:
                    raise Failed(str(error)) from None
                progress.note(f"waiting: {error}")
                progress.seen = None  # while the API is away, that it was cut is old news
            await self._pause(progress.seen)

    async def _step(self, progress: Progress) -> Next:
        await self._ground.arm()
        if not (progress.joins or progress.is_held):
            await self._held.hold(progress.course)
            progress.is_held = True
        step = await self._next(progress, await self._live.picture(_PROVEN, _LATELY))
        if step.act not in (Act.WAIT, Act.DONE):  # what is done, its guard proves
            step = await self._next(progress, await self._live.picture(_PROVEN, _JUST_NOW))
        if step.act is Act.FAIL:
            raise Failed(step.why)
        if step.act is Act.DONE:
            progress.note(step.why)
        return step

    async def _next(self, progress: Progress, picture: Picture) -> Next:
        """The next step by that picture."""
        progress.seen = picture
        turn, identity = await self._ground.turn(), await self._live.identity()
        if rival := self._held.rival(identity, picture.seen.workload):
            raise Failed(rival)
        vacant = self._ground.memory.vacant(identity.kind, picture.seen)
        others = lacking(identity.kind, picture, progress.place) | ({*vacant} - {progress.place})
        progress.others = others if progress.others is None else progress.others & others
        await self._await_next(identity.kind, picture.seen, progress.place)
        target, noted = identity.kind.target(picture.seen), frozenset(self._ground.flips.in_hand)
        if progress.before is None:
            progress.before = frozenset(map(uid_of, picture.seen.pods))
        wanted = Wanted(progress.place, progress.meant, target, noted, progress.before)
        step = next_step(identity.kind, turn, picture, wanted)
        is_there = (
            identity.kind.retires  # then `next_step` says whether its place is given up
            or progress.place in {*identity.kind.places(picture.seen), *vacant}
        )
        if progress.is_given_up(self._clock.now(), is_there=is_there):
            what = f"nothing comes in the place of {progress.place}: it was scaled away"
            return Next(Act.DONE, what)
        if step.act in (Act.EVICT, Act.LET_GO) and (more := others - progress.others):
            return Next(Act.WAIT, f"{', '.join(sorted(more))} left the Service meanwhile")
        if step.act is Act.DONE and step.pod is not None:
            return replace(step, why=f"{name_of(step.pod)} is Ready at revision {target}")
        return step

    async def _await_next(self, kind: Workload, seen: Seen, place: str) -> None:
        """Where its pod has gone, perhaps because of a process that was killed."""
        ours = ours_in(seen.workload)
        is_vacant = kind.retires and kind.places(seen).get(place, seen) is None
        if is_vacant and ours is not None and place in ours.awaited:
            await self._ground.await_pod(place, seen)

    async def _perform(self, progress: Progress, step: Next) -> bool:
        """Whether to look again at once."""
        turn = await self._ground.turn()
        match step.act:
            case Act.OUT:
                assert step.pod is not None
                await self._ground.flips.out_if_there(step.pod, turn, DRAINED, step.also)
            case Act.ADVANCE:
                await self._held.advance(progress.place)
            case _:
                await self._live.prove()
                if not self._live.is_watching:
                    what = "the watch of its pods is cut; nothing is evicted meanwhile"
                    progress.note(f"waiting: {what}")
                    return False
                by = self._evicted if step.act is Act.EVICT else self._let_go
                return await by(progress, step)
        return False

    async def _evicted(self, progress: Progress, step: Next) -> bool:
        assert step.pod is not None
        try:
            if await evict(self._api, step.pod) is Eviction.GONE:
                return False  # not by us, and another one may sit there, in rotation
        except TooManyRequests as error:
            await self._refused(progress, step.pod, error)
            return False
        self._ground.held_up.pop(progress.place, None)
        progress.note(f"evicted {name_of(step.pod)} ({uid_of(step.pod)})")
        seen = progress.seen.seen if progress.seen is not None else None
        await self._held.advance(progress.place, seen)
        return False

    async def _let_go(self, progress: Progress, step: Next) -> bool:
        """The controller takes it: what an eviction would say is asked before."""
        assert step.pod is not None
        try:
            await may_evict(self._api, step.pod)
        except TooManyRequests as error:
            if is_ready(step.pod) or not error.budget:
                await self._refused(progress, step.pod, error)
                return False
        self._ground.held_up.pop(progress.place, None)
        identity, seen = await self._held.read()
        if not any(uid_of(one) == uid_of(step.pod) and is_active(one) for one in seen.pods):
            return False  # it has gone by itself: its controller would take another one
        fields = identity.kind.advance(seen, progress.place)
        is_its_own = identity.kind.place_of(step.pod) == progress.place
        if is_its_own:
            await self._ground.await_pod(progress.place, seen)
        awaited = progress.place if is_its_own else ""
        if fields and await self._held.set(identity, seen, fields, awaited):
            progress.note(f"{identity.path} takes {name_of(step.pod)} away")
        return False

    async def _refused(self, progress: Progress, pod: Json, error: TooManyRequests) -> None:
        """By a budget: waited for. One that is not Ready serves nobody, and nobody needs it."""
        if not error.budget:
            raise error
        words = await refusal(self._api, pod, error)
        if not is_ready(pod):
            try:
                await self._api.delete(PODS, name_of(pod), self._ground.namespace, uid=uid_of(pod))
            except (NotFound, Conflict):
                return
            progress.note(f"deleted {name_of(pod)}, which was not Ready: {words}")
            await self._held.advance(progress.place)
            return
        now = self._clock.now()
        progress.refused_since = progress.refused_since or now
        progress.note(f"waiting: {words}")
        self._ground.held_up.setdefault(progress.place, words)
        if now - progress.refused_since >= progress.patience:
            limit = f"{progress.patience.total_seconds():g}s"
            raise Failed(f"not evicted within {limit}: {words}")

    async def _pause(self, since: Picture | None) -> None:
        """Until something changed, or for a moment."""
        with suppress(TimeoutError, ApiError, BalancerError):
            async with asyncio.timeout(_AT_MOST.total_seconds()):
                await self._live.changed(since)
