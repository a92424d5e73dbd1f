"""The pod template that a way leads to, and the revision that it has or would have."""

import json

from adapters.kubernetes.client.api import Api
from adapters.kubernetes.pods.live import Identity, Live
from adapters.kubernetes.pods.patches import digest, is_same
from adapters.kubernetes.pods.workloads.base import Json, Seen
from adapters.kubernetes.pods.workloads.found import found_in
from controller.core.steps import Course
from controller.errors import CommandRefused
from controller.pools.kubernetes import PodPool


class Templates:
    """Raises ApiError, and CommandRefused where there is no former one."""

    def __init__(self, api: Api, live: Live, pool: PodPool, namespace: str, instance: str) -> None:
        self._api = api
        self._live = live
        self._pool = pool
        self._namespace = namespace
        self._instance = instance
        self._answered: tuple[tuple[str, str], Json] | None = None
        """The last template and patch that the API server was asked about, and its answer: it is
        asked before and after each pod, and every time it asks its webhooks."""

    async def wanted(self, course: Course, seen: Seen) -> Json | None:
        """The pod template that the way leads to, as the API server would have it; None: there is
        no former one."""
        patch = await self.patch(course, seen)
        if patch is None:
            return None
        if not patch:
            return template_of(seen.workload)
        asked = digest(template_of(seen.workload)), json.dumps(patch, sort_keys=True)
        if self._answered is not None and self._answered[0] == asked:
            return self._answered[1]
        identity = await self._live.identity()
        would = await self._api.strategic(
            identity.kind.resource,
            identity.name,
            self._namespace,
            {"spec": {"template": patch}},
            dry_run=True,
            strict=self._is_given(course),
        )
        self._answered = asked, template_of(would)
        return self._answered[1]

    def _is_given(self, course: Course) -> bool:
        """By the rollout file. A field in it that the API server does not know is a slip of the
        pen: dropped, as the server does unless it is asked, nothing would be left to upgrade, and
        the rollout would call it done. A former one was the server's own."""
        return course is Course.UPGRADE or self._pool.former is not None

    async def patch(self, course: Course, seen: Seen) -> Json | None:
        """Empty: the template stays as it is."""
        if course is Course.UPGRADE:
            return dict(self._pool.template) if self._pool.template is not None else {}
        if self._pool.former is not None:
            return dict(self._pool.former)
        found = found_in(seen.workload)
        identity = await self._live.identity()
        former = found.former if found is not None else identity.kind.former(seen)
        if former is None:
            return None
        return (
            {} if is_same(former, template_of(seen.workload)) else {"$patch": "replace", **former}
        )

    async def revision(self, course: Course, seen: Seen) -> str | None:
        """The revision that the way leads to; empty: the controller has not made it yet; None: it
        has never been, so no pod has it."""
        identity = await self._live.identity()
        kind, wanted = identity.kind, await self.wanted(course, seen)
        if wanted is None:
            raise self.no_former(identity)
        if is_same(wanted, template_of(seen.workload)):
            return kind.target(seen)
        return kind.revision_with(seen, wanted) or None

    def no_former(self, identity: Identity) -> CommandRefused:
        return CommandRefused(
            self._instance,
            f"{identity.path} has no former pod template: its history has one alone; give "
            "`rollback.template`",
        )


def template_of(workload: Json) -> Json:
    template: Json = workload["spec"]["template"]
    return template
