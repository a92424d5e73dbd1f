"""Wire, tables, lines, orders, workers: values in, values out."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.haproxy.facts import facts_of
from adapters.haproxy.lines import (
    Server,
    admin_of,
    backend_counters,
    health_of,
    is_inherited,
    server_of,
)
from adapters.haproxy.orders import begin_return, put_back, shortfall
from adapters.haproxy.query import backend_view
from adapters.haproxy.tables import Row, parse_info, parse_stat, parse_state
from adapters.haproxy.wire import line_of as wire_line
from adapters.haproxy.wire import lines_for, refusal, split_replies
from adapters.haproxy.workers import any_alive
from controller.core.pool import (
    Admin,
    Check,
    Counters,
    Found,
    FoundLine,
    Health,
    Line,
    LineKey,
    Occupant,
)
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


def sample_server(state: str = STATE, stat: str = STAT) -> Server:
    return server_of(parse_state("it", state, None)[0], parse_stat("it", stat)[0])


def cells(
    *,
    mask: int = 0,
    check: int = 6,
    agent: int = 0,
    address: str = "127.0.0.1",
    tracked: str = "",
    op: int = 2,
) -> Server:
    """The sample with some cells changed."""
    state = STATE.replace("127.0.0.1 2 0 50 6 0 80", f"{address} {op} {mask} 50 {check} {agent} 80")
    return sample_server(state, STAT.replace(",3,1,,,2,", f",3,1,,{tracked},2,", 1))


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


def test_commands_are_spread_over_lines() -> None:
    """In order, none lost, each line as full as may be; one that is too long has its own."""
    commands = [("show", "servers", "state", f"customer_{n}") for n in range(500)]
    lines = lines_for(commands)
    assert [command for line in lines for command in line] == commands
    assert 3 <= len(lines) <= 5
    assert all(len(wire_line("it", (("show", "info"), *line))) < 7100 for line in lines)
    assert lines_for(commands[:2]) == [tuple(commands[:2])]
    assert [len(line) for line in lines_for([("x" * 9000,), ("a",), ("b",)])] == [1, 2]
    assert lines_for([]) == [()]


SAID = "# pxname,last_chk,mode\nweb,{},http\nweb,,http"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ('"status: down\n\ncause: db"', "status: downcause: db"),
        ('"\n\n\n\n"', ""),
        ('"say ""no""\n\n, and ""\n\n"""', 'say "no", and ""'),
        ('"half', None),
    ],
)
def test_what_a_check_said_ends_no_reply(said: str, read: str | None) -> None:
    """An empty line within the quotes of a table is part of it, whatever follows."""
    whole = f"[6]: a\n\n{SAID.format(said)}\n\n\nb c\n\n"
    replies, is_whole = split_replies(whole)
    assert is_whole is (read is not None)
    if read is None:
        return
    assert [replies[0], *replies[2:]] == ["a", "", "b c"]
    first, second = parse_stat("it", replies[1])
    assert (first.text("last_chk"), first.text("mode"), second.text("mode")) == (
        read,
        *["http"] * 2,
    )


@pytest.mark.parametrize(
    ("mask", "admin", "inherited"),
    [
        (0x00, Admin.READY, False),
        (0x04, Admin.READY, False),
        (0x01, Admin.OUT, False),
        (0x05, Admin.OUT, False),
        (0x02, Admin.OUT, True),
        (0x20, Admin.READY, False),
        (0x21, Admin.OUT, False),
        (0x28, Admin.DRAINING, False),
        (0x40, Admin.READY, False),
        (0x61, Admin.OUT, False),
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
    ("mask", "is_it"), [(0x00, False), (0x01, False), (0x04, False), (5, True)]
)
def test_out_by_the_configuration(mask: int, is_it: bool) -> None:
    """One that was set ready since then is not."""
    assert cells(mask=mask).line.is_configured_out is is_it


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
        ("MAINT (resolution)", 0, 32, 0, (Admin.READY, Health.FAILING)),
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
    line = sample_server(state, stat.replace("a1,0", f"a1,{status},0")).line
    assert (line.admin, line.health) == expected


def test_sample_server() -> None:
    """Every cell lands in its field."""
    line = Line(
        backend="web",
        member="a1",
        key="web/127.0.0.1:80",
        occupant=Occupant("127.0.0.1:80", "127.0.0.1", 80),
        admin=Admin.READY,
        health=Health.PASSING,
        check=Check.RUNNING,
        weight=50,
        in_flight=1,
        arrivals=9,
        counters=Counters(2, 9),
        measures=dict.fromkeys(("connect_errors", "retries", "status_4xx"), Counters(0, 9)),
    )
    server = Server(line, has_own_check=True, tracks=None, has_agent=False, is_inherited=False)
    assert sample_server() == server
    assert (server.backend, server.path) == ("web", "web/a1")


@pytest.mark.parametrize(
    ("mask", "check", "tracked", "expected"),
    [
        (0x00, 6, "", Check.RUNNING),
        (0x04, 6, "", Check.RUNNING),
        (0x08, 6, "", Check.RUNNING),
        (0x10, 6, "", Check.RUNNING),
        (0x01, 14, "", Check.PAUSED),
        (0x20, 6, "", Check.PAUSED),
        (0x28, 6, "", Check.PAUSED),
        (0x40, 6, "", Check.RUNNING),
        (0x09, 6, "", Check.PAUSED),
        (0x00, 0, "", Check.NONE),
        (0x00, 2, "", Check.NONE),
        (0x01, 2, "", Check.NONE),
        (0x00, 0, "be/a1", Check.NONE),
        (0x02, 0, "be/a1", Check.NONE),
        (0x00, 6, "be/a1", Check.NONE),
    ],
)
def test_states_of_a_check(mask: int, check: int, tracked: str, expected: Check) -> None:
    """A check of its own runs unless the line is out; one that was disabled, or is another line's,
    is none."""
    server = cells(mask=mask, check=check, tracked=tracked)
    assert server.line.check is expected
    assert server.has_own_check is (expected is not Check.NONE)
    assert server.tracks == (tracked or None)


@pytest.mark.parametrize(
    ("address", "key", "occupant"),
    [
        ("127.0.0.1", "web/127.0.0.1:80", Occupant("127.0.0.1:80", "127.0.0.1", 80)),
        ("::1", "web/::1:80", Occupant("::1:80", "::1", 80)),
        ("-", "web/a1", None),
    ],
)
def test_who_is_in_the_place(address: str, key: str, occupant: Occupant | None) -> None:
    """The occupant is whoever has the address; none while a host name is not resolved, or on a UNIX
    socket: then the name alone tells it from others."""
    line = cells(address=address).line
    assert (line.key, line.occupant) == (key, occupant)


@pytest.mark.parametrize(
    ("agent", "has_agent", "keep"), [(0, False, {}), (2, False, {}), (6, True, {"agent": "on"})]
)
def test_what_is_kept_of_a_line(agent: int, has_agent: bool, keep: dict[str, str]) -> None:
    """An agent check that is enabled has to be enabled again; one that was disabled has not."""
    server = cells(agent=agent)
    assert (server.has_agent, server.line.keep) == (has_agent, keep)


@pytest.mark.parametrize(("mask", "inherited"), [(0x01, False), (0x02, True), (0x20, False)])
def test_out_by_inheritance(mask: int, inherited: bool) -> None:
    """What `state ready` alone would not bring back is known of a server."""
    assert cells(mask=mask).is_inherited is inherited


def test_tries_are_not_arrivals() -> None:
    """HAProxy counts a session anew at each try; a client came once."""
    tried = STAT.replace("web,a1,0,1,9,0,0,0,", "web,a1,0,1,4,1,0,3,")
    assert sample_server(stat=tried).line.arrivals == 1


@pytest.mark.parametrize("mode", ["tcp", "http"])
def test_maintenance_may_cut_sessions_in_mode_tcp(mode: str) -> None:
    """Whether `on-marked-down` says so cannot be read."""
    line = sample_server(stat=STAT.replace(",a1,http,", f",a1,{mode},")).line
    assert line.out_cuts is (mode == "tcp")


def test_requests_that_wait_are_in_flight() -> None:
    """Those queued for a server will reach it: they count like those under way there."""
    assert sample_server(stat=STAT.replace("a1,0,1,9", "a1,3,2,9")).line.in_flight == 5
    assert sample_server(stat=STAT.replace("a1,0,1,9", "a1,3,,9")).line.in_flight == 3


@pytest.mark.parametrize(
    ("throttle", "warming"), [("", False), ("0", True), ("99", True), ("100", False)]
)
def test_warm_up_and_backup(throttle: str, warming: bool) -> None:
    """A `slowstart` below 100 % is a warm-up; column `bck` makes a backup."""
    line = sample_server(stat=STAT.replace(",3,1,,,2,", f",3,1,{throttle},,2,", 1)).line
    assert (line.is_warming, line.is_backup) == (warming, False)
    assert sample_server(stat=STAT.replace(",0,3,1,,,2,", ",1,3,1,,,2,", 1)).line.is_backup


@pytest.mark.parametrize(
    "column",
    [*COUNTED, "throttle", "tracked", "mode"],
)
def test_missing_column_of_stat_is_named(column: str) -> None:
    """A column that a version does not have is an error that names it, wherever it is needed."""
    with pytest.raises(MalformedReply, match=rf"show stat has no column {column}$"):
        sample_server(stat=STAT.replace(f",{column},", ",renamed,", 1))


@pytest.mark.parametrize(
    "column",
    STATE.split("\n")[1].split()[2:3] + STATE.split("\n")[1].split()[4:],
)
def test_missing_column_of_state_is_named(column: str) -> None:
    """The same for the servers' state."""
    with pytest.raises(MalformedReply, match=f"show servers state has no column {column}$"):
        sample_server(state=STATE.replace(f" {column}", " renamed", 1))


@pytest.mark.parametrize(
    ("state", "stat", "text"),
    [
        (STATE.replace(" 2 0 50 ", " 9 0 50 "), STAT, "srv_op_state is none of 0 to 3: 9"),
        (STATE.replace(" 2 0 50 ", " 2 x 50 "), STAT, "srv_admin_state is not a number: 'x'"),
        (STATE.replace(" 2 0 50 ", " 2 -1 50 "), STAT, "srv_admin_state is not a number: '-1'"),
        (STATE.replace(" 50 ", f" {'9' * 5000} "), STAT, "srv_uweight is not a number: '9"),
        (STATE.replace(" 50 ", " 70000 "), STAT, "srv_uweight is too large a number: '70000'"),
        (STATE, STAT.replace(",0,1,9,", f",0,{2**64},9,"), "scur is too large a number"),
        (STATE.replace("127.0.0.1", "-oProxyCommand=id"), STAT, "srv_addr is no address: '-oP"),
        (STATE.replace(" a1 ", " a1;set "), STAT, "srv_name is no name: 'a1;set'"),
        (STATE.replace(" web ", " w\x1b[2J "), STAT, r"be_name is no name: 'w\\x1b\[2J'"),
        (STATE.removesuffix(" 80"), STAT, "a line ends before srv_port"),
        (STATE, STAT.replace(",0,1,9,", ",0,one,9,"), "scur is not a number: 'one'"),
        (STATE, STAT.replace("http", "mail"), "neither http nor tcp: 'mail'"),
        ("0\n", STAT, "show servers state has no heading: '0'"),
        (STATE, "<html>", "show stat has no heading: '<html>'"),
    ],
)
def test_garbage_is_a_malformed_reply(state: str, stat: str, text: str) -> None:
    """Whatever is not what the protocol says is said to be so, and where."""
    with pytest.raises(MalformedReply, match=text):
        sample_server(state, stat)


@pytest.mark.parametrize("key", ["Version", "Pid", "Uptime_sec", "Stopping"])
def test_missing_key_of_info_is_named(key: str) -> None:
    """A key that is missing from `show info` is an error that names it."""
    with pytest.raises(MalformedReply, match=f"show info has no column {key}$"):
        parse_info("it", INFO.replace(f"{key}: ", "Other: "))


@pytest.mark.parametrize(
    ("key", "value"), [("Pid", 2**31), ("Uptime_sec", 2**32), ("Start_time_sec", 2**33)]
)
def test_figures_of_info_are_possible_ones(key: str, value: int) -> None:
    """A time or a process id beyond all reason would end the process that calculates with it."""
    lines = [f"{key}: {value}" if one.startswith(key) else one for one in INFO.split("\n")]
    with pytest.raises(MalformedReply, match=f"{key} is too large a number"):
        parse_info("it", "\n".join(lines))


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


@pytest.mark.parametrize(
    ("mask", "address", "template", "expected"),
    [
        (0x00, "127.0.0.1", True, (True, False, True)),
        (0x40, "127.0.0.1", True, (True, False, True)),
        (0x20, "-", False, (False, True, True)),
        (0x20, "-", True, (False, True, False)),
        (0x29, "-", True, (False, True, False)),
        (0x00, "-", True, (True, False, True)),
    ],
)
def test_names_without_an_address(
    mask: int, address: str, template: bool, expected: tuple[bool, bool, bool]
) -> None:
    """A name that is not resolved takes a server out of rotation without anybody's doing; an empty
    slot of a template is no member. A name that was set at run time says nothing."""
    state = STATE.replace("127.0.0.1 2 0 50", f"{address} 2 {mask} 50")
    (row,) = parse_state("it", state, None)
    line = server_of(row, parse_stat("it", STAT)[0], is_of_template=template).line
    assert (line.is_serving, line.is_unresolved, line.may_be_member) == expected


@pytest.mark.parametrize(
    ("port", "shown", "where", "port_of_its_own"),
    [
        ("80", "127.0.0.1:80", "127.0.0.1:80", 80),
        ("0", "127.0.0.1", "127.0.0.1:0", 0),
        ("9", "127.0.0.1:+9", "127.0.0.1:+9", 0),
        ("4294967287", "127.0.0.1:-9", "127.0.0.1:-9", 0),
        ("4294967287", "", "127.0.0.1:-9", 0),
    ],
)
def test_ports_that_follow_the_client(
    port: str, shown: str, where: str, port_of_its_own: int
) -> None:
    """An offset is no port, however it is shown; without a port of its own an address stands
    alone."""
    stat = STAT.replace("# pxname,svname", "# pxname,svname,addr").replace("a1,0", f"a1,{shown},0")
    occupant = sample_server(STATE.replace("6 0 80", f"6 0 {port}"), stat).line.occupant
    assert occupant == Occupant(where, "127.0.0.1", port_of_its_own)
    assert str(occupant) == ("127.0.0.1:80" if port == "80" else "127.0.0.1")


SLOTS = """1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight \
srv_check_state srv_agent_state srv_port srv_fqdn srvrecord
3 web 1 app1 127.0.0.1 2 0 50 6 0 80 app.test -
3 web 2 app2 - 0 32 50 6 0 80 app.test -
3 web 3 lost - 0 32 50 6 0 80 lost.app.test -
3 web 4 srv1 127.0.0.2 2 64 50 6 0 80 t1.test _web._tcp.test
3 web 5 srv2 - 0 32 50 6 0 0 - _web._tcp.test
3 web 6 old - 0 32 50 6 0 0 - -""".replace("\\\n", "")
SLOT_NAMES = ("app1", "app2", "lost", "srv1", "srv2", "old")


@pytest.mark.parametrize("asked", [None, *SLOT_NAMES])
def test_empty_slots_of_templates(asked: str | None) -> None:
    """Slots share a name or an SRV record; a server that lost its own name is a member still. One
    line alone shows the same as all of them do."""
    head, server, backend = STAT.split("\n")
    stat = "\n".join([head, *(server.replace("a1,0", f"{n},0") for n in SLOT_NAMES), backend])
    members = None if asked is None else [asked]
    view = backend_view("it", "web", [("show",)] * 2, [SLOTS, stat], members)
    assert view is not None
    vacant = {server.line.member for server in view.servers if server.line.is_vacant}
    assert vacant == {"app2", "srv2"} & set([asked] if asked else SLOT_NAMES)
    by_dns = {server.line.member for server in view.servers if server.is_weighed_by_dns}
    assert by_dns == {"srv1", "srv2"} & set([asked] if asked else SLOT_NAMES)


def test_weights_from_dns_are_left_to_it() -> None:
    """A weight is neither set nor compared where each answer of DNS sets another."""
    server = replace(cells(mask=1), is_weighed_by_dns=True)
    (order,) = put_back("it", [server], Found((FoundLine(LineKey("it", "web"), 80),)))
    assert [[" ".join(one) for one in stage] for stage in order.stages] == [
        ["set server web/a1 state ready"]
    ]
    assert order.weight is None


def test_facts_know_who_sets_the_weights() -> None:
    """Backends that SRV records fill are told apart; such a ramp would not last."""
    assert facts_of("it", ["web"], (INFO, "admin", "", STAT, STAT, SLOTS)).weighed_by_dns == {"web"}
    assert not facts_of("it", ["web"], (INFO, "admin", "", STAT, STAT, STATE)).weighed_by_dns


def test_level_that_is_none_is_malformed() -> None:
    """An unknown level of permission is not taken for one."""
    with pytest.raises(MalformedReply, match="show cli level answers 'root'"):
        facts_of("it", ["web"], (INFO, "root", "", STAT, STAT))


def test_followed_lines_are_put_back_first() -> None:
    """Of a chain of lines that track each other, the one that is followed goes first."""

    def server(backend: str, tracks: str | None) -> Server:
        line = replace(cells(mask=1).line, backend=backend, member="a")
        return replace(cells(mask=1), line=line, tracks=tracks)

    chain = [server("c", "b/a"), server("b", "a/a"), server("a", None), server("d", "elsewhere/a")]
    orders = put_back("it", chain, Found(()))
    assert [order.backend for order in orders] == ["a", "d", "b", "c"]


@pytest.mark.parametrize(
    ("keep", "share", "commands"),
    [
        ({}, 100, [["set server web/a1 state ready"]]),
        ({"agent": "on"}, 100, [["set server web/a1 state ready", "enable agent web/a1"]]),
        (
            {"agent": "on"},
            50,
            [
                ["disable agent web/a1"],
                ["set server web/a1 weight 25"],
                ["set server web/a1 state ready"],
            ],
        ),
    ],
)
def test_what_was_kept_is_restored(
    keep: dict[str, str], share: int, commands: list[list[str]]
) -> None:
    """The agent check comes back with the whole of the weight, and stays off below."""
    found = Found((FoundLine(LineKey("it", "web"), 50, keep),))
    (order,) = put_back("it", [cells(mask=1)], found, share)
    assert [[" ".join(one) for one in stage] for stage in order.stages] == commands


@pytest.mark.parametrize("server", [cells(check=0, mask=1), cells(tracked="be/a1", mask=1)])
def test_lines_without_an_own_check_are_only_looked_at(server: Server) -> None:
    """On the way back nothing is set at them, but a line that is ready again is no longer out."""
    (order,) = begin_return([server])
    assert order.stages == ()
    assert shortfall(order, server) is None
    assert shortfall(order, cells(check=0, mask=8)) is None
    lost = "it is ready again: what was set there before is lost"
    assert shortfall(order, cells(check=0)) == lost
    assert shortfall(order, None) == "the server has disappeared"


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
