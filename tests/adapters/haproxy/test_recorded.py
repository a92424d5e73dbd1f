"""Versions that are not here: the real adapter against what each of them once said."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import SystemClock
from adapters.haproxy.balancer import HaproxyLoadBalancer
from adapters.haproxy.client import RuntimeClient
from adapters.haproxy.discovery import servers_behind
from adapters.haproxy.tables import parse_info
from adapters.haproxy.timing import ResponseTime
from adapters.haproxy.wire import split_replies
from controller.core.pool import Admin, Check, Counters, Found, Health, Line, Occupant, found_in
from controller.errors import (
    BalancerError,
    CommandRefused,
    NoSuchBackend,
    NoSuchMember,
    PermissionTooLow,
    Unsupported,
    WeightRefused,
)
from controller.pools.haproxy import HaproxyFacts, UnixEndpoint
from tests.adapters.haproxy.replay import replayed
from tests.adapters.haproxy.scenes import (
    ALL,
    BACKENDS,
    COURSE,
    REFUSED,
    REST,
    SETTING,
    replies,
    versions,
)

VERSIONS = versions()
KNOW_DYNAMIC_SERVERS = [version for version in VERSIONS if version != "2.2"]
WITH_FRONTENDS = ["2.6", "2.8"]
"""Their replies of frontends are recorded; the others are taken to have none."""
each = pytest.mark.parametrize("version", VERSIONS)
LONG = timedelta(minutes=1)

READY, DRAINING, OUT = Admin.READY, Admin.DRAINING, Admin.OUT
PASSING, FAILING, UNCHECKED = Health.PASSING, Health.FAILING, Health.UNCHECKED

BROKEN = Counters(errors=1, total=1)
"""The one request, which no server took."""

QUIET = dict.fromkeys(("connect_errors", "retries", "status_4xx"), Counters())
IN_TCP = dict.fromkeys(("connect_errors", "retries"), Counters())
NOT_REACHED = {**dict.fromkeys(QUIET, Counters(0, 1)), "connect_errors": Counters(1, 1)}

PLAIN = Line(
    backend="",
    member="",
    key="",
    occupant=Occupant("127.0.0.1:9", "127.0.0.1", 9),
    admin=READY,
    health=UNCHECKED,
    check=Check.NONE,
    in_flight=0,
    arrivals=0,
    counters=Counters(),
    measures=QUIET,
    timing=ResponseTime(average=0, requests=0),
)


def plain(backend: str, member: str, **changes: Any) -> Line:
    return replace(
        PLAIN,
        **{"backend": backend, "member": member, "key": f"{backend}/127.0.0.1:9 on lb", **changes},
    )


A1 = plain("web", "a1", health=PASSING, weight=50, check=Check.RUNNING)
KIND = plain("kinds", "")
LINES = [
    replace(A1, keep={"agent": "on"}, arrivals=1, counters=BROKEN, measures=NOT_REACHED),
    replace(A1, member="a2", waiting=ResponseTime(average=0, requests=0)),  # has a maxconn
    plain("api", "a1", health=PASSING, weight=30),
    plain("raw", "a1", out_cuts=True, timing=None, measures=IN_TCP),
    plain("static", "s1", weight=10),
    replace(KIND, member="spare", is_backup=True),
    replace(KIND, member="off", admin=OUT, health=FAILING, is_configured_out=True),
    replace(KIND, member="zero", weight=0),
    replace(KIND, member="six", key="kinds/::1:9 on lb", occupant=Occupant("::1:9", "::1", 9)),
    replace(
        KIND, member="lost", key="kinds/lost", occupant=None, health=FAILING, is_unresolved=True
    ),
    replace(KIND, member="slow", health=PASSING, check=Check.RUNNING),
    replace(KIND, member="web:1"),
    replace(KIND, member="t1"),
    replace(KIND, member="t2"),
]
DYNAMIC = replace(KIND, member="dyn", weight=7, admin=OUT, health=FAILING)


def pool(path: Path, *backends: str) -> HaproxyLoadBalancer:
    # A busy machine may take longer for an answer than an HAProxy ever does.
    return HaproxyLoadBalancer([f"unix:{path}"], backends, SystemClock(), deadline=LONG)


@pytest.fixture
def socket(short_folder: Path) -> Path:
    return short_folder / "s"


def test_what_stands_here() -> None:
    """Every version that the documents call tested by its records has them."""
    assert VERSIONS == ["2.2", "2.6", "2.8", "3.0", "3.2"]


@each
async def test_facts(socket: Path, version: str) -> None:
    """The plan's questions have the same answers in every version."""
    async with replayed(socket, version, REST):
        facts = await pool(socket, *ALL).facts(f"unix:{socket}")
    assert facts == HaproxyFacts(
        api=f"unix:{socket}",
        version=facts.version,
        level="admin",
        sticky={"web": "cookie SRV", "api": "stick table"},
        trackers=(("api/a1", "web/a1"),),
        static=frozenset({"static"}),
        modes={**dict.fromkeys(ALL, "http"), "raw": "tcp"},
        maxconn={("web", "a2"): 20},
        identity=facts.identity,
    )
    assert ("on lb, started at" in facts.identity) is (version != "2.2")
    assert facts.version.startswith(f"{version}.")


@each
async def test_survey(socket: Path, version: str) -> None:
    """What the plan says of them is the same in every version; none of them is doubted."""
    async with replayed(socket, version, REST):
        balancer = pool(socket, *ALL)
        view = await balancer.look(f"unix:{socket}", None)
        survey = await balancer.survey(view, {"a1", "a2", "s1"})
    assert survey.refusals == ()
    assert [note.partition(":")[0] for note in survey.notes] == [
        "a1 in web",
        "a1 in raw",
        "raw is in mode tcp",
        "s1 in static",
        "spare in kinds",
    ]
    assert survey.abilities.sticky == {"web": "cookie SRV", "api": "stick table"}
    assert list(survey.abilities.unweighted) == ["static"]


async def test_one_haproxy_by_two_endpoints(socket: Path) -> None:
    """What it shows would be counted twice: refused, and both are named."""
    other = socket.with_name("o")
    other.symlink_to(socket)
    both = [f"unix:{socket}", f"unix:{other}"]
    async with replayed(socket, "2.8", REST):
        balancer = HaproxyLoadBalancer(both, ["web"], SystemClock())
        views = [await balancer.look(one, None) for one in both]
        first, second = [await balancer.survey(view, {"a1"}) for view in views]
    same = [[one for one in said.refusals if "same HAProxy" in one] for said in (first, second)]
    assert same[0] == []
    (reason,) = same[1]
    assert reason.startswith(f"{both[0]} and {both[1]} lead to the same HAProxy (process ")


@each
async def test_every_kind_of_server(socket: Path, version: str) -> None:
    """A full look shows the same lines in every version, and one server more where servers can be
    added at run time."""
    async with replayed(socket, version, REST):
        view = await pool(socket, *ALL).look(f"unix:{socket}", None)
    assert list(view.lines) == LINES + [DYNAMIC] * (version in KNOW_DYNAMIC_SERVERS)
    assert view.backends == {**dict.fromkeys(ALL, Counters()), "web": Counters(1, 1)}
    fronts = ["front", "healthy"] if version in WITH_FRONTENDS else []
    assert list(view.frontends) == fronts
    assert view.frontends.get("front") == (Counters(1, 1) if fronts else None)


@each
async def test_warm_up_shows(socket: Path, version: str) -> None:
    """A server that is ready again and whose `slowstart` runs is warming, and at full weight."""
    async with replayed(socket, version, "warming"):
        (line,) = (await pool(socket, "kinds").look(f"unix:{socket}", ("slow",))).lines
    assert line == replace(
        KIND, member="slow", health=line.health, check=Check.RUNNING, is_warming=True
    )


@each
async def test_out_and_back(socket: Path, version: str) -> None:
    """Every setting of a member's way takes, and is read back: through three backends, the second
    of which follows the first, and the third of which has no check."""
    balancer = pool(socket, *BACKENDS)

    async def states() -> list[tuple[Admin, Health]]:
        view = await balancer.look(f"unix:{socket}", ("a1",))
        return [(line.admin, line.health) for line in view.lines]

    async def check() -> Check:
        view = await balancer.look(f"unix:{socket}", ("a1",))
        of_web, *others = [line.check for line in view.lines]
        assert others == [Check.NONE] * 2
        return of_web

    async with replayed(socket, version, *COURSE) as replay:
        view = await balancer.look(f"unix:{socket}", ("a1",))
        found = found_in((view.instance, line) for line in view.lines)
        await balancer.drain("a1")
        assert [admin for admin, _ in await states()] == [DRAINING] * 3
        assert await check() is Check.RUNNING
        await balancer.take_out("a1")
        assert [admin for admin, _ in await states()] == [OUT] * 3
        assert await check() is Check.PAUSED
        await balancer.cut("a1")
        await balancer.begin_return("a1")
        assert await states() == [(DRAINING, FAILING), (OUT, FAILING), (OUT, FAILING)]
        replay.go_on()
        assert await states() == [(DRAINING, PASSING), (OUT, FAILING), (OUT, FAILING)]
        assert await check() is Check.RUNNING
        await balancer.put_back("a1", found)
        assert await states() == [(READY, PASSING), (READY, PASSING), (READY, UNCHECKED)]
        view = await balancer.look(f"unix:{socket}", ("a1",))
        assert found_in((view.instance, line) for line in view.lines) == found


@each
async def test_static_algorithm_refuses_a_weight(socket: Path, version: str) -> None:
    """A step of a ramp that the algorithm does not take is known for what it is."""
    balancer = pool(socket, "static")
    async with replayed(socket, version, "refused"):
        (line,) = (await balancer.look(f"unix:{socket}", None)).lines
        found: Found = found_in([(f"unix:{socket}", line)])
        with pytest.raises(WeightRefused):
            await balancer.put_back("s1", found, share=50)


KINDS: list[type[BalancerError]] = [NoSuchMember, NoSuchBackend, CommandRefused, WeightRefused]


@each
@pytest.mark.parametrize(("command", "kind"), [*zip(REFUSED[:4], KINDS, strict=True)])
async def test_refusals(
    socket: Path, version: str, command: tuple[str, ...], kind: type[BalancerError]
) -> None:
    """What every version says to settings that it refuses has the same meaning."""
    async with replayed(socket, version, "refused"):
        with pytest.raises(BalancerError) as caught:
            await RuntimeClient("it", UnixEndpoint(str(socket)), timedelta(seconds=5)).set(command)
    assert type(caught.value) is kind


@each
@pytest.mark.parametrize("level", ["operator", "user"])
async def test_low_permission(socket: Path, version: str, level: str) -> None:
    """A socket of a lower level says which it is, and that it does not set anything. One of level
    user shows no cookie and no algorithm."""
    balancer = pool(socket, *ALL)
    async with replayed(socket, version, level):
        facts = await balancer.facts(f"unix:{socket}")
        view = await balancer.look(f"unix:{socket}", None)
        with pytest.raises(PermissionTooLow, match=f"this endpoint has level '{level}'"):
            await balancer.survey(view, ())
        with pytest.raises(PermissionTooLow):
            await RuntimeClient("it", UnixEndpoint(str(socket)), timedelta(seconds=5)).set(SETTING)
    assert (facts.level, "web" in facts.sticky) == (level, level == "operator")


@each
@pytest.mark.parametrize("form", ["number", "string"])
async def test_severities(socket: Path, version: str, form: str) -> None:
    """`severity-output` on a socket changes nothing."""
    client = RuntimeClient("it", UnixEndpoint(str(socket)), timedelta(seconds=5))
    async with replayed(socket, version, form):
        assert (await pool(socket, *ALL).facts(f"unix:{socket}")).level == "admin"
        with pytest.raises(NoSuchMember, match=r": No such server\.$"):
            await client.set(REFUSED[0])


@each
async def test_socket_of_a_master(socket: Path, version: str) -> None:
    """A master process knows none of our commands and keeps the connection; that is said, and
    which socket to name instead."""
    client = RuntimeClient("it", UnixEndpoint(str(socket)), timedelta(milliseconds=100))
    async with replayed(socket, version, "master"):
        with pytest.raises(Unsupported, match="name a `stats socket`"):
            await client.ask(("show", "info"))


async def test_several_processes(socket: Path) -> None:
    """One of several processes is neither surveyed nor looked at: each has states of its own."""
    async with replayed(socket, "2.2", "processes"):
        balancer = pool(socket, *ALL)
        with pytest.raises(Unsupported, match="2 processes"):
            await balancer.facts(f"unix:{socket}")
        with pytest.raises(Unsupported, match="use `nbthread` instead of `nbproc`"):
            await balancer.look(f"unix:{socket}", None)


@each
async def test_discovery(socket: Path, version: str) -> None:
    """`init` finds the same pools in every version."""
    async with replayed(socket, version, REST):
        found = await servers_behind(f"unix:{socket}")
    named = [line for line in LINES if not line.is_unresolved]
    expected = {name: [line.member for line in named if line.backend == name] for name in ALL}
    expected["kinds"] = [*expected["kinds"][1:], *["dyn"] * (version in KNOW_DYNAMIC_SERVERS)]
    assert found == {name: tuple(servers) for name, servers in expected.items()}


@each
async def test_start(version: str) -> None:
    """Only 2.2 does not tell when it started: it is then reckoned from its uptime."""
    (reply,), is_whole = split_replies(replies(version, REST)["show info"])
    info = parse_info("it", reply)
    assert is_whole
    assert (info.start_time is None) is (version == "2.2")
    assert (info.processes, info.is_stopping) == (1, False)
