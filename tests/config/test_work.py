"""The work on one member: commands and probes with their templates filled."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from controller.config import RolloutFile, parse
from controller.core.pool import Member
from controller.core.steps import Course
from controller.errors import ConfigurationError
from controller.tasks import Command, CommandProbe, Guard, HttpProbe, TcpProbe, Validation, Work
from tests.config.pages import page

_MEMBERS = (
    "pool: {haproxy: {apis: [unix:/a], backends: [web]}, members: "
    "{host: '${member.name}.${member.vars.site}.example', vars: {web1: {site: fra, cost: '5$$'}}}}"
)


def _file(*sections: str) -> RolloutFile:
    return parse(page(*sections), "/srv/rollouts/web.yaml", {"version": "3"})


def _env(course: str) -> dict[str, str]:
    return {
        "POOLROLL_COURSE": course,
        "POOLROLL_MEMBER_NAME": "web1",
        "POOLROLL_MEMBER_HOST": "web1.fra.example",
        "POOLROLL_MEMBER_ADDRESS": "10.0.0.1",
        "POOLROLL_MEMBER_PORT": "8080",
        "POOLROLL_ROLLOUT_ID": "r-1",
        "POOLROLL_ROLLOUT_NAME": "web",
    }


def _command(course: str, seconds: float, *argv: str) -> Command:
    return Command(argv, timedelta(seconds=seconds), _env(course), "/srv/rollouts")


def _work(file: RolloutFile, course: Course = Course.UPGRADE) -> Work:
    return file.work(course, file.member("web1", "10.0.0.1", 8080), "r-1")


def test_member_has_its_host_and_variables() -> None:
    """The host is made of the member's facts and variables; `$$` is a dollar in them."""
    member = _file(_MEMBERS).member("web1", "10.0.0.1", 8080)
    assert member == Member(
        "web1", "10.0.0.1", 8080, "web1.fra.example", {"site": "fra", "cost": "5$"}
    )


def test_host_is_the_address_by_default() -> None:
    """Without a template of its own, a member is found at its address."""
    assert _file().member("web1", "10.0.0.1", 8080).host == "10.0.0.1"


def test_every_name_is_filled() -> None:
    """Each name means what the contract says, `$$` is a dollar, a lone dollar stays."""
    command = (
        "upgrade: {timeout: 5m, command: [x, '${member.name} ${member.host} ${member.address} "
        "${member.port} ${member.vars.cost} ${rollout.id} ${rollout.name} ${vars.version}', "
        "'$HOME $${a} $', '']}"
    )
    assert _work(_file(_MEMBERS, command)).steps == (
        _command(
            "upgrade",
            300,
            "x",
            "web1 web1.fra.example 10.0.0.1 8080 5$ r-1 web 3",
            "$HOME ${a} $",
            "",
        ),
    )


def test_filled_values_are_not_templates() -> None:
    """What comes in from the command line is not looked at again."""
    file = parse(
        page("upgrade: {command: [x, '${vars.version}']}"), "f", {"version": "${rollout.id} $$"}
    )
    (step,) = _work(file).steps
    assert isinstance(step, Command)
    assert step.argv == ("x", "${rollout.id} $$")


@pytest.mark.parametrize("argv", ["[x, '${member.name}']", "['${member.name}']"])
def test_no_name_of_a_server_is_an_option(argv: str) -> None:
    """A server may be called `-x`; its name is refused where a program would take it for an
    option."""
    file = _file(f"upgrade: {{command: {argv}}}")
    with pytest.raises(ConfigurationError, match="begins with a dash once it is filled in"):
        file.work(Course.UPGRADE, Member("-x", "10.0.0.1", 80, "h"), "r-1")


def test_a_name_that_is_no_option() -> None:
    """Behind `--`, or within an argument, it is a name like any other."""
    file = _file("upgrade: {command: [x, '--of=${member.name}', --, '${member.name}']}")
    (step,) = file.work(Course.UPGRADE, Member("-x", "10.0.0.1", 80, "h"), "r-1").steps
    assert isinstance(step, Command)
    assert step.argv == ("x", "--of=-x", "--", "-x")


def test_steps_and_guard() -> None:
    """Steps keep their order and share the timeout; the guard has a time of its own."""
    upgrade = (
        "upgrade: {steps: [{command: [a]}, {command: [b]}], timeout: 10s, "
        "unless: {command: [q, '${member.name}'], go_on: [1, 3]}}"
    )
    work = _work(_file(_MEMBERS, upgrade))
    assert work.steps == (_command("upgrade", 10, "a"), _command("upgrade", 10, "b"))
    assert work.guard == Guard(_command("upgrade", 60, "q", "web1"), frozenset({1, 3}))


def test_validations() -> None:
    """Each kind of probe, with its times; paths are relative to the file's folder."""
    validate = (
        "validate: [{http: {url: 'https://${member.address}:${member.port}/', status: 204, "
        "contains: '${vars.version}', headers: {Host: '${member.name}'}, ca: ca.pem}, within: 5s, "
        "every: 1s, consecutive: 2}, {tcp: {port: '${member.port}'}}, {tcp: {host: h, port: 1}}, "
        "{http: {url: 'http://h/', verify: false}}, {command: [./smoke], within: 9s}]"
    )
    assert _work(_file(_MEMBERS, validate)).validations == (
        Validation(
            HttpProbe(
                "https://10.0.0.1:8080/",
                204,
                "3",
                {"Host": "web1"},
                ca="/srv/rollouts/ca.pem",
            ),
            timedelta(seconds=5),
            timedelta(seconds=1),
            2,
        ),
        Validation(TcpProbe("10.0.0.1", 8080)),
        Validation(TcpProbe("h", 1)),
        Validation(HttpProbe("http://h/", verify=False)),
        Validation(CommandProbe(_command("upgrade", 9, "./smoke")), timedelta(seconds=9)),
    )


@pytest.mark.parametrize(
    "url",
    ["http://${member.address}:80/", "http://${member.host}:80/", "http://[${member.host}]:80/"],
)
def test_ipv6_addresses_get_brackets_in_urls(url: str) -> None:
    """A bare IPv6 address would make no URL, and doubled brackets neither."""
    file = _file(f"validate: [{{http: {{url: '{url}'}}}}, {{tcp: {{port: 80}}}}]")
    work = file.work(Course.UPGRADE, file.member("web1", "fd00::1", 8080), "r-1")
    probes = [validation.probe for validation in work.validations]
    assert probes == [HttpProbe("http://[fd00::1]:80/"), TcpProbe("fd00::1", 80)]


def test_rollback_has_its_own_variables() -> None:
    """While rolling back, its variables stand over the others, in `validate` too."""
    file = _file(
        _MEMBERS,
        "rollback: {command: [x, '${vars.version}', '${vars.only}'], timeout: 1m, "
        "vars: {version: '2', only: a}}",
        "validate: [{command: [v, '${vars.version}'], within: 1s}]",
    )
    work = _work(file, Course.ROLLBACK)
    assert work.steps == (_command("rollback", 60, "x", "2", "a"),)
    assert work.validations[0].probe == CommandProbe(_command("rollback", 1, "v", "2"))
    assert work.guard is None
    assert _work(file).validations[0].probe == CommandProbe(_command("upgrade", 1, "v", "3"))


def test_rollback_that_is_not_there() -> None:
    """Asking for the way back of a file without one is an error, not an empty work."""
    file = _file(_MEMBERS)
    assert not file.has_rollback
    with pytest.raises(ConfigurationError, match="rollback: the file has no such section"):
        _work(file, Course.ROLLBACK)


def test_commands_run_in_the_folder_of_the_file(tmp_path: Path) -> None:
    """Also when the file is named by a relative path."""
    assert parse(page(), "sub/web.yaml").folder == str(Path.cwd() / "sub")
    assert parse(page(), str(tmp_path / "web.yaml")).folder == str(tmp_path)


def test_member_without_a_variable_is_named() -> None:
    """Every place that misses the variable is told, with the member and the place in the file."""
    pool = _MEMBERS.replace("${member.vars.site}", "x")
    command = "upgrade: {command: [x, '${member.vars.site}', '${member.vars.cost}']}"
    file = _file(pool, command)
    with pytest.raises(ConfigurationError) as caught:
        file.work(Course.UPGRADE, file.member("web2", "10.0.0.2", 80), "r-1")
    assert str(caught.value).splitlines() == [
        "/srv/rollouts/web.yaml:4:24: upgrade.command[1]: member web2: member.vars.site has "
        "no value; set one",
        "/srv/rollouts/web.yaml:4:47: upgrade.command[2]: member web2: member.vars.cost has "
        "no value; set one",
    ]


def test_host_without_a_value() -> None:
    """A host that cannot be filled is told for the member."""
    with pytest.raises(ConfigurationError, match=r"web2: member\.vars\.site has no value"):
        _file(_MEMBERS).member("web2", "10.0.0.2", 80)


@pytest.mark.parametrize("address", ["-oProxyCommand", "a b"])
def test_host_that_is_none(address: str) -> None:
    """A host that would be read as an option, or as none, never reaches a command."""
    with pytest.raises(ConfigurationError, match="does not make a valid host"):
        _file().member("web1", address, 80)


def test_member_without_an_address() -> None:
    """What uses the address says that there is none, and what else may be written."""
    with pytest.raises(ConfigurationError, match=r"member web1: .* names no address for it"):
        _file().member("web1", "", 0)


@pytest.mark.parametrize(
    ("probe", "value", "message"),
    [
        ("http: {url: 'http://${vars.version}/'}", "[", "is not a complete URL"),
        ("http: {url: 'http://${vars.version}/'}", "a b", "contains a space"),
        ("http: {url: '${vars.version}'}", "ftp://a", "is not a web URL"),
        ("http: {url: 'http://a:${vars.version}/'}", "x", "is not a complete URL"),
        ("http: {url: 'http://h/', headers: {a: '${vars.version}'}}", "b\n", "cannot be sent in a"),
        ("tcp: {port: '${vars.version}'}", "x", "is not a port"),
        ("tcp: {port: 1, host: '${vars.version}'}", "", r"is empty, and validate.0..tcp.host uses"),
        ("command: ['${vars.version}']", "", r"is empty, and validate.0..command.0. uses it"),
    ],
)
def test_what_is_filled_in_must_make_sense(probe: str, value: str, message: str) -> None:
    """A value that breaks what it stands in is told before anything is touched."""
    with pytest.raises(ConfigurationError, match=message):
        _work(parse(page(f"validate: [{{{probe}}}]"), "f", {"version": value}))


def test_what_fills_to_nothing() -> None:
    """Every body contains an empty text: such a validation would pass whatever is served."""
    file = _file("validate: [{http: {url: 'http://h/', contains: '${member.address}'}}]")
    bare = replace(file.member("web1", "10.0.0.1", 80), address="")
    with pytest.raises(ConfigurationError, match="web1: is blank once it is filled in"):
        file.work(Course.UPGRADE, bare, "r-1")


def test_a_server_name() -> None:
    """It may use variables, and must be a name once they are filled in; a probe has it too."""
    http = "http: {url: 'https://${member.address}/', server_name: '${vars.version}.example.com'}"
    file = _file(f"validate: [{{{http}}}]")
    (validation,) = _work(file).validations
    assert isinstance(validation.probe, HttpProbe)
    assert validation.probe.server_name == "3.example.com"
    with pytest.raises(ConfigurationError, match="server_name: member web1: is not a host name"):
        _work(parse(page(f"validate: [{{{http}}}]"), "f", {"version": "a b"}))
