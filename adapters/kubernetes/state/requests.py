"""Requests of operators, in the head of a rollout: written from any machine, and watched."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from typing import Final, cast

from adapters import journal_text
from adapters.kubernetes.client.api import Api
from adapters.kubernetes.client.faults import ApiError, Conflict
from adapters.kubernetes.client.objects import Json
from adapters.kubernetes.client.paths import CONFIGMAPS
from adapters.kubernetes.client.watch import Watch
from adapters.kubernetes.state.asks import ask_key, ask_patch, ask_text, requests_of
from adapters.kubernetes.state.head import Head
from adapters.kubernetes.state.head_text import read_head
from adapters.kubernetes.state.names import head_name
from adapters.kubernetes.state.reading import Reader, told
from adapters.kubernetes.state.writing import TRIES, Writer
from controller.errors import StateError
from controller.ports import Clock
from controller.records import Request, Verb

WITHIN: Final = timedelta(seconds=15)
"""How long an operator waits for an API that is away."""
AGAIN: Final = timedelta(seconds=1)
"""Before a watch that could not be begun is begun again."""


class ClusterRequests:
    """Implements `controller.ports.Requests`."""

    def __init__(self, reader: Reader, writer: Writer, clock: Clock) -> None:
        self._reader = reader
        self._writer = writer
        self._clock = clock

    async def ask(self, rollout: str, verb: Verb, reason: str, by: str) -> Request:
        journal_text.checked(reason, "the reason")
        mark, wall = secrets.token_hex(8), self._clock.wall()
        with told(self._reader.namespace):
            for _ in range(TRIES):
                head = await self._writer.patiently(lambda: self._reader.head_of(rollout), WITHIN)
                if head is None:
                    raise StateError(f"journal: there is no rollout {rollout}")
                request = Request(head.asked + 1, rollout, verb, reason, by, wall)
                text, key = ask_text(request, mark), ask_key(request.seq)
                body = ask_patch(head, request, mark)

                def is_done(there: Json, key: str = key, text: str = text) -> bool:
                    now = read_head(there)
                    return now is not None and now.asks.get(key) == text

                name = head_name(head.name)
                try:
                    await self._writer.patch(name, body, _never, WITHIN, is_done=is_done)
                except Conflict:
                    continue  # another request, or the run itself, was quicker
                return request
        raise StateError("journal: it is written all the time; try again")

    async def pending(self, rollout: str, after: int) -> Sequence[Request]:
        with told(self._reader.namespace):
            return _pending(await self._reader.head_of(rollout), rollout, after)

    async def stream(self, rollout: str, after: int) -> AsyncGenerator[Request, None]:
        with told(self._reader.namespace):
            head = await self._writer.patiently(lambda: self._reader.head_of(rollout))
            if head is None:
                raise StateError(f"journal: there is no rollout {rollout}")
            name = head_name(head.name)
            watch = await self._watch(name)
        try:
            while True:
                serial = watch.serial
                found = watch.objects().get(name)
                head = read_head(found) if found is not None else None
                for request in _pending(head, rollout, after):
                    after = request.seq
                    yield request
                with told(self._reader.namespace):
                    await watch.changed(serial)
        finally:
            await watch.aclose()

    async def _watch(self, name: str) -> Watch:
        """A watch of one object may be allowed by its name alone."""
        while True:
            watch = Watch(
                cast(Api, self._reader.objects),
                CONFIGMAPS,
                self._reader.namespace,
                clock=self._clock,
                fields=f"metadata.name={name}",
            )
            try:
                await watch.start()
            except ApiError as error:
                await watch.aclose()
                if not error.retryable:
                    raise
                await self._clock.sleep(AGAIN)
            except asyncio.CancelledError:
                await watch.aclose()
                raise
            else:
                return watch


def _never(there: Json) -> bool:
    """A request has the number that comes next: where anybody wrote since, that is another."""
    return False


def _pending(head: Head | None, rollout: str, after: int) -> Sequence[Request]:
    requests = requests_of(head) if head is not None else ()
    return [one for one in requests if one.rollout == rollout and one.seq > after]
