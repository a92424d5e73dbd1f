"""Wire, tables, lines, orders, workers: values in, values out."""

from pathlib import Path

import pytest

from adapters.haproxy.facts import facts_of
from adapters.haproxy.lines import admin_of, backend_counters, health_of, is_inherited, line_of
from adapters.haproxy.orders import put_back
from adapters.haproxy.tables import Row, parse_info, parse_stat, parse_state
from adapters.haproxy.wire import line_of as wire_line
from adapters.haproxy.wire import refusal, split_replies
from adapters.haproxy.workers import any_alive
from controller.core.pool import Admin, Counters, Found, Health, Line
from controller.errors import (
    BalancerError,
    CommandRefused,
    MalformedReply,
    NoSuchBackend,
    NoSuchMember,
    PermissionTooLow,
    WeightRefused,
)
from tests.adapters.haproxy.samples import INFO, STAT, STATE

COUNTED = [
    *("qcur", "scur", "stot", "econ", "eresp", "wretr", "wredis", "bck"),
    *("hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other"),
]


def sample_line(state: str = STATE, stat: str = STAT) -> Line:
    return line_of(parse_state("it", state, None)[0], parse_stat("it", stat)[0], has_cookie=True)


@pytest.mark.parametrize(
    ("text", "replies", "whole"),
    [
        ("", [], True),
        ("\n", [""], True),
        ("\n\n", ["", ""], True),
        ("admin\n\n", ["admin"], True),
        ("\nadmin\n\n\n", ["", "admin", ""], True),
        ("[6]: admin\n\n[err]: No such server.\n\n", ["admin", "No such server."], True),
        ("[9]: admin\n\n[::1]: x\n\n", ["[9]: admin", "[::1]: x"], True),
        ("a\nb\n\nc\n\n", ["a\nb", "c"], True),
        ("a\n\nb\n", ["a"], False),
        ("a", [], False),
    ],
)
def test_replies_are_split(text: str, replies: list[str], whole: bool) -> None:
    """Each reply ends with an empty line, and may begin with a severity; one that took is that
    line alone."""
    assert split_replies(text) == (replies, whole)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Permission denied", PermissionTooLow),
        ("No such server.", NoSuchMember),
        ("No such backend.", NoSuchBackend),
        ("No such proxy.", NoSuchBackend),
        ("Can't find backend.", NoSuchBackend),
        ("Backend is using a static LB algorithm", WeightRefused),
        ("", CommandRefused),
    ],
)
def test_refusals_have_a_type(text: str, error: type[BalancerError]) -> None:
    """HAProxy's free text becomes a typed error that names instance and command, in one line."""
    raised = refusal("it", ("show", "x"), f"{text}\nand\nmore" * 99)
    assert type(raised) is (error if text else CommandRefused)
    assert str(raised).startswith("it: show x: ")
    assert "\n" not in str(raised)
    assert len(str(raised)) < 300


def test_line_too_long_is_not_sent() -> None:
    """More than HAProxy's buffer holds is refused here, where it can be explained."""
    with pytest.raises(CommandRefused, match="too long for one line"):
        wire_line("it", [("show", "x" * 100)] * 200)


@pytest.mark.parametrize(
    ("mask", "admin", "inherited"),
    [
        (0x00, Admin.READY, False),
        (0x04, Admin.READY, False),
        (0x01, Admin.OUT, False),
        (0x05, Admin.OUT, False),
        (0x02, Admin.OUT, True),
        (0x20, Admin.OUT, True),
        (0x40, Admin.OUT, True),
        (0x03, Admin.OUT, True),
        (0x08, Admin.DRAINING, False),
        (0x10, Admin.DRAINING, True),
        (0x18, Admin.DRAINING, True),
        (0x09, Admin.OUT, False),
        (0x11, Admin.OUT, True),
    ],
)
def test_administrative_bits(mask: int, admin: Admin, inherited: bool) -> None:
    """Each bit of `srv_admin_state`, and what they mean together."""
    assert (admin_of(mask), is_inherited(mask)) == (admin, inherited)


@pytest.mark.parametrize(
    ("operation", "watched", "health"),
    [
        (0, True, Health.FAILING),
        (0, False, Health.FAILING),
        (1, True, Health.PASSING),
        (2, True, Health.PASSING),
        (2, False, Health.UNCHECKED),
        (3, True, Health.FAILING),
    ],
)
def test_operational_state(operation: int, watched: bool, health: Health) -> None:
    """Each value of `srv_op_state`, with a check and without."""
    assert health_of(operation, is_watched=watched) is health


@pytest.mark.parametrize(
    ("status", "op", "mask", "check", "expected"),
    [
        ("UP", 2, 0, 6, (Admin.READY, Health.PASSING)),
        ("UP 1/3", 2, 0, 6, (Admin.READY, Health.PASSING)),
        ("DOWN", 0, 0, 6, (Admin.READY, Health.FAILING)),
        ("DOWN 2/5", 0, 0, 6, (Admin.READY, Health.FAILING)),
        ("DOWN", 0, 8, 6, (Admin.DRAINING, Health.FAILING)),
        ("DRAIN", 2, 8, 6, (Admin.DRAINING, Health.PASSING)),
        ("DRAIN 2/3", 1, 8, 6, (Admin.DRAINING, Health.PASSING)),
        ("DRAIN (agent)", 2, 8, 6, (Admin.DRAINING, Health.PASSING)),
        ("NOLB", 3, 0, 6, (Admin.READY, Health.FAILING)),
        ("MAINT", 0, 1, 14, (Admin.OUT, Health.FAILING)),
        ("MAINT (via be/srv)", 0, 2, 0, (Admin.OUT, Health.FAILING)),
        ("MAINT (resolution)", 0, 32, 0, (Admin.OUT, Health.FAILING)),
        ("no check", 2, 0, 0, (Admin.READY, Health.UNCHECKED)),
        ("no check", 2, 0, 2, (Admin.READY, Health.UNCHECKED)),
        ("no check", 1, 4, 8, (Admin.READY, Health.UNCHECKED)),
    ],
)
def test_status_texts_in_bits(
    status: str, op: int, mask: int, check: int, expected: tuple[Admin, Health]
) -> None:
    """The bits behind each composite status say plainly what its text mixes."""
    state = STATE.replace(" 2 0 50 6 0 ", f" {op} {mask} 50 {check} 0 ")
    stat = STAT.replace("# pxname,svname", "# pxname,svname,status")
    line = sample_line(state, stat.replace("a1,0", f"a1,{status},0"))
    assert (line.admin, line.health) == expected


def test_sample_line() -> None:
    """Every cell lands in its field."""
    assert sample_line() == Line(
        backend="web",
        member="a1",
        address="127.0.0.1",
        port=80,
        admin=Admin.READY,
        health=Health.PASSING,
        weight=50,
        in_flight=1,
        queued=0,
        arrivals=9,
        counters=Counters(2, 9),
        cookie=True,
    )


@pytest.mark.parametrize(
    "column",
    [*COUNTED, "throttle", "tracked", "mode"],
)
def test_missing_column_of_stat_is_named(column: str) -> None:
    """A column that a version does not have is an error that names it, wherever it is needed."""
    with pytest.raises(MalformedReply, match=rf"show stat has no column {column}$"):
        sample_line(stat=STAT.replace(f",{column},", ",renamed,", 1))


@pytest.mark.parametrize(
    "column",
    STATE.split("\n")[1].split()[2:3] + STATE.split("\n")[1].split()[4:],
)
def test_missing_column_of_state_is_named(column: str) -> None:
    """The same for the servers' state."""
    with pytest.raises(MalformedReply, match=f"show servers state has no column {column}$"):
        sample_line(state=STATE.replace(f" {column}", " renamed", 1))


@pytest.mark.parametrize(
    ("state", "stat", "text"),
    [
        (STATE.replace(" 2 0 50 ", " 9 0 50 "), STAT, "srv_op_state is none of 0 to 3: 9"),
        (STATE.replace(" 2 0 50 ", " 2 x 50 "), STAT, "srv_admin_state is no number: 'x'"),
        (STATE.replace(" 2 0 50 ", " 2 -1 50 "), STAT, "srv_admin_state is no number: '-1'"),
        (STATE.removesuffix(" 80"), STAT, "a line ends before srv_port"),
        (STATE, STAT.replace(",0,1,9,", ",0,one,9,"), "scur is no number: 'one'"),
        (STATE, STAT.replace("http", "mail"), "neither http nor tcp: 'mail'"),
        ("0\n", STAT, "show servers state has no heading: '0'"),
        (STATE, "<html>", "show stat has no heading: '<html>'"),
    ],
)
def test_garbage_is_a_malformed_reply(state: str, stat: str, text: str) -> None:
    """Whatever is not what the protocol says is said to be so, and where."""
    with pytest.raises(MalformedReply, match=text):
        sample_line(state, stat)


@pytest.mark.parametrize("key", ["Version", "Pid", "Uptime_sec", "Stopping"])
def test_missing_key_of_info_is_named(key: str) -> None:
    """A key that is missing from `show info` is an error that names it."""
    with pytest.raises(MalformedReply, match=f"show info has no column {key}$"):
        parse_info("it", INFO.replace(f"{key}: ", "Other: "))


def test_info_without_a_start_time() -> None:
    """Older versions do not tell when they started; that is no error."""
    assert parse_info("it", INFO.rpartition("\n")[0]).start_time is None


def test_quoted_cells_keep_their_commas() -> None:
    """A cell with a comma in quotes is one cell."""
    (row,) = parse_stat("it", '# pxname,last_chk,mode\nweb,"a, b",tcp')
    assert (row.text("last_chk"), row.text("mode")) == ("a, b", "tcp")


@pytest.mark.parametrize(
    ("cells", "counters"),
    [
        ({"mode": "http", "req_tot": "9", "hrsp_5xx": "2", "srv_abrt": "1"}, Counters(3, 9)),
        ({"mode": "http", "req_tot": "9", "wretr": "3", "wredis": "1"}, Counters(4, 9)),
        ({"mode": "tcp", "stot": "5", "econ": "1", "wretr": "3"}, Counters(4, 8)),
        ({"mode": "tcp", "stot": "6", "wredis": "6"}, Counters(6, 12)),
    ],
)
def test_backend_counters(cells: dict[str, str], counters: Counters) -> None:
    """What counts as bad, and as all, on a BACKEND line of each mode."""
    names = ["mode", "req_tot", "srv_abrt", *COUNTED]
    columns = {name: at for at, name in enumerate(names)}
    row = Row("it", "show stat", columns, [cells.get(name, "") for name in names])
    assert backend_counters(row) == counters


def test_level_that_is_none_is_malformed() -> None:
    """An unknown level of permission is not taken for one."""
    with pytest.raises(MalformedReply, match="show cli level answers 'root'"):
        facts_of("it", ["web"], (INFO, "root", "", STAT, STAT))


def test_followed_lines_are_put_back_first() -> None:
    """Of a chain of lines that track each other, the one that is followed goes first."""

    def line(backend: str, tracks: str | None) -> Line:
        return Line(
            backend, "a", "", 0, Admin.OUT, Health.FAILING, 1, 0, 0, 0, Counters(), tracks=tracks
        )

    chain = [line("c", "b/a"), line("b", "a/a"), line("a", None), line("d", "elsewhere/a")]
    orders = put_back("it", chain, Found(()))
    assert [order.backend for order in orders] == ["a", "d", "b", "c"]


def process(proc: Path, pid: int, name: str, state: str = "S") -> None:
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "stat").write_text(f"{pid} ({name}) {state} 1 1 1 0")


@pytest.mark.parametrize(
    ("memory", "alive"),
    [((), False), ((2,), True), ((3,), False), ((4,), False), ((5, 2), True), ((6,), True)],
)
def test_former_workers(tmp_path: Path, memory: tuple[int, ...], alive: bool) -> None:
    """A former worker lives while it is a HAProxy that is not a zombie; the current one is none."""
    process(tmp_path, 6, "hapee-lb")
    for pid, name, state in [(1, "haproxy", "S"), (2, "haproxy", "R"), (3, "haproxy", "Z")]:
        process(tmp_path, pid, name, state)
    process(tmp_path, 4, "ssh) S 1 (haproxy")
    assert any_alive(1, (*memory, 1), tmp_path) is alive


def test_workers_of_another_namespace_are_not_judged(tmp_path: Path) -> None:
    """Where the current worker's pid is no HAProxy here, nothing is known of the former ones."""
    process(tmp_path, 1, "systemd")
    process(tmp_path, 2, "haproxy")
    assert any_alive(1, (2,), tmp_path) is None
    assert any_alive(7, (2,), tmp_path) is None
