"""The client and one instance against servers that misbehave as no test HAProxy would."""

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.haproxy import client as client_module
from adapters.haproxy.client import RuntimeClient
from adapters.haproxy.instance import HaproxyInstance
from adapters.haproxy.orders import begin_return, take_out
from controller.core.pool import Incarnation, LineKey, Occupant, Seat
from controller.errors import (
    BalancerError,
    BalancerTimeout,
    BalancerUnreachable,
    CommandRefused,
    MalformedReply,
    NoSuchMember,
    Unsupported,
)
from controller.pools.haproxy import Endpoint, TcpEndpoint, UnixEndpoint
from tests.adapters.haproxy.samples import INFO, STAT, STATE
from tests.adapters.haproxy.site import settled

LEARNS = "show info; show stat -1"
"""How the question for names and numbers begins, before the first look."""

Answer = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(path: Path, answer: Answer) -> AsyncIterator[list[str]]:
    """Hands each command line to `answer` and then closes; yields the lines it got."""
    lines: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            lines.append((await reader.readline()).decode().strip())
            await answer(lines[-1], writer)
        except ConnectionError:
            writer.transport.abort()
        finally:
            writer.close()

    listening = await asyncio.start_unix_server(serve, path)
    try:
        yield lines
    finally:
        listening.close()
        await settled()


def saying(text: str) -> Answer:
    async def answer(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(text.encode())
        await writer.drain()

    return answer


def client(endpoint: Endpoint, milliseconds: int = 5000) -> RuntimeClient:
    return RuntimeClient("it", endpoint, timedelta(milliseconds=milliseconds))


ONE = ("show", "info")


@pytest.mark.parametrize(
    ("reply", "error", "text"),
    [
        ("", BalancerUnreachable, "closed without an answer"),
        ("Name: HAP", BalancerUnreachable, "the answer broke off"),
        ("Name: HAProxy\n", BalancerUnreachable, "the answer broke off"),
        ("\n\n", MalformedReply, "2 replies to 1 commands"),
    ],
)
async def test_reply_that_is_not_whole(
    short_folder: Path, reply: str, error: type[BalancerError], text: str
) -> None:
    """An answer that stops early may be whole the next time; one that is too much never is."""
    async with server(short_folder / "s", saying(reply)):
        with pytest.raises(error, match=text):
            await client(UnixEndpoint(str(short_folder / "s"))).ask(ONE)


async def test_a_stats_page_is_no_runtime_api(short_folder: Path) -> None:
    """What answers in HTTP is said to."""
    page = "HTTP/1.0 400 Bad request\r\ncontent-type: text/html\r\n\r\n<html>"
    async with server(short_folder / "s", saying(page)):
        with pytest.raises(Unsupported, match="it speaks HTTP: a stats page"):
            await client(UnixEndpoint(str(short_folder / "s"))).ask(ONE)


@pytest.mark.parametrize("reloads", [False, True])
async def test_more_than_a_line_holds_is_asked_on_several(
    short_folder: Path, reloads: bool
) -> None:
    """Hundreds of backends are asked for in turn, each time of the worker that answered first; of
    another one it is no answer."""
    asked = [("show", "servers", "state", f"customer_{n}") for n in range(300)]
    pids = itertools.count(77) if reloads else itertools.repeat(77)

    async def answer(line: str, writer: asyncio.StreamWriter) -> None:
        info, *others = line.split("; ")
        assert info == "show info"
        said = [f"Name: HAProxy\nPid: {next(pids)}", *(one.split("_")[-1] for one in others)]
        writer.write("".join(f"{one}\n\n" for one in said).encode())

    async with server(short_folder / "s", answer) as lines:
        asking = client(UnixEndpoint(str(short_folder / "s"))).ask(*asked)
        if reloads:
            with pytest.raises(BalancerUnreachable, match="reloaded between two questions"):
                await asking
        else:
            assert await asking == tuple(map(str, range(300)))
    assert len(lines) == 2


async def test_flood_is_cut_off(short_folder: Path) -> None:
    """An endless answer is left at the limit."""

    async def flood(_: str, writer: asyncio.StreamWriter) -> None:
        for _round in range(2 * client_module.REPLY_LIMIT // 1_000_000):
            writer.write(b"x" * 1_000_000)
            await writer.drain()

    async with server(short_folder / "s", flood):
        with pytest.raises(MalformedReply, match="more than 16777216 bytes"):
            await client(UnixEndpoint(str(short_folder / "s"))).ask(ONE)


async def test_drip_does_not_stretch_the_deadline(short_folder: Path) -> None:
    """The deadline is for the whole exchange: bytes that keep coming do not renew it."""

    async def drip(_: str, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"x\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with server(short_folder / "s", drip):
        with pytest.raises(BalancerTimeout):
            await client(UnixEndpoint(str(short_folder / "s")), milliseconds=100).ask(ONE)


async def test_at_most_two_connections_at_once(short_folder: Path) -> None:
    """However many ask, two connections are open; all are answered in the end."""
    open_now = 0
    most = 0
    go_on = asyncio.Event()

    async def count(_: str, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        if most == 2:
            go_on.set()
        await go_on.wait()
        writer.write(b"\n")
        open_now -= 1

    async with server(short_folder / "s", count):
        one = client(UnixEndpoint(str(short_folder / "s")))
        assert await asyncio.gather(*(one.ask(ONE) for _ in range(9))) == [("",)] * 9
    assert most == 2


async def test_endpoints_that_do_not_open(short_folder: Path) -> None:
    """No file, nobody listening, no socket at all: unreachable, each with its reason."""
    (short_folder / "file").write_text("")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(short_folder / "left"))
    with pytest.raises(BalancerUnreachable, match="there is no such socket"):
        await client(UnixEndpoint(str(short_folder / "none"))).ask(ONE)
    with pytest.raises(BalancerUnreachable, match="nothing listens there"):
        await client(UnixEndpoint(str(short_folder / "left"))).ask(ONE)
    with pytest.raises(Unsupported, match="this is a file, not a socket"):
        await client(UnixEndpoint(str(short_folder / "file"))).ask(ONE)
    with pytest.raises(Unsupported, match="this is a folder, not a socket"):
        await client(UnixEndpoint(str(short_folder))).ask(ONE)
    with pytest.raises(BalancerUnreachable, match="no connection: "):
        await client(UnixEndpoint(str(short_folder / "file" / "below"))).ask(ONE)
    with pytest.raises(BalancerUnreachable, match="no connection: "):
        await client(TcpEndpoint("no-such-host.invalid", 9), 20_000).ask(ONE)


async def test_what_to_do_is_told_before_a_rollout_alone(short_folder: Path) -> None:
    """A refusal says it; a rollout that waits for a load balancer repeats only what it saw."""
    with pytest.raises(BalancerUnreachable) as caught:
        await client(UnixEndpoint(str(short_folder / "none"))).ask(ONE)
    assert caught.value.reason == "there is no such socket"
    assert ": there is no such socket; check the path and that HAProxy runs" in str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["", "a;b", "a b", "a\nset", "a\r", "<<", "a\\", "a\x00", "ä", "a/b/c", "a\t", "@1", "a\n"],
)
async def test_smuggling_names_are_never_sent(short_folder: Path, name: str) -> None:
    """A name that could be read as more than a name is refused before anything is sent."""
    async with server(short_folder / "s", saying("\n")) as lines:
        with pytest.raises(CommandRefused, match="not sent"):
            await client(UnixEndpoint(str(short_folder / "s"))).set(
                ("set", "server", f"web/{name}", "state", "drain")
            )
        assert lines == []


async def test_all_commands_go_on_one_line(short_folder: Path) -> None:
    """Commands asked together are one line, answered by one worker; the first refusal counts."""
    async with server(short_folder / "s", saying("\nNo such server.\n\n\n")) as lines:
        with pytest.raises(NoSuchMember, match=r"^it: b: No such server\.$"):
            await client(UnixEndpoint(str(short_folder / "s"))).set(("a",), ("b",), ("c",))
    assert lines == ["a; b; c"]


def instance(path: Path) -> HaproxyInstance:
    """One with backend `web` behind the socket `path`."""
    return HaproxyInstance(
        "it", UnixEndpoint(str(path)), ["web"], SystemClock(), timedelta(seconds=5)
    )


async def test_half_done_return_is_undone(short_folder: Path) -> None:
    """A line where `state drain` was taken and `health down` refused goes back to MAINT at once:
    holders of its cookie could reach it."""

    async def answer(line: str, writer: asyncio.StreamWriter) -> None:
        if line.startswith(LEARNS):
            writer.write(f"{INFO}\n\n{STAT}\n\n".encode())
        elif line.startswith("show info"):
            writer.write(f"{INFO}\n\n{STATE}\n\n{STAT}\n\n".encode())
        elif line.startswith("disable agent"):
            writer.write(b"\n\ncannot change health\n\n")
        else:
            writer.write(b"\n")

    async with server(short_folder / "s", answer) as lines:
        one = instance(short_folder / "s")
        with pytest.raises(CommandRefused, match="cannot change health"):
            await one.carry_out("a1", begin_return, ())
    assert lines[-2:] == [
        "disable agent web/a1; set server web/a1 state drain; set server web/a1 health down",
        "set server web/a1 state maint",
    ]


async def test_old_worker_is_not_believed(short_folder: Path) -> None:
    """A worker that is ending shows states of the past: its answer is none, for now."""

    async def answer(line: str, writer: asyncio.StreamWriter) -> None:
        ending = INFO.replace("Stopping: 0", "Stopping: 1")
        before = INFO if line.startswith(LEARNS) else f"{ending}\n\n{STATE}"
        writer.write(f"{before}\n\n{STAT}\n\n".encode())

    async with server(short_folder / "s", answer):
        one = instance(short_folder / "s")
        with pytest.raises(BalancerUnreachable, match="an old worker answered"):
            await one.look(("a1",))


async def test_reload_while_setting_is_worth_another_try(short_folder: Path) -> None:
    """When what was set is not there and another worker answers, it was a reload: retryable."""
    info = INFO

    async def answer(line: str, writer: asyncio.StreamWriter) -> None:
        nonlocal info
        if line.startswith(LEARNS):
            writer.write(f"{INFO}\n\n{STAT}\n\n".encode())
        elif line.startswith("show info"):
            writer.write(f"{info}\n\n{STATE}\n\n{STAT}\n\n".encode())
        else:
            info = INFO.replace("Pid: 77", "Pid: 78")
            writer.write(b"\n\n\n")

    async with server(short_folder / "s", answer):
        one = instance(short_folder / "s")
        with pytest.raises(BalancerUnreachable, match="reloaded during the setting") as error:
            await one.carry_out("a1", begin_return, ())
    assert error.value.retryable


@pytest.mark.parametrize("check", [0, 6])
async def test_reload_under_a_line_that_is_only_looked_at(short_folder: Path, check: int) -> None:
    """A line without a check is not set on the way back; ready after a reload meanwhile, it is
    reported as reloaded, as one that was set is."""
    before = STATE.replace(" 2 0 50 6 ", f" 0 1 50 {check} ")
    infos = iter([INFO, INFO.replace("Pid: 77", "Pid: 78")])
    states = iter([before, STATE.replace(" 2 0 50 6 ", f" 2 0 50 {check} ")])

    async def answer(line: str, writer: asyncio.StreamWriter) -> None:
        if line.startswith(LEARNS):
            writer.write(f"{INFO}\n\n{STAT}\n\n".encode())
        elif line.startswith("show info"):
            writer.write(f"{next(infos)}\n\n{next(states)}\n\n{STAT}\n\n".encode())
        else:
            writer.write(b"\n\n\n")

    async with server(short_folder / "s", answer) as lines:
        with pytest.raises(BalancerUnreachable, match="reloaded during the setting"):
            await instance(short_folder / "s").carry_out("a1", begin_return, ())
    assert len([line for line in lines if not line.startswith("show")]) == (check > 0)


async def test_calls_answer_who_confirmed_them(short_folder: Path) -> None:
    """Where a reload took over what was set, the new worker confirms it, and is the one named."""
    info, state = INFO, STATE

    async def answer(line: str, writer: asyncio.StreamWriter) -> None:
        nonlocal info, state
        if line.startswith(LEARNS):
            writer.write(f"{INFO}\n\n{STAT}\n\n".encode())
        elif line.startswith("show info"):
            writer.write(f"{info}\n\n{state}\n\n{STAT}\n\n".encode())
        else:
            state = STATE.replace(" 2 0 50 ", " 2 1 50 ")
            info = INFO.replace("Pid: 77", "Pid: 78").replace("1700000000", "1700000009")
            writer.write(b"\n\n")

    async with server(short_folder / "s", answer):
        confirmed = await instance(short_folder / "s").carry_out("a1", take_out, ())
    assert confirmed == Incarnation("78", 1700000009)


HERE = Occupant("127.0.0.1:80", "127.0.0.1", 80)
ELSEWHERE = Occupant("127.0.0.1:81", "127.0.0.1", 81)
SAME_PLACE = Occupant("pod-2", "127.0.0.1", 80)


@pytest.mark.parametrize(
    ("address", "seats", "is_set"),
    [
        ("127.0.0.1", [], True),
        ("127.0.0.1", [("it", "web", HERE)], True),
        ("127.0.0.1", [("other", "web", ELSEWHERE), ("it", "api", ELSEWHERE)], True),
        ("-", [("it", "api", HERE)], True),
        ("-", [("it", "web", HERE)], False),
        ("127.0.0.1", [("it", "web", ELSEWHERE)], False),
        ("127.0.0.1", [("it", "web", SAME_PLACE)], False),
        ("127.0.0.1", [("other", "web", HERE), ("it", "web", ELSEWHERE)], False),
    ],
)
async def test_who_is_meant_to_be_there(
    short_folder: Path, address: str, seats: list[tuple[str, str, Occupant]], is_set: bool
) -> None:
    """Only the seat of this very line counts, by the id of its occupant; whoever has left the place
    is not taken to be there still."""
    state = STATE.replace("127.0.0.1", address)

    async def answer(line: str, writer: asyncio.StreamWriter) -> None:
        nonlocal state
        if line.startswith(LEARNS):
            writer.write(f"{INFO}\n\n{STAT}\n\n".encode())
        elif line.startswith("show info"):
            writer.write(f"{INFO}\n\n{state}\n\n{STAT}\n\n".encode())
        else:
            state = state.replace(" 2 0 50 ", " 2 1 50 ")
            writer.write(b"\n\n")

    meant = [Seat(LineKey(instance, backend), one) for instance, backend, one in seats]
    async with server(short_folder / "s", answer) as lines:
        doing = instance(short_folder / "s").carry_out("a1", take_out, meant)
        if is_set:
            assert await doing == Incarnation("77", 1700000000)
        else:
            with pytest.raises(CommandRefused, match=r"web/a1 is now .+, and was 127\.0\.0\.1:8"):
                await doing
    assert any(line.startswith("disable agent") for line in lines) is is_set


async def test_servers_that_never_hold_still_are_given_up(short_folder: Path) -> None:
    """When names and numbers disagree kept changing, the look ends with an error for now."""

    async def answer(line: str, writer: asyncio.StreamWriter) -> None:
        before = INFO if line.startswith(LEARNS) else f"{INFO}\n\n{STATE}"
        writer.write(f"{before}\n\n{STAT.replace('a1', 'b1')}\n\n".encode())

    async with server(short_folder / "s", answer) as lines:
        one = instance(short_folder / "s")
        with pytest.raises(BalancerUnreachable, match="kept changing"):
            await one.look(("a1",))
    assert len(lines) == 6
