"""The section `preflight`: questions about one member, all templates filled."""

from datetime import timedelta

import pytest

from controller.config import RolloutFile, fingerprint, masked, parse
from controller.core.steps import Course
from controller.errors import ConfigurationError
from controller.hosts import HostCommand
from controller.tasks import Command
from tests.config.pages import page

TWO = (
    "preflight: [{name: room, ssh: [df, -k, /var], min: 2000000, max: 9.5e6, timeout: 5s}, "
    "{command: [./raid.sh, '${member.name}'], exits: [0, 3], contains: 'v${vars.version}'}]"
)


def file(*sections: str) -> RolloutFile:
    return parse(page(*sections), "/srv/web.yaml")


def test_questions() -> None:
    made = file(TWO)
    member = made.member("web1", "10.0.0.1", 80)
    room, raid = made.work(Course.UPGRADE, member, "r-1").questions
    assert isinstance(room.task, HostCommand)
    assert (room.task.argv, room.task.name) == (("df", "-k", "/var"), "room")
    assert room.task.timeout == timedelta(seconds=5)
    assert (room.minimum, room.maximum, room.contains) == (2_000_000.0, 9_500_000.0, "")
    assert isinstance(raid.task, Command)
    assert (raid.task.argv, raid.task.cwd) == (("./raid.sh", "web1"), "/srv")
    assert (set(raid.task.ok), raid.task.timeout) == ({0, 3}, timedelta(seconds=60))
    assert (raid.minimum, raid.maximum, raid.contains) == (None, None, "v2.4.1")
    assert raid.task.env["POOLROLL_MEMBER_NAME"] == "web1"


def test_the_way_back_asks_nothing() -> None:
    made = file(TWO, "rollback: {command: [back]}")
    assert made.work(Course.ROLLBACK, made.member("web1", "10.0.0.1", 80), "r-1").questions == ()


def test_counts_as_a_change() -> None:
    """Once a rollout has begun, what it asks stays."""
    without = fingerprint(file(), "salt")
    assert fingerprint(file("preflight: []"), "salt") == without
    assert fingerprint(file(TWO), "salt") != without


def test_secrets_are_masked() -> None:
    text, _ = masked(page("preflight: [{ssh: [ask, --password, hunter22]}]"), {})
    assert "hunter22" not in text


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ("[{min: 1}]", "preflight[0]: has nothing to run; add one of command, ssh"),
        ("[{command: [a], ssh: [b]}]", "command is also given; make them two questions"),
        ("[{ssh: [a], min: 2, max: 1}]", "preflight[0].min: 2 is above max"),
        ("[{ssh: [a], min: '2G'}]", '"2G" is not a number; write it bare'),
        ("[{ssh: [a], min: true}]", "is not a number"),
        ("[{ssh: [a], max: 1.0e300}]", "is out of range"),
        ("[{ssh: [a], contains: ' '}]", "is blank"),
        ("[{ssh: ['${member.nam}']}]", "is not a known name here"),
        ("[{ssh: [a], exits: [256]}]", "is not an exit code"),
    ],
)
def test_faults(section: str, fault: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        file(f"preflight: {section}")
    assert fault in str(refused.value)


def test_pods_have_no_ssh() -> None:
    pods = "pool: {kubernetes: {service: web}}"
    with pytest.raises(ConfigurationError, match="nothing of a pod answers to ssh"):
        file(pods, "upgrade: {}", "preflight: [{ssh: [df]}]")
    nodes = "pool: {kubernetes: {nodes: {selector: role=web}}}"
    assert file(nodes, "upgrade: {command: [up]}", "preflight: [{ssh: [df]}]").rollout.preflight


def test_may_stand_in_for_unless() -> None:
    """A budget of members that are not reached needs a question that reaches them."""
    assert file("failures: {max: 1}", "upgrade: {command: [up]}", TWO).rollout.failures is not None
    with pytest.raises(ConfigurationError, match=r"needs upgrade\.unless or preflight"):
        file("failures: {max: 1}", "upgrade: {command: [up]}")


COLLECT = (
    "collect: [{ssh: [journalctl, -b], timeout: 30s}, "
    "{name: state, command: [curl, 'http://${member.host}/']}]"
)


def test_collect() -> None:
    """The same both ways, and no change of what a rollout does: it may be added after a halt."""
    made = file(COLLECT, "rollback: {command: [back]}")
    member = made.member("web1", "10.0.0.1", 80)
    log, state = made.work(Course.UPGRADE, member, "r-1").collects
    assert isinstance(log, HostCommand)
    assert (log.argv, log.timeout) == (("journalctl", "-b"), timedelta(seconds=30))
    assert isinstance(state, Command)
    assert (state.argv, state.name) == (("curl", "http://10.0.0.1/"), "state")
    back = made.work(Course.ROLLBACK, member, "r-1").collects
    assert [one.label for one in back] == ["journalctl", "curl"]
    assert fingerprint(file(COLLECT), "salt") == fingerprint(file(), "salt")


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ("[{name: a}]", "collect[0]: has nothing to run"),
        ("[{command: [a], ssh: [b]}]", "make them two"),
        ("[{ssh: ['${vars.nope}']}]", "is not a known name here"),
    ],
)
def test_faults_of_collect(section: str, fault: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        file(f"collect: {section}")
    assert fault in str(refused.value)
