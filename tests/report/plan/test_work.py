"""The commands of a plan, as they will be run."""

from dataclasses import replace

import pytest

from controller.config import parse, secrets_of
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import Member
from controller.report.plan.work import shown, work_lines, works
from controller.report.plan.work_json import WorkValue
from controller.tasks import PoolTask, called
from tests.config.pages import page, pods_page
from tests.report.journals import plan

UPGRADE = (
    'upgrade: {steps: [{name: stop, command: [ssh, --, "${member.host}", stop]}, {command: [sh, -c,'
    ' "install ${vars.version} && true"]}], unless: {command: [is-there, "${vars.version}"], '
    "go_on: [3, 1]}}"
)
ROLLBACK = (
    'rollback: {command: [deploy, "${vars.version}", "${rollout.id}"], vars: {version: "2.4.0"}}'
)
VALIDATE = (
    "validate: [{http: {url: 'http://${member.address}/', contains: '${vars.version}'}}, "
    "{tcp: {port: 8080}, consecutive: 3}, {command: [./smoke.sh, '${member.vars.rack}']}]"
)
POOL = (
    "pool: {haproxy: {apis: [unix:/run/a.sock], backends: [web]}, "
    "members: {vars: {web1: {rack: a}, web2: {rack: b}}}}"
)
FILE = parse(page(UPGRADE, ROLLBACK, VALIDATE, POOL), "/srv/web.yaml")


def a_plan(**changes: object) -> Plan:
    members = tuple(Member(f"web{n}", f"192.0.2.{n}", 80, f"192.0.2.{n}") for n in (1, 2))
    return replace(plan(2), members=members, **changes)  # type: ignore[arg-type]


def lines(made: Plan, count: int = 1) -> list[str]:
    return list(work_lines(works(FILE, made, made.members[:count]), "version=2.4.0"))


def test_as_they_are_run() -> None:
    """Each with its arguments, ready to be pasted into a shell."""
    assert lines(a_plan()) == [
        "",
        "commands for web1",
        "  unless      is-there 2.4.1   (exit 0: already there; 1, 3: goes on)",
        "  step 1      stop: ssh -- 192.0.2.1 stop",
        "  step 2      sh -c 'install 2.4.1 && true'",
        "  validate 1  GET http://192.0.2.1/: status 200, contains '2.4.1'",
        "  validate 2  connect to 192.0.2.1:8080, 3 times in a row",
        "  validate 3  ./smoke.sh a",
        "  rollback    deploy 2.4.0 ROLLOUT-ID   (with version=2.4.0)",
    ]
    assert "  validate 3  ./smoke.sh b" in lines(a_plan(), 2)


def test_on_the_way_back() -> None:
    """What goes back has no way back itself, and a rehearsal runs no step."""
    back = lines(a_plan(purpose=Purpose.ROLLBACK))
    assert back[2] == "  step        deploy 2.4.0 ROLLOUT-ID"
    assert back[3] == "  validate 1  GET http://192.0.2.1/: status 200, contains '2.4.0'"
    assert not any("rollback" in line for line in back)
    rehearsal = lines(a_plan(purpose=Purpose.REHEARSAL))
    assert [line.split()[0] for line in rehearsal[2:]] == ["validate"] * 3


def test_as_json() -> None:
    value = WorkValue.of(works(FILE, a_plan(), a_plan().members)[0]).model_dump(mode="json")
    assert value["steps"][0] == {
        "name": "stop",
        "command": ["ssh", "--", "192.0.2.1", "stop"],
        "timeout_seconds": 900.0,
        "where": "",
    }
    assert value["go_on"] == [1, 3]
    assert [one["command"][0] for one in value["rollback"]] == ["deploy"]


def test_what_is_done_on_a_host() -> None:
    """Where, and when, and what it must show afterwards."""
    given = page(
        "upgrade: {steps: [{name: patch, ssh: [dnf, -y, upgrade]}, {reboot: {when: needed}}], "
        "expect: {kernel: '6.*', packages: {nginx: '1.*'}, services: [nginx]}}",
    )
    made = a_plan()
    [work] = works(parse(given, "/srv/web.yaml"), made, made.members[:1])
    assert [one.line for one in work.steps] == [
        "patch: on 192.0.2.1: dnf -y upgrade",
        "on 192.0.2.1, when needed: systemctl reboot",
        "on 192.0.2.1: expect 'kernel=6.*' 'nginx=1.*' nginx=active",
    ]


def test_what_the_pool_itself_does() -> None:
    file = parse(pods_page(), "/srv/web.yaml")
    [work] = works(file, a_plan(), a_plan().members[:1])
    assert work.steps
    assert all(one.words and not one.name for one in work.steps)
    assert (
        shown(PoolTask("evict", work.steps[0].timeout, {"grace": "30s"})).line == "evict grace=30s"
    )
    assert called(PoolTask("evict", work.steps[0].timeout)) == "evict"


@pytest.mark.parametrize(
    "argv", ["--password=s3cret-word", "--password, s3cret-word", "'token=s3cret-word'"]
)
def test_secrets_are_masked(argv: str) -> None:
    """By their form, or by their value where the text is printed."""
    given = page(
        f"upgrade: {{command: [deploy, {argv}, '${{vars.api_token}}']}}",
        "vars: {api_token: canary-of-the-variable}",
    )
    file = parse(given, "/srv/web.yaml")
    [work] = works(file, a_plan(), a_plan().members[:1])
    text = secrets_of(file, {}).hidden("\n".join(work_lines([work], "")))
    assert "s3cret-word" not in text
    assert "canary" not in text
    assert "deploy" in text
