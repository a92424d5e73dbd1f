"""The section `snapshot`, and what it makes of a member."""

import re
from datetime import timedelta

import pytest

from controller.config import RolloutFile, fingerprint, parse
from controller.config.snapshots import (
    create_task,
    drop_task,
    errands_of,
    keep_of,
    revert_task,
    snapshot_id,
)
from controller.core.pool import Member
from controller.core.settings import OnFailure
from controller.core.steps import Course
from controller.hosts import HostCommand
from controller.tasks import Command
from tests.config.pages import faults_of, page

MEMBER = Member("web1", "10.0.0.1", 80, "web1.example.net")
SNAPSHOT = (
    'snapshot: {create: {command: [./snap.sh, "--name=${member.name}", "${snapshot.id}"]}, '
    'revert: {ssh: [revert, "${snapshot.id}"]}, drop: {command: [drop, "${snapshot.id}"]}, '
    "keep: 12h, timeout: 5m}"
)


def file(*more: str) -> RolloutFile:
    return parse(page(SNAPSHOT, *more), "/srv/web.yaml")


def test_commands() -> None:
    """On this machine, or on the member's host; all with the one id."""
    create = create_task(file(), MEMBER, "web-1", "ID")
    assert isinstance(create, Command)
    assert create.argv == ("./snap.sh", "--name=web1", "ID")
    assert (create.timeout, create.cwd) == (timedelta(minutes=5), "/srv")
    assert create.env["POOLROLL_COURSE"] == "snapshot"
    revert = revert_task(file(), MEMBER, "web-1", "ID")
    assert isinstance(revert, HostCommand)
    assert (revert.argv, revert.access.host) == (("revert", "ID"), "web1.example.net")
    drop = drop_task(file(), MEMBER, "web-1", "ID")
    assert isinstance(drop, Command)
    assert drop.argv == ("drop", "ID")
    assert keep_of(file()) == timedelta(hours=12)


def test_create_alone() -> None:
    """Then nothing is reverted to, nor dropped, and each is kept until somebody drops it."""
    alone = parse(page("snapshot: {create: {command: [snap]}}"), "web.yaml")
    assert revert_task(alone, MEMBER, "r", "ID") is None
    assert drop_task(alone, MEMBER, "r", "ID") is None
    assert keep_of(alone) is None
    none = parse(page(), "web.yaml")
    assert drop_task(none, MEMBER, "r", "ID") is None
    with pytest.raises(ValueError, match="no snapshot"):
        errands_of(none)


@pytest.mark.parametrize("member", ["web1", "node-1.dc1.example.com", "a:b", "_._", "x" * 300])
def test_ids(member: str) -> None:
    """The same for the same snapshot, no other's, and of signs that every tool takes."""
    id_ = snapshot_id("web-20261127-1", member, 0)
    assert re.fullmatch("[a-z][a-z0-9-]{1,39}", id_)
    assert id_ == snapshot_id("web-20261127-1", member, 0)
    others = {
        snapshot_id("web-20261127-1", member, 1),
        snapshot_id("web-20261127-2", member, 0),
        snapshot_id("web-20261127-1", member + "2", 0),
    }
    assert len({id_, *others}) == 4


def test_way_back() -> None:
    """`rollback` may say no more than what the former version is: then there is no rollback to run,
    and a reverted member is validated as that version."""
    validate = 'validate: [{http: {url: "http://h/", contains: "${vars.version}"}}]'
    back = 'rollback: {vars: {version: "1"}}'
    one = file("on_failure: revert_member", back, validate)
    assert one.settings.policies.on_failure is OnFailure.REVERT_MEMBER
    assert not one.has_rollback
    work = one.work(Course.ROLLBACK, MEMBER, "r")
    assert work.steps == ()
    assert "contains='1'" in repr(work.validations)
    assert faults_of(page(back)) == [
        "6:11: rollback: has nothing to run; add command: […] or steps: [{command: […]}]"
    ]
    silent = file("on_failure: revert_member", validate)
    assert any("set the former one in rollback.vars" in one for one in silent.settings.warnings)
    assert silent.work(Course.ROLLBACK, MEMBER, "r").steps == ()
    both = file("on_failure: revert_member", "rollback: {command: [back]}")
    assert both.has_rollback


def test_another_snapshot_is_another_rollout() -> None:
    """A rollout that is unfinished is not gone on with, with other commands."""
    makes = [fingerprint(one, "r", b"key") for one in (parse(page(), "f"), file())]
    assert makes[0] != makes[1]


def test_a_leading_dash() -> None:
    """What others name is told where it begins an argument."""
    doubtful = page('snapshot: {create: {command: [snap, "${member.name}"]}}')
    assert any(
        "snapshot.create.command[1]" in one for one in parse(doubtful, "f").settings.warnings
    )
