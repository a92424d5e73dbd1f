"""A live view: what a scripted server makes of its stream, nothing is missed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from adapters.clock import SystemClock
from adapters.kubernetes.client.api import Api, Json
from adapters.kubernetes.client.faults import Forbidden, TooSlow, Unreachable
from adapters.kubernetes.client.paths import PODS
from adapters.kubernetes.client.watch import Watch
from tests.adapters.kubernetes.stub import (
    Asked,
    HastyClock,
    LateClock,
    Reply,
    Stream,
    Told,
    access_to,
    listing,
    status,
    stub,
    thing,
)
from tests.support.waiting import until


@dataclass
class Scene:
    """Replies to lists and watches, in order; the last one stays."""

    lists: list[Reply]
    streams: list[Reply]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)

    def reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        left = self.streams if "watch" in asked.query else self.lists
        return left.pop(0) if len(left) > 1 else left[0]

    def arrived(self, kind: str, one: Json) -> None:
        self.seen.append((kind, f"{one['metadata']['name']}@{one['metadata']['resourceVersion']}"))

    @property
    def watched_from(self) -> list[str]:
        return [one.query["resourceVersion"] for one in self.asked if "watch" in one.query]


@asynccontextmanager
async def watching(
    scene: Scene, *, seconds: float = 10.0, clock: SystemClock | None = None
) -> AsyncIterator[Watch]:
    clock = clock or HastyClock()
    async with stub(scene.reply) as server:
        scene.url = server.url
        api = Api(access_to(server.url), clock, limit=timedelta(seconds=seconds))
        watch = Watch(api, PODS, "shop", labels="app=web", arrived=scene.arrived, clock=clock)
        try:
            await watch.start()
            yield watch
        finally:
            await watch.aclose()
            await api.aclose()


async def test_a_list_and_what_happens_after_it() -> None:
    stream = Stream()
    scene = Scene([listing(5, thing("a", 3))], [stream])
    async with watching(scene) as watch:
        since = watch.serial
        stream.tell("ADDED", thing("b", 6))
        stream.tell("MODIFIED", thing("a", 7))
        stream.tell("DELETED", thing("b", 8))
        await until(lambda: len(scene.seen) == 4)
        assert await watch.changed(since) > since
        assert list(watch.objects()) == ["a"]
        assert watch.is_open
    assert scene.seen == [
        ("ADDED", "a@3"),
        ("ADDED", "b@6"),
        ("MODIFIED", "a@7"),
        ("DELETED", "b@8"),
    ]
    asked = scene.asked[1].query
    assert asked["allowWatchBookmarks"] == "true"
    assert asked["labelSelector"] == "app=web"
    assert asked["timeoutSeconds"] == "60"


def ended(stream: Stream) -> None:
    stream.end()


def cut(stream: Stream) -> None:
    stream.raw(b'{"type": "ADDED", "obj')
    stream.cut()


@pytest.mark.parametrize("how", [ended, cut])
async def test_goes_on_where_it_was(how: Callable[[Stream], None]) -> None:
    """A bookmark counts too; no list is needed."""
    first, second = Stream(), Stream()
    scene = Scene([listing(5)], [first, second])
    async with watching(scene) as watch:
        first.tell("BOOKMARK", thing("", 40))
        how(first)
        second.tell("ADDED", thing("b", 41))
        await until(lambda: scene.seen)
        assert watch.trouble is None
    assert scene.watched_from == ["5", "40"]
    assert len([one for one in scene.asked if "watch" not in one.query]) == 1


EXPIRED = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}


async def test_too_old() -> None:
    """410 inside of a 200: the list tells what was missed, to `arrived` as well."""
    first, second = Stream(), Stream()
    first.tell("ERROR", EXPIRED)
    lists: list[Reply] = [
        listing(5, thing("a", 3), thing("b", 4), thing("c", 5)),
        listing(90, thing("a", 3), thing("b", 70), thing("c", 80, "other"), thing("d", 81)),
    ]
    scene = Scene(lists, [first, second])
    async with watching(scene):
        await until(lambda: len(scene.watched_from) == 2)
    assert scene.seen[3:] == [
        ("DELETED", "c@5"),
        ("MODIFIED", "b@70"),
        ("ADDED", "c@80"),
        ("ADDED", "d@81"),
    ]
    assert scene.watched_from == ["5", "90"]


@pytest.mark.parametrize(
    "odd", [status(410, "Expired"), status(500), Told(200, b"[]\n"), status(504), Told(302)]
)
async def test_refused_or_odd(odd: Told) -> None:
    scene = Scene([listing(5), listing(9)], [odd, Stream()])
    async with watching(scene):
        await until(lambda: scene.watched_from == ["5", "9"])


async def test_the_server_is_away_for_a_while() -> None:
    first, second = Stream(), Stream()
    scene = Scene([listing(5)], [first, Told(0), Told(0), second])
    async with watching(scene) as watch:
        await until(lambda: watch.is_open)
        first.cut()
        await until(lambda: isinstance(watch.trouble, Unreachable))
        second.tell("ADDED", thing("b", 6))
        await until(lambda: scene.seen)
        assert watch.is_open
    assert scene.watched_from == ["5"] * 4


async def test_fresh_asks_only_where_it_must() -> None:
    scene = Scene([listing(5)], [Stream()])
    async with watching(scene) as watch:
        await until(lambda: watch.is_open)
        await watch.fresh(timedelta(seconds=30))
        assert len(scene.asked) == 2
        proven = watch.proven_at
        await asyncio.gather(*(watch.fresh(timedelta(0)) for _ in range(5)))
        assert 3 <= len(scene.asked) <= 4
        assert proven is not None
        assert watch.proven_at is not None
        assert watch.proven_at > proven


async def test_a_list_ahead_of_the_stream() -> None:
    """What it tells is not told again, and is not taken back by what comes late."""
    stream = Stream()
    ahead = listing(20, thing("b", 12), thing("c", 14, "second"))
    scene = Scene([listing(5, thing("a", 3)), ahead], [stream])
    async with watching(scene) as watch:
        await until(lambda: watch.is_open)
        await watch.fresh(timedelta(0))
        told = [("ADDED", "a@3"), ("DELETED", "a@3"), ("ADDED", "b@12"), ("ADDED", "c@14")]
        assert scene.seen == told
        for kind, one in (
            ("MODIFIED", thing("a", 6)),
            ("DELETED", thing("a", 7)),
            ("ADDED", thing("b", 11)),
            ("MODIFIED", thing("b", 12)),
            ("ADDED", thing("c", 8, "first")),
            ("DELETED", thing("c", 9, "first")),
            ("MODIFIED", thing("b", 21)),
        ):
            stream.tell(kind, one)
        await until(lambda: len(scene.seen) > len(told))
        assert scene.seen == [*told, ("MODIFIED", "b@21")]
        assert sorted(watch.objects()) == ["b", "c"]


async def test_a_frozen_server_is_not_taken_for_a_quiet_one() -> None:
    scene = Scene([listing(5), None], [Stream()])
    async with watching(scene, seconds=1) as watch:
        await until(lambda: watch.is_open)
        with pytest.raises(TooSlow):
            await watch.fresh(timedelta(0))


async def test_a_stream_that_is_dead_at_one_end() -> None:
    """A list tells what it does not: it is opened anew, long before it would end by itself."""
    second, clock = Stream(), LateClock()
    lists: list[Reply] = [listing(5), listing(9, thing("b", 9))]
    scene = Scene(lists, [Stream(), second])
    async with watching(scene, clock=clock) as watch:
        await until(lambda: watch.is_open)
        await watch.fresh(timedelta(0))
        assert scene.seen == [("ADDED", "b@9")]
        clock.later += timedelta(seconds=4)
        await watch.fresh(timedelta(hours=1))
        second.tell("ADDED", thing("b", 9))
        second.tell("ADDED", thing("c", 10))
        await until(lambda: len(scene.seen) == 2)
        assert scene.seen[1] == ("ADDED", "c@10")
        assert watch.is_open
    assert scene.watched_from == ["5", "5"]


async def test_a_cluster_that_was_restored() -> None:
    """Its versions went back: a stream from the former one would be silent for ever."""
    scene = Scene([listing(90, thing("a", 80)), listing(50, thing("b", 40))], [Stream(), Stream()])
    async with watching(scene) as watch:
        await until(lambda: watch.is_open)
        await watch.fresh(timedelta(0))
        assert scene.seen == [("ADDED", "a@80"), ("DELETED", "a@80"), ("ADDED", "b@40")]
        await until(lambda: scene.watched_from == ["90", "50"])


async def test_a_stream_that_lags_is_left_alone() -> None:
    stream, clock = Stream(), LateClock()
    lists: list[Reply] = [listing(5), listing(9, thing("b", 9))]
    scene = Scene(lists, [stream])
    async with watching(scene, clock=clock) as watch:
        await until(lambda: watch.is_open)
        await watch.fresh(timedelta(0))
        stream.tell("ADDED", thing("b", 9))
        stream.tell("MODIFIED", thing("b", 11))
        await until(lambda: len(scene.seen) == 2)
        clock.later += timedelta(seconds=4)
        await watch.fresh(timedelta(0))
    assert scene.watched_from == ["5"]


async def test_all_namespaces() -> None:
    """Objects of one name, in two of them."""
    stream = Stream()
    one, other = thing("a", 3), thing("a", 4, "u2")
    one["metadata"]["namespace"], other["metadata"]["namespace"] = "shop", "pay"
    scene = Scene([listing(5, one, other)], [stream])
    async with stub(scene.reply) as server:
        api = Api(access_to(server.url), HastyClock())
        watch = Watch(api, PODS, "", fields="spec.nodeName=n1", clock=HastyClock())
        await watch.start()
        assert sorted(watch.objects()) == ["pay/a", "shop/a"]
        await watch.aclose()
        await api.aclose()
    assert scene.asked[0].path == "/api/v1/pods"
    assert scene.asked[0].query["fieldSelector"] == "spec.nodeName=n1"


async def test_refused_at_the_start() -> None:
    no = status(403, "Forbidden", 'pods is forbidden: User "u" cannot list resource "pods" in …')
    scene = Scene([no], [Stream()])
    with pytest.raises(Forbidden, match=r'verbs: \["list"\]'):
        async with watching(scene):
            pass


async def _never(watch: Watch) -> None:
    while True:
        await watch.changed(watch.serial)


async def test_a_fault_in_our_own_code_is_not_silence() -> None:
    stream = Stream()
    scene = Scene([listing(5)], [stream])

    def fails(kind: str, one: Any) -> None:
        raise RuntimeError("ours")

    async with watching(scene) as watch:
        watch._arrived = fails
        stream.tell("ADDED", thing("b", 6))
        with pytest.raises(RuntimeError, match="ours"):
            await _never(watch)
        with pytest.raises(RuntimeError, match="ours"):
            await watch.fresh(timedelta(hours=1))
        watch._follower = None
