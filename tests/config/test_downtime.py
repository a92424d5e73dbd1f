"""The section `pool.downtime`: servers that stand alone, and what cannot be."""

from datetime import timedelta

import pytest

from controller.config import parse
from controller.config.rollout_file import RolloutFile
from controller.config.values.ways import ways_of
from controller.core.settings import Amount
from controller.hosts import HostCommand
from controller.pools.alone import AlonePool
from controller.tasks import Command
from controller.typed import typed
from tests.config.pages import faults_of, page
from tests.config.test_pool_hosts import SCRIPTS

BUDGET = "downtime: {budget: 5m}"
HOOKS = (
    'downtime: {budget: 5m, before: {command: [./page.sh, "on", "${member.host}"]}, '
    'after: {ssh: [rm, /srv/sorry, "${member.vars.id}"], timeout: 90s}}'
)
VALIDATE = "validate: [{tcp: {host: '${member.name}', port: 22}}]"


def lone(*sections: str, members: str = "[db1]", hosts: str = "", pool: str = BUDGET) -> str:
    """`hosts`, `pool`: further keys of these."""
    inner = f"members: {members}" + (f", {hosts}" if hosts else "")
    keys = f"hosts: {{{inner}}}" + (f", {pool}" if pool else "")
    return page(f"pool: {{{keys}}}", VALIDATE, *sections)


def read(text: str) -> tuple[RolloutFile, AlonePool]:
    file = parse(text, "/srv/db.yaml")
    assert isinstance(file.settings.pool, AlonePool)
    return file, file.settings.pool


def test_servers_that_stand_alone() -> None:
    own = "members: {host: '${member.name}.lan', vars: {db1: {id: a}, db2: {id: b}}}"
    file, pool = read(lone(members="[db1, db2]", hosts="port: 22", pool=f"{HOOKS}, {own}"))
    assert file.settings.policies.outage == timedelta(minutes=5)
    one = pool.servers[1]
    assert (one.name, one.address, one.port) == ("db2", "db2", 22)
    assert isinstance(one.before, Command)
    assert one.before.argv == ("./page.sh", "on", "db2.lan")
    assert (one.before.cwd, one.before.env["POOLROLL_MEMBER_NAME"]) == ("/srv", "db2")
    assert isinstance(one.after, HostCommand)
    assert (one.after.argv, one.after.access.host) == (("rm", "/srv/sorry", "b"), "db2.lan")
    assert one.after.timeout == timedelta(seconds=90)
    assert typed(one.after) == "ssh db2.lan 'rm /srv/sorry b'"
    assert pool.settle == timedelta(0)
    assert len(ways_of(pool)) == 4


def test_nothing_to_run() -> None:
    _, pool = read(lone("drain: {settle: 3s}"))
    assert (pool.servers[0].before, pool.servers[0].after) == (None, None)
    assert pool.settle == timedelta(seconds=3)
    assert ways_of(pool) == ()


@pytest.mark.parametrize("floor", ["0", "'0'"])
def test_floor_of_none(floor: str) -> None:
    file, _ = read(lone(pool=f"{BUDGET}, min_available: {floor}"))
    assert file.settings.policies.min_available == Amount(0)


def test_behind_a_balancer() -> None:
    """What takes a member out and puts it back is said there."""
    file = parse(lone(hosts=SCRIPTS), "/srv/db.yaml")
    assert not isinstance(file.settings.pool, AlonePool)
    assert file.settings.policies.outage == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            lone(),
            [
                "notify: nobody is told when the 5m of pool.downtime.budget are used up; add one "
                "with on: [over_budget]"
            ],
        ),
        (lone("notify: [{command: [./page.sh]}]"), []),
        (
            lone("notify: [{command: [./page.sh], on: [halted]}]"),
            [
                "notify: nobody is told when the 5m of pool.downtime.budget are used up; add one "
                "with on: [over_budget]"
            ],
        ),
    ],
)
def test_who_is_paged(text: str, found: list[str]) -> None:
    settings = parse(text, "/srv/db.yaml").settings
    assert [line for line in settings.warnings if line.startswith("notify")] == found


@pytest.mark.parametrize(
    ("upgrade", "found"),
    [
        ("upgrade: {command: [./up.sh], timeout: 5m}", []),
        (
            "upgrade: {command: [./up.sh], timeout: 6m}",
            ["upgrade.timeout: a step that hangs is let run for 6m, longer than the 5m of "],
        ),
        (
            "upgrade: {steps: [{ssh: [a]}, {reboot: {}}], timeout: 1m}",
            ["upgrade.steps[1].reboot.timeout: a step that hangs is let run for 20m, longer than "],
        ),
    ],
)
def test_steps_that_may_take_longer(upgrade: str, found: list[str]) -> None:
    """The way back begins when the step has ended."""
    former = 'upgrade: {command: [deploy, --, "${member.name}"]}'
    text = lone().replace(former, upgrade)
    assert upgrade in text
    lines = [line for line in parse(text, "/srv/db.yaml").settings.warnings if "hangs" in line]
    assert [line[: len(start)] for line, start in zip(lines, found, strict=True)] == found


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            lone(pool=""),
            "pool.hosts: has no out, in and state, so that nobody serves in place of a member "
            "while it is upgraded: that is a planned outage; write pool.downtime with a budget, "
            "like downtime: {budget: 5m}, or the three scripts",
        ),
        (
            lone(hosts="out: {command: [a]}, state: {command: [a]}"),
            "pool.hosts.in: is missing beside out; add it, or remove all three",
        ),
        (
            page("pool: {haproxy: {apis: ['unix:/a'], backends: [b]}, downtime: {budget: 5m}}"),
            "pool.downtime: is for hosts alone: others serve in place of a member of haproxy; "
            "remove it",
        ),
        (
            page("pool: {haproxy: {apis: ['unix:/a'], backends: [b]}, min_available: 0}"),
            "pool.min_available: 0 would leave users without anybody: that is a planned outage; "
            "write pool.downtime with a budget, or a floor of at least 1",
        ),
        (
            lone(pool="downtime: {}"),
            "pool.downtime.budget: is missing; add it, like budget: 5m",
        ),
        (
            lone(hosts=SCRIPTS, pool="downtime: {budget: 5m, before: {command: [a]}}"),
            "pool.downtime.before: is for servers without a balancer; let `out` do it, and "
            "remove this",
        ),
        (
            lone(hosts=SCRIPTS, pool="downtime: {budget: 5m, after: {command: [a]}}"),
            "pool.downtime.after: is for servers without a balancer; let `in` do it, and "
            "remove this",
        ),
        (
            lone(pool="downtime: {budget: 5m, before: {timeout: 5s}}"),
            "pool.downtime.before: has nothing to run; add one of command, ssh",
        ),
        (
            lone(pool="downtime: {budget: 5m, after: {command: [a], ssh: [a]}}"),
            "pool.downtime.after.ssh: command is also given; keep one of the two",
        ),
        (
            lone(pool="downtime: {budget: 5m, after: {command: [a], timeout: 2m}}"),
            "pool.downtime.after.timeout: is more than 90s, and users wait; write a shorter time",
        ),
        (
            lone(pool="downtime: {budget: 5m, after: {command: [a], timeout: 2}}"),
            "pool.downtime.after.timeout: 2 has no unit; write 2s, or another of ms, s, m, h",
        ),
        (
            lone(pool=f"{BUDGET}, max_unavailable: 2"),
            "pool.max_unavailable: must be 1: servers that stand alone go one after another, each "
            "with a budget of its own; remove it",
        ),
        (
            lone(hosts="counts: true"),
            "pool.hosts.counts: is about `state`, which is not given; remove it",
        ),
        (
            lone(pool='downtime: {budget: 5m, before: {command: [a, "${member.vars.x}"]}}'),
            'pool.downtime.before.command[1]: "member.vars.x" is not a known name here; add it to '
            "pool.members.vars (a dollar is written $$)",
        ),
        (
            lone(
                members="[db1, db2]",
                pool='downtime: {budget: 5m, before: {ssh: [a, "${member.vars.x}"]}}, '
                "members: {vars: {db1: {x: a}}}",
            ),
            "pool.downtime.before.ssh[1]: member db2: member.vars.x has no value; set one",
        ),
    ],
)
def test_what_cannot_be(text: str, fault: str) -> None:
    """One line with place, fault and mend."""
    (line,) = faults_of(text)
    assert line.partition(": ")[2] == fault
