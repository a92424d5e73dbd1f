"""What the adapter finds out about a HAProxy and its servers."""

import asyncio
import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path
from socket import gethostname

import pytest

from adapters.haproxy.discovery import servers_behind
from adapters.haproxy.query import require
from adapters.haproxy.tables import Row
from controller.core.pool import (
    Admin,
    Check,
    Counters,
    Health,
    InstanceView,
    Occupant,
    found_in,
    seats_in,
)
from controller.errors import (
    CommandRefused,
    NoSuchBackend,
    PermissionTooLow,
    UsageFault,
    WeightRefused,
)
from tests.adapters.haproxy.site import Site, balancer, get
from tests.support.balancer_contract import eventually
from tests.support.runtime import ask, order

pytestmark = pytest.mark.haproxy

RICH = """
backend web
  cookie SRV insert
  server a1 127.0.0.1:9 check inter 1h cookie a1
  server spare 127.0.0.1:9 backup
  server off 127.0.0.1:9 disabled
  server zero 127.0.0.1:9 weight 0
  server six [::1]:9
  server lost nosuch.invalid:9 init-addr none
backend api
  balance static-rr
  stick-table type ip size 1k
  stick on src
  server a1 127.0.0.1:9 track web/a1
backend raw
  mode tcp
  server a1 127.0.0.1:9
"""


def banner(haproxy: Path) -> str:
    """What the program says that it is, like `HAProxy version 2.8.25-5cf5d0683 2026/06/26 …`."""
    return subprocess.run([haproxy, "-v"], check=True, capture_output=True, text=True).stdout


async def test_facts_are_what_the_plan_needs(site: Site, haproxy: Path) -> None:
    """Version, level, persistence, trackers of the whole instance, static algorithms and modes."""
    front = await site.haproxy(RICH)
    facts = await balancer([front.unix], ("web", "api", "raw")).facts(front.unix)
    assert facts.version == (await asyncio.to_thread(banner, haproxy)).split()[2]
    assert facts.level == "admin"
    assert facts.sticky == {"web": "cookie SRV", "api": "stick table"}
    assert facts.trackers == (("api/a1", "web/a1"),)
    assert facts.static == {"api"}
    assert facts.modes == {"web": "http", "api": "http", "raw": "tcp"}


async def test_each_kind_of_server_is_told_apart(site: Site) -> None:
    """Backup, disabled, weightless, unresolved and IPv6 servers read as what they are."""
    front = await site.haproxy(RICH)
    view = await balancer([front.unix]).look(front.unix, None)
    lines = {line.member: line for line in view.lines}
    assert [name for name, line in lines.items() if line.is_backup] == ["spare"]
    assert [name for name, line in lines.items() if line.check is not Check.NONE] == ["a1"]
    assert lines["off"].admin is Admin.OUT
    assert (lines["zero"].admin, lines["zero"].is_out) == (Admin.READY, True)
    assert lines["six"].occupant == Occupant("::1:9", "::1", 9)
    assert lines["six"].key == f"web/::1:9 on {gethostname()}"
    assert (lines["lost"].occupant, lines["lost"].is_unresolved) == (None, True)
    assert "lost" not in (await servers_behind(front.unix))["web"]
    assert lines["lost"].key == "web/lost"
    assert lines["spare"].health is Health.UNCHECKED


NUMBERED = """
backend web
  id 80
  option httpchk GET /health
  http-check expect status 200 on-error "status: down\\n\\ncause: db"
  server sick 127.0.0.1:{port} check inter 20ms fall 1
  server next 127.0.0.1:9
backend other
  id 81
  server x 127.0.0.1:9
backend 80
  id 82
  server y 127.0.0.1:9
"""


async def test_what_is_said_and_numbered_confuses_nobody(site: Site) -> None:
    """A check's message with an empty line (2.6 keeps it), and a proxy named by another's number:
    each line of the pool is read all the same, of one member and of all."""
    app = await site.app("sick")
    app.health = 503
    front = await site.haproxy(NUMBERED.format(port=app.port))
    one = balancer([front.unix])

    async def shown(members: tuple[str, ...] | None) -> list[tuple[str, Health]]:
        return [(at.member, at.health) for at in (await one.look(front.unix, members)).lines]

    await eventually(partial(shown, None), lambda seen: ("sick", Health.FAILING) in seen)
    assert await shown(None) == [("sick", Health.FAILING), ("next", Health.UNCHECKED)]
    assert await shown(("sick",)) == [("sick", Health.FAILING)]
    assert await servers_behind(front.unix) == {
        "web": ("sick", "next"),
        "other": ("x",),
        "80": ("y",),
    }


async def test_another_address_is_another_occupant(site: Site) -> None:
    """Whoever was given a server's place at run time (`set server … addr`) is left alone by what
    was meant for its former occupant, in every backend, with an error that names both."""
    app, other = await site.app("a1"), await site.app("a1")
    front = await site.haproxy(
        "\n".join(f"backend {n}\n  server a1 127.0.0.1:{app.port}" for n in ("web", "api"))
    )
    pool = balancer([front.unix], ("web", "api"))
    view = await pool.look(front.unix, ("a1",))
    seats = seats_in((front.unix, line) for line in view.lines)
    found = found_in((front.unix, line) for line in view.lines)
    # It answers with a sentence about what it changed, hence `ask`.
    await ask(front.unix, f"set server api/a1 addr 127.0.0.1 port {other.port}")
    for setting in (
        pool.drain("a1", seats),
        pool.take_out("a1", seats),
        pool.cut("a1", seats),
        pool.begin_return("a1", seats),
        pool.put_back("a1", found, 50, seats),
    ):
        with pytest.raises(CommandRefused) as caught:
            await setting
        text = f"api/a1 is now 127.0.0.1:{other.port}, and was 127.0.0.1:{app.port}"
        assert str(caught.value) == f"{front.unix}: {text}"
    after = await pool.look(front.unix, ("a1",))
    assert {line.backend: line.key for line in after.lines} == {
        "web": f"web/127.0.0.1:{app.port} on {gethostname()}",
        "api": f"api/127.0.0.1:{other.port} on {gethostname()}",
    }
    assert [(line.admin, line.weight) for line in after.lines] == [(Admin.READY, 1)] * 2
    await pool.take_out("a1", seats_in((front.unix, line) for line in after.lines))
    out = await pool.look(front.unix, ("a1",))
    assert [line.admin for line in out.lines] == [Admin.OUT] * 2


async def test_disabled_server_that_was_enabled_is_ready(site: Site) -> None:
    """HAProxy goes on remembering that the configuration said `disabled`; that is not out."""
    front = await site.haproxy(RICH)
    await order(front.unix, "set server web/off state ready")
    (line,) = (await balancer([front.unix]).look(front.unix, ("off",))).lines
    assert line.admin is Admin.READY


async def test_operator_socket_reads_and_does_not_set(site: Site) -> None:
    """Through a socket of level operator all can be seen, and a setting says what is missing."""
    front = await site.haproxy(RICH)
    pool = balancer([front.operator])
    assert (await pool.facts(front.operator)).level == "operator"
    view = await pool.look(front.operator, None)
    with pytest.raises(PermissionTooLow, match="this endpoint has level 'operator'"):
        await pool.survey(view, ("a1",))
    with pytest.raises(PermissionTooLow, match="level admin"):
        await pool.drain("a1")
    (line,) = (await pool.look(front.operator, ("a1",))).lines
    assert line.admin is Admin.READY


@pytest.mark.parametrize("form", ["number", "string"])
async def test_socket_with_severities(site: Site, form: str) -> None:
    """A socket whose messages begin with their severity is read, and set, like any other."""
    path = site.folder / "severe"
    front = await site.haproxy(RICH, f"stats socket {path} level admin severity-output {form}")
    endpoint = f"unix:{path}"
    pool = balancer([endpoint], ("api",))
    assert (await pool.facts(endpoint)).level == "admin"
    view = await pool.look(endpoint, ("a1",))
    low = found_in((endpoint, replace(line, weight=50)) for line in view.lines)
    with pytest.raises(WeightRefused):
        await pool.put_back("a1", low)
    await pool.take_out("a1")
    (line,) = (await balancer([front.unix], ("api",)).look(front.unix, ("a1",))).lines
    assert line.admin is Admin.OUT


@pytest.mark.parametrize("verb", ["look", "facts"])
async def test_wrong_backend_names_the_right_ones(site: Site, verb: str) -> None:
    """A backend that does not exist is an error that lists those that do."""
    front = await site.haproxy(RICH)
    pool = balancer([front.unix], ("webb",))
    ask = pool.facts(front.unix) if verb == "facts" else pool.look(front.unix, None)
    with pytest.raises(NoSuchBackend, match="no backend webb; there are: api, raw, web"):
        await ask


def test_wrong_backend_among_hundreds() -> None:
    """Those with a similar name come first, and the line stays short."""
    row = Row("lb", "stat", {}, [])
    there = dict.fromkeys([f"site_{number:03}" for number in range(300)] + ["web"], row)
    with pytest.raises(NoSuchBackend) as caught:
        require("lb", ["webb", *(f"old_{number}" for number in range(300))], there)
    assert str(caught.value).startswith("lb: no backend webb, old_0, ")
    assert "and 293 more; there are: web, site_000, " in str(caught.value)
    assert str(caught.value).endswith(" and 293 more")


async def test_ipv6_endpoint(site: Site) -> None:
    """A Runtime API on ::1 answers through its endpoint in brackets."""
    port = site.port("::1")
    front = await site.haproxy(RICH, f"stats socket ipv6@[::1]:{port} level admin")
    endpoint = f"tcp:[::1]:{port}"
    pool = balancer([endpoint])
    assert (await pool.facts(endpoint)).api == endpoint
    await pool.take_out("a1")
    (line,) = (await balancer([front.unix]).look(front.unix, ("a1",))).lines
    assert line.admin is Admin.OUT


def counted(view: InstanceView) -> Counters:
    """Of its only line."""
    (line,) = view.lines
    assert line.counters is not None
    return line.counters


def whole(view: InstanceView, backend: str) -> Counters:
    counters = view.backends[backend]
    assert counters is not None
    return counters


async def test_counters_miss_no_error_of_the_app(site: Site) -> None:
    """Answers of 500 count as errors of their member and their backend, good ones as traffic."""
    app = await site.app("a1")
    front = await site.haproxy(f"backend web\n  server a1 127.0.0.1:{app.port}")
    pool = balancer([front.unix])
    for path in ("/", "/", "/fail"):
        await get(front.port, path)
    view = await eventually(
        lambda: pool.look(front.unix, None), lambda view: counted(view).total >= 3
    )
    assert view.lines[0].counters == Counters(errors=1, total=3)
    assert view.lines[0].arrivals == 3
    assert view.backends == {"web": Counters(errors=1, total=3)}


async def test_counters_miss_no_refused_connection(site: Site) -> None:
    """A member that refuses connections is in error, though it never answered anything; so is its
    backend, whose 503 stands nowhere else."""
    app = await site.app("a1")
    front = await site.haproxy(f"backend web\n  server a1 127.0.0.1:{app.port}")
    pool = balancer([front.unix])
    await app.stop()
    assert (await get(front.port)).status == 503
    view = await eventually(
        lambda: pool.look(front.unix, None), lambda view: whole(view, "web").errors > 0
    )
    assert counted(view).errors == counted(view).total > 0
    assert whole(view, "web").total == 1


async def test_counters_in_mode_tcp(site: Site) -> None:
    """In mode tcp, where nothing is answered, connections are the whole and refused ones errors."""
    app = await site.app("a1")
    port = site.port()
    front = await site.haproxy(
        f"backend web\n  server a1 127.0.0.1:{app.port}\n"
        f"listen raw\n  mode tcp\n  bind 127.0.0.1:{port}\n  server a1 127.0.0.1:{app.port}"
    )
    pool = balancer([front.unix], ("raw",))
    assert (await get(port)).status == 200
    view = await eventually(
        lambda: pool.look(front.unix, ("a1",)), lambda view: counted(view).total > 0
    )
    assert view.lines[0].counters == Counters(errors=0, total=1) == view.backends["raw"]
    await app.stop()
    assert (await get(port)).status == 0
    await eventually(lambda: pool.look(front.unix, ("a1",)), lambda view: counted(view).errors > 0)


async def test_server_may_be_named_like_a_line_type(site: Site) -> None:
    """A server called BACKEND is a server."""
    front = await site.haproxy("backend web\n  server BACKEND 127.0.0.1:9")
    view = await balancer([front.unix]).look(front.unix, None)
    assert [line.member for line in view.lines] == ["BACKEND"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/run/admin.sock", "^/run/admin.sock: is not the address of a Runtime API; write unix:"),
        ("tcp:lb1", "^tcp:lb1: has no port; write tcp:HOST:PORT$"),
        ("http://me:secret@lb1:80", "^this is not the address of a Runtime API; "),
    ],
)
def test_text_that_is_no_endpoint_is_refused(text: str, message: str) -> None:
    """A balancer cannot be made with a text that names no endpoint; a password is not shown."""
    with pytest.raises(UsageFault, match=message):
        balancer([text])
