"""The section `pool.hosts`: members and commands, and what cannot be."""

import pytest

from controller.config import parse
from controller.config.rollout_file import RolloutFile
from controller.core.gates.gate import CounterGate
from controller.pools.scripted import ScriptedPool
from tests.config.pages import faults_of, page

SCRIPTS = (
    'out: {command: [./lb.sh, out, "${member.name}"]}, in: {command: [./lb.sh, in]}, '
    'state: {command: [./lb.sh, state, "${member.name}"], timeout: 5s}'
)
POOL = f"pool: {{hosts: {{members: [db1, db2], {SCRIPTS}}}}}"


def hosts_page(*sections: str, hosts: str = "", pool: str = "") -> str:
    """`hosts`, `pool`: further keys of these."""
    text = page(POOL, *sections)
    return text.replace("[db1, db2],", f"[db1, db2], {hosts}").replace("}}\n", f"}}{pool}}}\n", 1)


def read(text: str) -> tuple[RolloutFile, ScriptedPool]:
    file = parse(text, "/srv/web.yaml")
    assert isinstance(file.settings.pool, ScriptedPool)
    return file, file.settings.pool


def test_commands_are_filled_for_each_member() -> None:
    """They run in the folder of the file, and find in their environment whom they are about."""
    _, pool = read(
        hosts_page(
            hosts='port: "${vars.port}",',
            pool=', members: {host: "${member.name}.lan", vars: {db1: {id: a}, db2: {id: b}}}',
        )
        .replace("version:", 'port: "80", version:')
        .replace("[./lb.sh, in]", '[./lb.sh, in, "${member.vars.id}", "${member.host}"]')
    )
    one = pool.hosts[1]
    assert (one.name, one.address, one.port) == ("db2", "db2", 80)
    assert one.scripts.out.argv == ("./lb.sh", "out", "db2")
    assert one.scripts.back.argv == ("./lb.sh", "in", "b", "db2.lan")
    assert one.scripts.state.timeout.total_seconds() == 5
    assert one.scripts.out.cwd == "/srv"
    assert one.scripts.out.env["POOLROLL_MEMBER_HOST"] == "db2.lan"


def test_gates_only_where_something_counts() -> None:
    """Nobody is promised a gate that could see nothing."""
    bare, _ = read(hosts_page())
    assert bare.settings.policies.gates == ()
    assert any("NO GATES" in line for line in bare.settings.warnings)
    counted, _ = read(hosts_page(hosts="counts: true,"))
    assert [type(gate) for gate in counted.settings.policies.gates] == [CounterGate]
    assert not any("NO GATES" in line for line in counted.settings.warnings)
    asked = "gates: [{name: ratio, prometheus: {url: 'http://m', query: q}, max: 1%}]"
    only, _ = read(hosts_page(asked))
    assert [gate.name for gate in only.settings.policies.gates] == ["ratio"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            hosts_page("gates: [{name: e, haproxy: {scope: member}, max: 1%}]"),
            "gates[0].haproxy: nothing counts requests in front of this pool; write "
            "prometheus or pool.hosts.counts: true",
        ),
        (
            hosts_page("gates: [{kubernetes: {measure: restarts}}]"),
            "gates[0].kubernetes: the members of this pool are not in Kubernetes; write "
            "haproxy or prometheus",
        ),
        (
            hosts_page(
                "gates: [{name: slow, haproxy: {measure: response_time}}]", hosts="counts: true,"
            ),
            "gates[0].haproxy.measure: scripts say how many requests failed, and nothing else; "
            "write error_ratio",
        ),
        (
            hosts_page().replace("db1, db2", "-x").replace("[./lb.sh, state,", "[./lb.sh, --,"),
            "pool.hosts.out.command[2]: member -x: begins with a dash once it is filled in, so "
            'that a program would take it for an option; write "--" before it, if the program '
            "knows that",
        ),
        (
            hosts_page("return: {ramp: [10%]}"),
            "return.ramp: has no effect: scripts take a member out and put it back, and know "
            "no weights; remove it",
        ),
        (
            hosts_page("drain: {on_timeout: cut}"),
            "drain.on_timeout: nothing here can close connections; write halt, and use "
            "drain.idle to wait for them",
        ),
        (
            hosts_page(hosts="port: 99999,"),
            "pool.hosts.port: 99999 is not a port; write a number from 1 to 65535",
        ),
        (
            hosts_page(hosts='port: "${vars.version}",'),
            'pool.hosts.port: "2.4.1" is not a port; write a number from 1 to 65535',
        ),
        (
            hosts_page().replace("[./lb.sh, in]", '["${vars.none}", in]'),
            'pool.hosts.in.command[0]: "vars.none" is not a known name here; did you mean '
            '"vars.version"? (a dollar is written $$)',
        ),
        (
            hosts_page(pool=", members: {vars: {db1: {id: a}}}").replace(
                "[./lb.sh, in]", '[./lb.sh, "${member.vars.id}"]'
            ),
            "pool.hosts.in.command[1]: member db2: member.vars.id has no value; set one",
        ),
        (
            hosts_page("quiet: {through: {url: 'http://a/', cookie: 'S=${member.name}'}}"),
            "quiet.through: needs counts: true, which says where they arrive; write probe instead",
        ),
        (
            page(POOL.removesuffix("}") + ", kubernetes: {service: web}}"),
            "pool.hosts: kubernetes is also given; make them two files",
        ),
    ],
)
def test_what_cannot_be(text: str, fault: str) -> None:
    """One line with place, fault and mend."""
    (line,) = faults_of(text)
    assert line.partition(": ")[2] == fault
