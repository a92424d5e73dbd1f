"""Steps on hosts, as the rollout file has them: for servers behind HAProxy, and for Nodes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.config import RolloutFile, fingerprint, parse
from controller.core.steps import Course
from controller.errors import ConfigurationError
from controller.hosts import Access, HostCommand, Proof, Reboot
from controller.tasks import Command, PoolTask, Task
from tests.config.pages import page

HOSTS = (
    "hosts: {ssh: {user: deploy, port: '${member.vars.ssh}', jump: bastion, sudo: true, "
    "options: ['HostKeyAlias=${member.name}'], connect_timeout: 5s}}"
)
MEMBERS = (
    "pool: {haproxy: {apis: [unix:/a], backends: [web]}, members: "
    "{host: '${member.vars.host}', vars: {web1: {ssh: '2222', host: web1.example}}}}"
)
NODES = "pool: {kubernetes: {nodes: {selector: role=web}}}"
FOUR_LINES = (
    "upgrade: {timeout: 9m, exits: {ok: [0, 2], reboot: [3]}, unless: {ssh: [rpm, -q, nginx]}, "
    "steps: [{ssh: [dnf, -y, upgrade]}, {command: [mail, root]}, "
    "{ssh: [dnf, -y, install, 'nginx-${vars.version}']}, "
    "{reboot: {timeout: 20m, when: needed, reset: {command: [power, cycle], after: 10m}}}], "
    "expect: {kernel: '5.*', packages: {nginx: '${vars.version}', telnet: absent}, "
    "services: [nginx]}}"
)


def file(*sections: str) -> RolloutFile:
    return parse(page(*sections), "/srv/web.yaml")


def steps(made: RolloutFile) -> tuple[Task, ...]:
    member = made.member("web1", "10.0.0.1", 80)
    return made.work(Course.UPGRADE, member, "r-1").steps


def test_the_four_lines() -> None:
    """Steps of each kind in their order, then the proof; all on the member's own host."""
    made = file(HOSTS, MEMBERS, FOUR_LINES)
    first, mail, install, reboot, proof = steps(made)
    assert isinstance(first, HostCommand)
    assert replace(first.access, host="x") == Access(  # type: ignore[arg-type]
        "x",  # type: ignore[arg-type]
        user="deploy",
        port=2222,
        jump="bastion",
        options=("HostKeyAlias=web1",),
        sudo=True,
        connect_timeout=timedelta(seconds=5),
    )
    assert first.access.host == "web1.example"
    assert (first.argv, first.timeout) == (("dnf", "-y", "upgrade"), timedelta(minutes=9))
    assert first.env["POOLROLL_MEMBER_NAME"] == "web1"
    assert isinstance(mail, Command)
    assert mail.ok == first.ok == {0, 2, 3}
    assert isinstance(install, HostCommand)
    assert install.argv[-1] == "nginx-2.4.1"
    assert isinstance(reboot, Reboot)
    assert (reboot.timeout, reboot.is_conditional) == (timedelta(minutes=20), True)
    assert reboot.argv == ("systemctl", "reboot")
    assert reboot.asked_by == (frozenset({3}),) * 3
    assert reboot.reset is not None
    assert reboot.reset.argv == ("power", "cycle")
    assert reboot.reset_after == timedelta(minutes=10)
    assert isinstance(proof, Proof)
    assert proof.packages == {"nginx": "2.4.1", "telnet": "absent"}
    assert (proof.kernel, proof.services) == ("5.*", ("nginx",))
    assert [one.label for one in steps(made)] == ["dnf", "mail", "dnf", "reboot", "expect"]


def test_exit_codes_of_one_step() -> None:
    """They stand in the place of those for all steps."""
    upgrade = (
        "upgrade: {exits: {ok: [0, 2]}, steps: [{ssh: [puppet], exits: {reboot: [7]}}, "
        "{command: [mail]}, {reboot: {when: needed}}]}"
    )
    puppet, mail, reboot = steps(file(HOSTS, MEMBERS, upgrade))
    assert isinstance(puppet, HostCommand)
    assert isinstance(mail, Command)
    assert isinstance(reboot, Reboot)
    assert puppet.ok == {0, 7}
    assert mail.ok == {0, 2}
    assert reboot.asked_by == (frozenset({7}), frozenset())


@pytest.mark.parametrize(("written", "seconds"), [("", 60), ("timeout: 10m, ", 600)])
def test_how_long_a_question_may_take(written: str, seconds: int) -> None:
    """Check modes of configuration tools take minutes."""
    member, upgrade = ("web1", "10.0.0.1", 80), "upgrade: {command: [a], unless: {%scommand: [b]}}"
    made = file(upgrade % written)
    guard = made.work(Course.UPGRADE, made.member(*member), "r-1").guard
    assert guard is not None
    assert guard.task.timeout == timedelta(seconds=seconds)


def test_what_is_started_here() -> None:
    """Each with its place in the file: ssh itself may be missing on this machine."""
    made = file(HOSTS, MEMBERS, FOUR_LINES)
    programs = made.programs(Course.UPGRADE, made.member("web1", "10.0.0.1", 80), "r-1")
    assert [one.trail for one in programs] == [
        ("upgrade", "steps", 0, "ssh", 0),
        ("upgrade", "steps", 1, "command", 0),
        ("upgrade", "steps", 2, "ssh", 0),
        ("upgrade", "steps", 3, "reboot"),
        ("upgrade", "expect"),
        ("upgrade", "unless", "ssh", 0),
    ]
    assert [one.may_come_later for one in programs] == [False, True, *[False] * 4]


def test_nodes() -> None:
    """The same on the host of a Node; what the Node shows is proven by the pool."""
    upgrade = (
        "upgrade: {steps: [{ssh: [dnf, -y, upgrade]}, {reboot: {}}], "
        "expect: {boot_id: changed, kernel: '5.*'}}"
    )
    kinds = [type(one) for one in steps(file(NODES, upgrade))]
    assert kinds == [PoolTask, HostCommand, Reboot, Proof, PoolTask]


@pytest.mark.parametrize(
    ("vars_", "why"),
    [
        ("{ssh: '22', host: 'a;id'}", 'is no address: "?.a;id'),
        ("{ssh: '22', host: 'root@b'}", "is no address"),
        ("{ssh: '-1', host: web1}", "is not a port"),
    ],
)
def test_nothing_becomes_an_option(vars_: str, why: str) -> None:
    """A host that is none, or more than one, is refused with its place, for that member."""
    members = MEMBERS.replace("{ssh: '2222', host: web1.example}", vars_)
    with pytest.raises(ConfigurationError, match=why):
        steps(file(HOSTS, members, FOUR_LINES))


@pytest.mark.parametrize("text", ["-x", "a b", "-oProxyCommand=id", "a\nb"])
def test_nor_does_a_user_or_a_jump(text: str) -> None:
    """Also not one that comes from a variable."""
    for key in ("user", "jump"):
        hosts = f"hosts: {{ssh: {{{key}: '${{member.vars.x}}'}}}}"
        members = MEMBERS.replace("{ssh: '2222'", f"{{x: '{text.replace(chr(10), ' ')}'")
        with pytest.raises(ConfigurationError, match="is not"):
            steps(file(hosts, members, FOUR_LINES))


def test_a_change_of_hosts_is_a_change() -> None:
    """Another user there is another rollout; a file without `hosts` means what it did before."""
    one, other = (file(HOSTS.replace("deploy", who), MEMBERS) for who in ("deploy", "root"))
    assert fingerprint(one, "salt") != fingerprint(other, "salt")
    assert "hosts" not in repr(file(MEMBERS).rollout.upgrade)
