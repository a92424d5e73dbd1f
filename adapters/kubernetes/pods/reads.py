"""Objects that are read one by one, and when that was: the Service and the workload. A watch of
them would need further rights, and what they say changes seldom."""

from datetime import timedelta

from adapters.kubernetes.client.api import Api, Json
from adapters.kubernetes.client.faults import NotFound
from adapters.kubernetes.client.paths import Resource
from adapters.kubernetes.pod import name_of
from controller.core.pool import Instant
from controller.errors import NoSuchBackend
from controller.ports import Clock


class Reads:
    def __init__(self, api: Api, namespace: str, instance: str, clock: Clock) -> None:
        self._api = api
        self._namespace = namespace
        self._instance = instance
        self._clock = clock
        self._answers: dict[tuple[Resource, str], tuple[Instant, Json]] = {}

    def known(self, resource: Resource, name: str) -> Json | None:
        """As it was answered last."""
        answer = self._answers.get((resource, name))
        return answer[1] if answer is not None else None

    def note(self, resource: Resource, found: Json) -> None:
        """What the API answered to a write."""
        self._answers[resource, name_of(found)] = self._clock.now(), found

    async def get(self, resource: Resource, name: str, within: timedelta) -> Json:
        """As it was at most so long ago. Raises ApiError, NoSuchBackend."""
        asked, last = self._clock.now(), self._answers.get((resource, name))
        if last is not None and asked - last[0] < within:
            return last[1]
        try:
            found = await self._api.get(resource, name, self._namespace)
        except NotFound as error:
            raise NoSuchBackend(self._instance, error.words) from None
        newest = self.newest(resource, name, asked, found)
        if newest is found:
            self._answers[resource, name] = asked, found
        return newest

    def newest(self, resource: Resource, name: str, asked: Instant, found: Json) -> Json:
        """What was `found` by a question of that time, or what is known from later: a write of ours
        may have been answered before it."""
        last = self._answers.get((resource, name))
        return found if last is None or last[0] <= asked else last[1]
