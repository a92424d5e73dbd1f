"""The sections `notify` and `heartbeat`: who is told, where secrets come from, and that they
stay out of the journal."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from controller.config import (
    Audience,
    MailTarget,
    WebhookTarget,
    audience,
    changes,
    load,
    masked,
    parse,
    readable_audience,
)
from controller.config.recipients import CommandTarget
from controller.config.sections.notify import EVENTS, FORMER
from controller.errors import ConfigurationError
from tests.config.pages import page

HOOK = "https://hooks.example.com/T1/s3cret"


def told(section: str, environ: Mapping[str, str], folder: Path) -> Audience:
    return audience(parse(page(section), str(folder / "web.yaml")), environ)


def faults(section: str, environ: Mapping[str, str], folder: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        told(section, environ, folder)
    return str(caught.value)


def test_nobody_is_told_by_default(tmp_path: Path) -> None:
    """A file without these sections tells nobody, and asks for nothing."""
    assert told("soak: 1s", {}, tmp_path) == Audience()


def test_webhook_from_all_three_sources(tmp_path: Path) -> None:
    """A secret is the text itself, a variable, or a file beside the rollout file."""
    (tmp_path / "key").write_text("from-file\n")
    section = (
        f"notify: [{{on: [halted], webhook: {{url: '{HOOK}', secret: {{file: key}}, "
        "headers: {X-A: {env: A}, X-B: plain}, format: slack}}]"
    )
    (one,) = told(section, {"A": "from-env"}, tmp_path).recipients
    assert (one.name, set(one.events)) == ("notify[0].webhook", {"halted"})
    assert one.target == WebhookTarget(
        HOOK, "from-file", {"X-A": "from-env", "X-B": "plain"}, "slack"
    )
    assert "s3cret" not in repr(one)
    assert "from-" not in repr(one)


def test_command_is_filled_and_told_of_everything(tmp_path: Path) -> None:
    """Without `on` all events but each single member are meant; templates are filled."""
    section = 'notify: [{command: [./page.sh, "${rollout.name} ${vars.version} $$1"]}]'
    (one,) = told(section, {}, tmp_path).recipients
    assert one.events == set(EVENTS) - {"member_done"}
    assert one.target == CommandTarget(("./page.sh", "web 2.4.1 $1"), str(tmp_path))


MAIL = "notify: [{{mail: {{to: {0}, from: poolroll@example.net, smtp: {1}}}}}]"


@pytest.mark.parametrize(
    ("smtp", "host", "port", "tls"),
    [
        ("mail.example.net", "mail.example.net", 25, "starttls"),
        ("mail.example.net:2525", "mail.example.net", 2525, "starttls"),
        ("smtp://mail.example.net", "mail.example.net", 25, "starttls"),
        ("smtps://mail.example.net", "mail.example.net", 465, "implicit"),
        ("'[2001:db8::1]:26'", "2001:db8::1", 26, "starttls"),
        ("127.0.0.1:2525", "127.0.0.1", 2525, "none"),
        ("localhost", "localhost", 25, "none"),
        ("{host: h, port: 465}", "h", 465, "implicit"),
        ("{host: h, tls: none}", "h", 25, "none"),
        ("{host: localhost, tls: starttls}", "localhost", 25, "starttls"),
    ],
)
def test_mail_servers(smtp: str, host: str, port: int, tls: str, tmp_path: Path) -> None:
    """As text or as a section; what is not said is what is usual there, and never unencrypted
    beyond this machine."""
    (one,) = told(MAIL.format("ops@example.net", smtp), {}, tmp_path).recipients
    assert (one.name, "refused" in one.events) == ("notify[0].mail", True)
    assert one.target == MailTarget(("ops@example.net",), "poolroll@example.net", host, port, tls)


def test_mail_with_a_login(tmp_path: Path) -> None:
    """The password comes from where secrets come from, and is not shown."""
    smtp = "{host: h, user: u, password: {env: PW}, ca: ca.pem}"
    (one,) = told(MAIL.format("[a@h, root]", smtp), {"PW": "s3cret"}, tmp_path).recipients
    assert one.target == MailTarget(
        ("a@h", "root"), "poolroll@example.net", "h", 587, "starttls", "u", "s3cret",
        f"{tmp_path}/ca.pem",
    )  # fmt: skip
    assert "s3cret" not in repr(one)
    found = faults(MAIL.format("a@h", smtp), {}, tmp_path)
    assert "notify[0].mail.smtp.password: the environment variable PW is not set" in found


def test_without_a_server_this_machine_sends(tmp_path: Path) -> None:
    """As cron does."""
    (one,) = told("notify: [{mail: {to: root, from: root}}]", {}, tmp_path).recipients
    assert one.target == MailTarget(("root",), "root", "localhost", 25, "none")


def test_who_can_be_told_here(tmp_path: Path) -> None:
    """Where a secret is missing, the others are still known."""
    section = "notify: [{webhook: {url: {env: NOPE}}}, {command: [x]}]\nheartbeat: {url: {env: NO}}"
    file = parse(page(*section.splitlines()), str(tmp_path / "web.yaml"))
    found, missing = readable_audience(file, {})
    assert [one.name for one in found.recipients] == ["notify[1].command"]
    assert (found.beat, [one.path for one in missing]) == (
        None,
        ["notify[0].webhook.url", "heartbeat.url"],
    )


def test_a_former_version_told_the_same() -> None:
    """A fingerprint is made of the repr: what came since is not in it where it is not given."""
    (one,) = parse(page("notify: [{command: [x]}]"), "f").rollout.notify
    assert repr(one) == f"Notification(on={list(FORMER)!r}, command=['x'], webhook=None)"


def test_heartbeat(tmp_path: Path) -> None:
    """Its address may come from the environment too."""
    section = "heartbeat: {url: {env: BEAT}, every: 10s, method: GET}"
    beat = told(section, {"BEAT": HOOK}, tmp_path).beat
    assert beat is not None
    assert beat.every == timedelta(seconds=10)
    assert beat.recipient.target == WebhookTarget(HOOK, method="GET")


def test_every_missing_secret_is_told_at_its_place(tmp_path: Path) -> None:
    """All at once, where they stand, each with the mend."""
    (tmp_path / "empty").write_text("\n")
    section = (
        "notify: [{webhook: {url: {env: NOPE}, secret: {file: nope}, headers: {A: {file: empty}}}}]"
    )
    assert faults(section, {}, tmp_path).splitlines() == [
        f"{tmp_path}/web.yaml:6:26: notify[0].webhook.url: the environment variable NOPE is not "
        "set; set it for this command",
        f"{tmp_path}/web.yaml:6:47: notify[0].webhook.secret: {tmp_path}/nope cannot be read: "
        "No such file or directory; check path and mode",
        f"{tmp_path}/web.yaml:6:74: notify[0].webhook.headers.A: {tmp_path}/empty is empty; "
        "it must hold the secret and nothing else",
    ]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("s3cret", "is not a web URL"),
        ("http://h:s3cret/", "is not a complete URL"),
        ("http://h/s3cret s3cret", "contains a space"),
    ],
)
def test_wrong_address_from_outside_is_not_shown(value: str, what: str, tmp_path: Path) -> None:
    """What came from the environment is checked like what stands in the file (S12)."""
    message = faults("heartbeat: {url: {env: BEAT}}", {"BEAT": value}, tmp_path)
    assert what in message
    assert "s3cret" not in message


def test_wrong_header_from_outside_is_not_shown(tmp_path: Path) -> None:
    """A line break would end the header."""
    section = f"notify: [{{webhook: {{url: '{HOOK}', headers: {{A: {{env: A}}}}}}}}]"
    message = faults(section, {"A": "s3c\nret"}, tmp_path)
    assert "notify[0].webhook.headers.A: cannot be sent in a header" in message
    assert "s3c" not in message.replace(HOOK, "")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 70_000])
def test_file_that_is_no_secret(content: bytes, tmp_path: Path) -> None:
    """A file of another kind is told by its path."""
    (tmp_path / "key").write_bytes(content)
    message = faults("heartbeat: {url: {file: key}}", {}, tmp_path)
    assert f"heartbeat.url: {tmp_path}/key is " in message
    assert "xxx" not in message


NOISY = page(
    f"notify: [{{webhook: {{url: &u '{HOOK}', secret: s3cret-1, headers: {{A: s3cret-2}}}}}}, "
    "{webhook: {url: *u}}, {mail: {to: a@h, from: b@h, smtp: {host: h, user: u, "
    "password: s3cret-mail}}}]",
    "heartbeat: {url: 'http://user:s3cret@beat.example.com:8080/s3cret', headers: {B: s3cret-3}}",
)


def test_journal_keeps_no_secret_of_them() -> None:
    """Addresses but for their host, secrets and headers are masked; the rest can be read again."""
    shown, _ = masked(NOISY, {})
    assert "s3cret" not in shown
    assert '"https://hooks.example.com/***"' in shown
    assert '"https://beat.example.com:8080/***"' in shown
    assert parse(shown, "f").rollout.notify[1].webhook is not None


def test_where_a_secret_comes_from_is_no_secret() -> None:
    """A name and a path stay as they are, so that the journal's file still says who is told."""
    text = page("notify: [{webhook: {url: {env: HOOK}, secret: {file: /etc/key}}}]")
    assert masked(text, {})[0] == text


def test_other_receivers_do_not_make_another_rollout(tmp_path: Path) -> None:
    """A mended `notify` does not count as a changed file against an unfinished rollout."""
    assert changes(page(), {}, NOISY, {}) == []
    path = tmp_path / "web.yaml"
    path.write_text(NOISY)
    settings = replace(load(path).settings, warnings=())
    assert settings == replace(parse(page(), "f").settings, warnings=())
