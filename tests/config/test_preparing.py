"""The section `prepare`, and what it makes of a member."""

from datetime import timedelta

import pytest

from controller.config import RolloutFile, fingerprint, parse
from controller.config.preparing import (
    fingerprint_task,
    prepare_tasks,
    purpose_of,
    section_of,
    valid_of,
)
from controller.core.pool import Member
from controller.hosts import HostCommand
from controller.tasks import Command
from tests.config.pages import page

MEMBER = Member("web1", "10.0.0.1", 80, "web1.example.net")


def file(
    *more: str, steps: str = '{command: [get, "${vars.version}"]}, {ssh: [warm]}'
) -> RolloutFile:
    return parse(page(f"prepare: {{steps: [{steps}], timeout: 5m}}", *more), "/srv/web.yaml")


def test_commands() -> None:
    """On this machine, or on the member's host."""
    get, warm = prepare_tasks(file(), MEMBER, "p1")
    assert isinstance(get, Command)
    assert isinstance(warm, HostCommand)
    assert (get.argv, get.timeout, get.cwd) == (("get", "2.4.1"), timedelta(minutes=5), "/srv")
    assert (warm.argv, warm.access.host) == (("warm",), "web1.example.net")
    assert (get.env["POOLROLL_COURSE"], valid_of(file())) == ("prepare", timedelta(days=7))
    assert fingerprint_task(file(), MEMBER) is None
    with pytest.raises(ValueError, match="no prepare"):
        section_of(parse(page(), "f"))


def test_purpose() -> None:
    """Another version, another host, another command: another purpose. A longer time is none."""
    others = [
        purpose_of(file('vars: {version: "3"}'), MEMBER),
        purpose_of(file(), Member("web1", "10.0.0.1", 80, "web9.example.net")),
        purpose_of(file(steps="{ssh: [warm]}"), MEMBER),
    ]
    assert len({purpose_of(file(), MEMBER), *others}) == 4
    longer = parse(
        page('prepare: {steps: [{command: [get, "${vars.version}"]}, {ssh: [warm]}]}'), "f"
    )
    assert purpose_of(longer, MEMBER) == purpose_of(file(), MEMBER)


def test_it_is_no_part_of_a_rollout() -> None:
    """An unfinished one goes on, whatever is prepared for the next."""
    both = (parse(page(), "f"), file())
    assert len({fingerprint(one, "r", b"key") for one in both}) == 1


def test_a_leading_dash() -> None:
    """What others name is told where it begins an argument."""
    doubtful = file(steps='{command: [get, "${member.name}"]}')
    assert any("prepare.steps[0].command[1]" in one for one in doubtful.settings.warnings)
