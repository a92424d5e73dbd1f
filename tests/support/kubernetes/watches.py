"""Lists and watches.

As measured: an old resource version is 410 as an ERROR event in a 200; a version of the future is
504; an object that leaves the selector is DELETED to that watch; bookmarks come once a minute and
three times in the last 5 s of a long stream, a watch of 20 s gets none.
"""

import asyncio
import base64
import json
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from typing import Final

from tests.support.kubernetes import answers
from tests.support.kubernetes.kinds import Json, Kind
from tests.support.kubernetes.objects import copy_of, name_of, namespace_of
from tests.support.kubernetes.requests import Call, as_list
from tests.support.kubernetes.selectors import Matches, fields_matching, labels_matching
from tests.support.kubernetes.store import Event, Store
from tests.support.kubernetes.times import Time

LONG: Final = 60.0
"""Seconds; shorter streams get no bookmark."""


def matching(call: Call) -> Matches:
    """By the selectors of a call and its namespace. Raises StatusError 400."""
    assert call.kind is not None
    labels = labels_matching(call.query.get("labelSelector", ""))
    fields = fields_matching(call.kind, call.query.get("fieldSelector", ""))
    space = call.namespace
    return lambda obj: (not space or namespace_of(obj) == space) and labels(obj) and fields(obj)


def listed(store: Store, call: Call) -> Json:
    """A page. Raises StatusError 400, 410, 504."""
    assert call.kind is not None
    version = store.version
    asked = call.query.get("resourceVersion") or "0"
    if not asked.isdigit():
        raise answers.bad_request(f"invalid resource version {asked!r}")
    if int(asked) > version:
        raise answers.from_the_future(int(asked), version)
    after = ("", "")
    if token := call.query.get("continue"):
        version, *place = json.loads(base64.urlsafe_b64decode(token))
        after = (place[0], place[1])
        if version < store.oldest:
            raise answers.expired(
                "The provided continue parameter is too old to display a consistent list result."
            )
    is_wanted = matching(call)
    found = [obj for obj in store.all(call.kind, call.namespace or None) if is_wanted(obj)]
    found.sort(key=_place)
    rest = [obj for obj in found if _place(obj) > after]
    limit = int(call.query.get("limit") or 0)
    page = rest[:limit] if limit else rest
    answer = as_list(call.kind, page, version)
    if len(page) < len(rest):
        told = json.dumps([version, *_place(page[-1])]).encode()
        answer["metadata"]["continue"] = base64.urlsafe_b64encode(told).decode()
        answer["metadata"]["remainingItemCount"] = len(rest) - len(page)
    return answer


def _place(obj: Json) -> tuple[str, str]:
    return namespace_of(obj), name_of(obj)


class Watch:
    """One stream of events, as JSON objects. Ends by itself when its time is over."""

    def __init__(self, store: Store, time: Time, call: Call) -> None:
        assert call.kind is not None
        self._store, self._time, self._call = store, time, call
        self._kind: Kind = call.kind
        self._is_wanted = matching(call)
        self._waiting: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._ends = float(call.query.get("timeoutSeconds") or 1800)
        self._has_bookmarks = call.query.get("allowWatchBookmarks") in ("1", "true")

    async def events(self) -> AsyncGenerator[Json, None]:
        asked = self._call.query.get("resourceVersion") or "0"
        since = int(asked) if asked.isdigit() else 0
        is_initial = self._call.query.get("sendInitialEvents") == "true"
        if since and not is_initial and since < self._store.oldest:
            text = f"too old resource version: {since} ({self._store.oldest})"
            yield {"type": "ERROR", "object": answers.expired(text).body()}
            return
        self._store.listeners.append(self._take)
        try:
            for told in self._at_first(since, is_initial=is_initial):
                yield told
            async for told in self._later():
                yield told
        finally:
            self._store.listeners.remove(self._take)

    def _take(self, event: Event) -> None:
        if event.kind is self._kind:
            self._waiting.append(event)
            self._arrived.set()

    def _at_first(self, since: int, *, is_initial: bool) -> Iterator[Json]:
        if since and not is_initial:
            for event in self._store.since(since):
                if event.kind is self._kind and (told := self._told(event)) is not None:
                    yield told
            return
        version = self._store.version
        for obj in self._store.all(self._kind, self._call.namespace or None):
            if self._is_wanted(obj):
                yield {"type": "ADDED", "object": obj}
        if is_initial:
            yield self._bookmark(version, {"k8s.io/initial-events-end": "true"})

    async def _later(self) -> AsyncGenerator[Json, None]:
        started = self._time.seconds()
        for pause in self._pauses():
            until = started + pause
            while (left := until - self._time.seconds()) > 0:
                if not self._waiting:
                    await self._time.wait(self._arrived, left)
                    self._arrived.clear()
                while self._waiting:
                    if (told := self._told(self._waiting.popleft())) is not None:
                        yield told
            if self._has_bookmarks and pause < self._ends:
                yield self._bookmark(self._store.version)

    def _pauses(self) -> list[float]:
        """When there are bookmarks, in seconds since the start, and last the end."""
        if self._ends <= LONG:
            return [self._ends]
        minutes = [LONG * n for n in range(1, int(self._ends // LONG) + 1)]
        last = [self._ends - 5, self._ends - 3, self._ends - 1]
        return [*sorted({at for at in (*minutes, *last) if at < self._ends}), self._ends]

    def _told(self, event: Event) -> Json | None:
        is_in = event.type != "DELETED" and self._is_wanted(event.object)
        was_in = event.former is not None and self._is_wanted(event.former)
        if not is_in and not was_in:
            return None
        if is_in:
            return {"type": "MODIFIED" if was_in else "ADDED", "object": event.object}
        shown = event.object
        if event.type != "DELETED":  # as it was when it still matched, at the version of now
            assert event.former is not None
            shown = copy_of(event.former)
            shown["metadata"]["resourceVersion"] = str(event.version)
        return {"type": "DELETED", "object": shown}

    def _bookmark(self, version: int, notes: dict[str, str] | None = None) -> Json:
        meta: Json = {"resourceVersion": str(version)}
        if notes:
            meta["annotations"] = notes
        shown = {"kind": self._kind.kind, "apiVersion": self._kind.api_version, "metadata": meta}
        return {"type": "BOOKMARK", "object": shown}
