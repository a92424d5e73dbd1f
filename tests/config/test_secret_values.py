"""Which values of a rollout file, of the command line and of the environment are secrets."""

from pathlib import Path

import pytest

from controller.config import parse, secrets_of
from tests.config.pages import page

PIECES = {
    "a variable by its name": ("vars: {version: '1', db_token: canary-1}",),
    "a variable by its use": (
        "vars: {version: '1', pin: canary-1}",
        "validate: [{http: {url: 'http://h/', headers: {X-A: 'a ${vars.pin}'}}}]",
    ),
    "a header": ("validate: [{http: {url: 'http://h/', headers: {X-A: canary-1}}}]",),
    "a password in an address": ("validate: [{http: {url: 'http://user:canary-1@h/'}}]",),
    "an option": ("upgrade: {command: [x, --password=canary-1]}",),
    "the word after an option": ("upgrade: {command: [x, --db-password, canary-1]}",),
    "a variable of a member": (
        "pool: {haproxy: {apis: [unix:/a], backends: [web]}, "
        "members: {vars: {web1: {token: canary-1}}}}",
    ),
    "beside a variable of a member": (
        "pool: {haproxy: {apis: [unix:/a], backends: [web]}, members: {vars: {web1: {a: b}}}}",
        "validate: [{http: {url: 'http://h/', headers: {X-A: 'canary-1 ${member.vars.a}'}}}]",
    ),
    "on the way back": ("rollback: {command: [x], vars: {version: '1'}}",
                        "vars: {version: '1', api_key: canary-1}"),
    "a password of a gate": (
        "gates: [{name: a, prometheus: {url: 'http://h', query: q, "
        "auth: {basic: {username: u, password: canary-1}}}, max: 1%}]",
    ),
    "a token of a gate": (
        "gates: [{name: a, alerts: {url: 'http://h', matchers: [a=b], "
        "auth: {bearer: canary-1}}}]",
    ),
    "the address of a chat": ("notify: [{on: [halted], webhook: {url: 'https://h/canary-1/x'}}]",),
    "what signs": ("notify: [{on: [halted], webhook: {url: 'https://h/x', secret: canary-1}}]",),
    "what logs in to a mail server": (
        "notify: [{mail: {to: a@h, from: b@h, smtp: {host: h, user: u, password: canary-1}}}]",
    ),
    "a heartbeat": ("heartbeat: {url: 'https://h/canary-1', every: 1m}",),
}  # fmt: skip


@pytest.mark.parametrize("sections", PIECES.values(), ids=PIECES)
def test_in_the_file(sections: tuple[str, ...]) -> None:
    """Each is masked in whatever a program prints, and in a word of a command that repeats it."""
    text = page("rollback: {command: [y, '-canary-1-']}", *sections)
    file = parse(text, "/srv/web.yaml")
    assert "canary-1" not in secrets_of(file, {}).masked("it said canary-1.")
    shown, sets = file.masked
    assert "canary-1" not in shown
    assert parse(shown, "/srv/web.yaml", sets).settings.name == "web"


def test_from_elsewhere(tmp_path: Path) -> None:
    """Variables and files that the rollout file names, also by what a header makes of them, and
    variables whose names say so. Folders are none."""
    (tmp_path / "token").write_text("canary-file\n")
    file = parse(
        page(
            "notify: [{on: [halted], webhook: {url: {env: CHAT}, secret: {file: token}}}, "
            "{mail: {to: a@h, from: b@h, smtp: {host: h, user: u, password: {env: MAIL}}}}]",
            "gates: [{name: a, prometheus: {url: 'http://h', query: q, auth: {basic: "
            "{username: u, password: {env: PW}}}}, max: 1%}]",
            "heartbeat: {url: {file: /nowhere/at-all}, every: 1m}",
        ),
        str(tmp_path / "web.yaml"),
    )
    environ = {
        **{"CHAT": "https://chat.example/canary-chat", "PW": "canary-pw", "MY_TOKEN": "canary-my"},
        **{"MAIL": "canary-mail"},
        **{"PWD": "/srv/rollouts", "OTHER": "canary-other", "CREDENTIALS": "/etc/canary"},
    }
    secrets = secrets_of(file, environ)
    assert secrets.names == {"CHAT", "PW", "MAIL"}
    printed = "canary-file canary-chat canary-pw canary-my canary-mail dTpjYW5hcnktcHc="
    assert secrets.hidden(printed) == "*** *** *** *** *** ***"
    kept = "/srv/rollouts canary-other /etc/canary chat.example"
    assert secrets.hidden(kept) == kept


def test_by_set() -> None:
    """What `--set` gives to a variable that is secret."""
    file = parse(page("vars: {version: '1', token: x}"), "f", {"token": "canary-set"})
    assert secrets_of(file, {}).hidden("canary-set") == "***"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Nobody writes to it: that is no secret, and no reason to hang."""
    import os

    os.mkfifo(tmp_path / "pipe")
    text = page("heartbeat: {url: {file: pipe}, every: 1m}")
    assert secrets_of(parse(text, str(tmp_path / "web.yaml")), {}).values == frozenset({""})
