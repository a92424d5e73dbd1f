"""What a pool of Nodes performs itself: implements `controller.ports.Tasks`.

    note_boot_id      before the steps of a course: remembers the Node as it is
    job               the upgrade, as a Job on the Node
    node_is_back      after them: waits until the Node is back as expected
    node_is_current   a question: does it show the versions that are expected already?

Arguments: `node`, the member; `course`; `template`, a pod template as JSON.
"""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Final

from adapters.kubernetes.client.api import Json
from adapters.kubernetes.client.faults import AlreadyExists, ApiError
from adapters.kubernetes.client.paths import JOBS, PODS
from adapters.kubernetes.nodes import job as jobs
from adapters.kubernetes.nodes import marks, proof
from adapters.kubernetes.nodes.cluster import Nodes, require
from adapters.kubernetes.nodes.patience import Patience
from controller.errors import BalancerError
from controller.pools.kubernetes import NodePool
from controller.ports import Clock
from controller.tasks import JobResult, PoolTask, Task, TaskJob

LATE: Final = timedelta(minutes=1)
"""A Job is ended at its deadline by its controller; so much later nobody waits for that."""


class NodeTasks:
    def __init__(self, nodes: Nodes, pool: NodePool, clock: Clock) -> None:
        self._nodes = nodes
        self._pool = pool
        self._clock = clock

    async def run(self, job: TaskJob) -> JobResult:
        began = self._clock.now()
        calls = {
            "note_boot_id": self._note_boot_id,
            "job": self._run_job,
            "node_is_back": self._wait_until_back,
        }
        assert isinstance(job.task, PoolTask)
        call = calls.get(job.task.name)
        if call is None:
            return JobResult(fault=self.unstartable(job.task) or "it is a question, and no step")
        try:
            result = await call(job, job.task)
        except (ApiError, BalancerError) as error:
            result = JobResult(exit_code=1, output=str(error))
        return replace(result, seconds=(self._clock.now() - began).total_seconds())

    async def ask(self, task: Task) -> JobResult:
        """Ended by the task's timeout."""
        assert isinstance(task, PoolTask)
        if task.name != "node_is_current":
            return JobResult(fault=self.unstartable(task) or "it is a step, and no question")
        try:
            async with asyncio.timeout(task.timeout.total_seconds()):
                node = await self._nodes.one(task.args["node"])
        except TimeoutError:
            return JobResult(timed_out=True)
        except (ApiError, BalancerError) as error:
            return JobResult(fault=str(error))
        off = proof.versions_off(node, self._pool.expect)
        if not proof.is_healthy(node):
            off.append("it is not Ready")
        return JobResult(exit_code=1 if off else 0, output="; ".join(off))

    def unstartable(self, task: Task) -> str | None:
        if not isinstance(task, PoolTask):
            return "a pool of Nodes runs no commands"
        if task.name not in ("note_boot_id", "job", "node_is_back", "node_is_current"):
            return f"a pool of Nodes has no task {task.name!r}"
        if task.name == "job":
            return _template_fault(task.args.get("template", ""))
        return None

    # --- before and after the steps ------------------------------------------------------------

    async def _note_boot_id(self, job: TaskJob, task: PoolTask) -> JobResult:
        name, course, patience = task.args["node"], _course(job, task), Patience(self._clock)
        pods = await patience.ask(lambda: self._nodes.pods_on(name))

        def patch(node: Json) -> Json | None:
            noted = proof.before_of(node)
            if noted is not None and noted.course == course:
                return None  # of before the steps, whatever they have done since
            text = proof.as_it_is(course, node, pods).as_text()
            return marks.note(node, marks.BEFORE, text)

        node = await patience.ask(lambda: self._nodes.change(name, job.seats, patch))
        noted = proof.before_of(node)
        return JobResult(exit_code=0, output=f"boot id {noted.boot_id if noted else 'not known'}")

    async def _wait_until_back(self, job: TaskJob, task: PoolTask) -> JobResult:
        name, course, patience = task.args["node"], _course(job, task), Patience(self._clock)
        expect = dict(self._pool.expect)
        if task.args.get("course") == "rollback":  # the versions are those of the upgrade
            expect = {key: value for key, value in expect.items() if key == proof.BOOT_ID}
        while True:
            node = await patience.ask(lambda: self._nodes.one(name))
            require(self._nodes.api.where, node, job.seats)
            pods = await patience.ask(lambda: self._nodes.pods_on(name))
            before = proof.before_of(node)
            is_of_it = before is not None and before.course == course
            missing = proof.not_back(node, pods, expect, before if is_of_it else None)
            if not missing:
                return JobResult(exit_code=0, output=f"{name} is back")
            if patience.spent >= task.timeout:
                return JobResult(exit_code=1, output=f"{name} is not back: {'; '.join(missing)}")
            await patience.pause()

    # --- a Job ---------------------------------------------------------------------------------

    async def _run_job(self, job: TaskJob, task: PoolTask) -> JobResult:
        name, waits = jobs.name_of(job.key, task.args["node"]), ""
        if fault := await self._begun(name, job, task):
            return fault
        patience = Patience(self._clock)
        while True:
            found = await patience.ask(lambda: self._job(name))
            if found is None:
                return JobResult(lost=True, output=f"the Job {name} was deleted")
            pods = await patience.ask(lambda: self._pods_of(name))
            waits = jobs.waits_for(pods) or waits
            if (end := jobs.end_of(found, pods, waits)) is not None:
                return end
            if patience.spent >= task.timeout + LATE:
                left = f"Job {self._namespace}/{name}"
                return JobResult(timed_out=True, output=waits, survivors=(left,))
            await patience.pause()

    async def _begun(self, name: str, job: TaskJob, task: PoolTask) -> JobResult | None:
        """Makes it, unless the key has one. None: it is there."""
        patience = Patience(self._clock)
        if await patience.ask(lambda: self._job(name)) is not None:
            return None
        if job.joins:
            return JobResult(lost=True, output=f"there is no Job {name}")
        template = json.loads(task.args["template"])
        body = jobs.manifest(job.key, task.args["node"], template, task.timeout)
        try:
            node = await patience.ask(lambda: self._nodes.one(task.args["node"]))
            require(self._nodes.api.where, node, job.seats)
            await patience.ask(lambda: self._nodes.api.create(JOBS, body, self._namespace))
        except AlreadyExists:
            return None  # an answer was lost on its way
        except (ApiError, BalancerError) as error:
            return JobResult(fault=str(error))
        return None

    async def _job(self, name: str) -> Json | None:
        fields = f"metadata.name={name}"
        listed = await self._nodes.api.list(JOBS, self._namespace, fields=fields)
        return next(iter(listed.items), None)

    async def _pods_of(self, name: str) -> list[Json]:
        label = f"{jobs.JOB_LABEL}={name}"
        return (await self._nodes.api.list(PODS, self._namespace, labels=label)).items

    @property
    def _namespace(self) -> str:
        return self._nodes.api.access.namespace


def _course(job: TaskJob, task: PoolTask) -> str:
    """Which rollout's, and which course."""
    return f"{job.key.partition('/')[0]}/{task.args['course']}"


def _template_fault(text: str) -> str | None:
    try:
        template = json.loads(text)
    except ValueError:
        template = None
    containers = ((template or {}).get("spec") or {}).get("containers")
    return None if containers else "the Job's pod template names no containers"
