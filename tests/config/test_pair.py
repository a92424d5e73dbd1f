"""`pool.hosts` with `promote`: two boxes, of which one stands by."""

import pytest

from controller.config import parse
from controller.config.values.ways import ways_of
from controller.hosts import HostCommand
from controller.pools.pair import PairPool
from controller.tasks import Command
from controller.typed import typed
from tests.config.pages import faults_of, page

STATE = 'state: {command: [./c.sh, state, "${member.name}"]}'
PROMOTE = 'promote: {ssh: [pcs, promote, "${member.name}"], timeout: 60s}'


def pair(members: str = "[db1, db2]", hosts: str = f"{STATE}, {PROMOTE}", pool: str = "") -> str:
    more = f", {pool}" if pool else ""
    return page(f"pool: {{hosts: {{members: {members}, {hosts}}}{more}}}")


def test_two_boxes() -> None:
    pool = parse(pair(), "/srv/db.yaml").settings.pool
    assert isinstance(pool, PairPool)
    one = pool.boxes[1]
    assert (one.name, one.state.argv, one.state.cwd) == (
        "db2",
        ("./c.sh", "state", "db2"),
        "/srv",
    )
    assert isinstance(one.promote, HostCommand)
    assert (one.promote.argv, one.promote.access.host) == (("pcs", "promote", "db2"), "db2")
    assert typed(one.promote) == "ssh db2 'pcs promote db2'"
    assert len(ways_of(pool)) == 4
    here = parse(
        pair(hosts=f"{STATE}, promote: {{command: [./c.sh, promote]}}"), "/srv/db.yaml"
    ).settings.pool
    assert isinstance(here, PairPool)
    assert isinstance(here.boxes[0].promote, Command)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            pair("[db1, db2, db3]"),
            "pool.hosts.members: are 3, and promote is for two, one active and one standby; "
            "list two",
        ),
        (
            pair(hosts=PROMOTE),
            "pool.hosts.state: is missing beside promote, which is read back: it must print ready "
            "or standby; add it",
        ),
        (
            pair(hosts=f"{STATE}, {PROMOTE}, out: {{command: [a]}}"),
            "pool.hosts.out: has no effect beside promote; remove it",
        ),
        (
            pair(pool="downtime: {budget: 5m}"),
            "pool.downtime: is not needed beside promote: users have moved before a member is "
            "touched; remove it",
        ),
        (
            pair(pool="max_unavailable: 2"),
            "pool.max_unavailable: must be 1 for a pair; remove it",
        ),
        (
            pair(hosts=f"{STATE}, promote: {{}}"),
            "pool.hosts.promote: has nothing to run; add one of command, ssh",
        ),
        (
            pair(hosts=f'{STATE}, promote: {{command: [a, "${{rollout.id}}"]}}'),
            'pool.hosts.promote.command[1]: "rollout.id" is not a known name here; did you mean '
            '"rollout.name"? (a dollar is written $$)',
        ),
        (
            pair(
                hosts=f'{STATE}, promote: {{command: [a, "${{member.vars.x}}"]}}',
                pool="members: {vars: {db1: {x: a}}}",
            ),
            "pool.hosts.promote.command[1]: member db2: member.vars.x has no value; set one",
        ),
    ],
)
def test_what_cannot_be(text: str, fault: str) -> None:
    """One line with place, fault and mend."""
    (line,) = faults_of(text)
    assert line.partition(": ")[2] == fault
