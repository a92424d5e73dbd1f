"""What others can read or forge on the way, or on this machine, is a warning of `check`."""

from pathlib import Path

import pytest

from controller.config import parse

BASE = """\
apiVersion: poolroll/v1
name: web
pool: {haproxy: {apis: ["unix:/run/haproxy/admin.sock"], backends: [web]}}
upgrade: {command: [upgrade]}
"""


def warnings(more: str, folder: Path = Path("/nowhere"), validate: str = "tcp: {port: 80}") -> str:
    text = f"{BASE}validate: [{{{validate}}}]\n{more}"
    return "\n".join(parse(text, str(folder / "web.yml")).settings.warnings)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            "gates: [{name: g, prometheus: {url: 'http://prom:9090', query: q}, max: 1}]",
            "gates[0].prometheus.url: http to prom: whoever is on the way can answer in its place; "
            "use https",
        ),
        (
            "gates: [{name: g, alerts: {url: 'http://prom', matchers: ['team=\"x\"'], "
            "auth: {bearer: t0ken}}}]",
            "gates[0].alerts.url: http to prom: whoever is on the way can answer in its place; the "
            "secrets for it can be read there too; use https",
        ),
        (
            "drain: {idle: {prometheus: {url: 'http://prom', query: '${member.name}', "
            "headers: {X-Api-Key: k}}}}",
            "drain.idle.prometheus.url: http to prom: whoever is on the way can answer in its "
            "place; the secrets for it can be read there too; use https",
        ),
        (
            "gates: [{name: g, prometheus: {url: 'https://prom', query: q, tls: {verify: false}}, "
            "max: 1}]",
            "gates[0].prometheus.tls.verify: the certificate is not verified: whoever is on the "
            "way can answer in its place",
        ),
        (
            "quiet: {through: {url: 'http://www.example.com', cookie: 'S=${member.name}', "
            "headers: {Authorization: x}}}",
            "quiet.through: its header Authorization can be read on the way to www.example.com; "
            "use https",
        ),
        (
            "quiet: {through: {url: 'https://www.example.com', cookie: 'S=${member.name}', "
            "verify: false}}",
            "quiet.through.verify: the certificate is not verified: whoever is on the way can "
            "answer in its place",
        ),
        (
            "notify: [{webhook: {url: 'http://hooks.example.com/t0ken'}}]",
            "notify[0].webhook.url: can be read on the way to hooks.example.com, with all that is "
            "told; use https",
        ),
        (
            "notify: [{mail: {to: a@h, from: b@h, smtp: {host: mx, tls: none, user: u, "
            "password: t0ken}}}]",
            "notify[0].mail.smtp.tls: none: the mail can be read on the way to mx; the password "
            "can be read there too",
        ),
        (
            "heartbeat: {url: 'http://10.0.0.9/t0ken'}",
            "heartbeat.url: can be read on the way to 10.0.0.9, with all that is told; use https",
        ),
    ],
)
def test_what_goes_unencrypted(more: str, told: str) -> None:
    """With its place and the host; no secret is shown."""
    found = warnings(more)
    assert told in found.splitlines()
    assert "t0ken" not in found


@pytest.mark.parametrize(
    "more",
    [
        "gates: [{name: g, prometheus: {url: 'http://127.0.0.1:9090', query: q}, max: 1}]",
        "gates: [{name: g, prometheus: {url: 'http://[::1]:9090', query: q}, max: 1}]",
        "gates: [{name: g, prometheus: {url: 'http://localhost', query: q}, max: 1}]",
        "gates: [{name: g, prometheus: {url: 'https://prom', query: q}, max: 1}]",
        "heartbeat: {url: 'https://10.0.0.9/t0ken'}",
        "heartbeat: {url: {env: BEAT}}",
        "notify: [{mail: {to: a@h, from: b@h, smtp: localhost}}]",
        "notify: [{mail: {to: a@h, from: b@h, smtp: mx}}]",
    ],
)
def test_what_nobody_can_read(more: str) -> None:
    """On this machine, or encrypted: not a word."""
    found = warnings(more)
    assert "on the way" not in found


@pytest.mark.parametrize(
    ("validate", "told"),
    [
        (
            "http: {url: 'http://${member.address}/', headers: {Authorization: t0ken}}",
            "validate[0].http: its header Authorization can be read on the way to "
            "${member.address}; use https",
        ),
        (
            "http: {url: 'http://kim:t0ken@app/'}",
            "validate[0].http: its user and password can be read on the way to app; use https",
        ),
        (
            "http: {url: 'https://${member.address}/', verify: false}",
            "validate[0].http.verify: the certificate is not verified: whoever is on the way can "
            "answer in its place",
        ),
        ("http: {url: 'http://${member.address}/', headers: {Host: app}}", ""),
        ("http: {url: 'http://127.0.0.1/', headers: {Authorization: t0ken}}", ""),
    ],
)
def test_probes(validate: str, told: str) -> None:
    """Over http to a member is usual: only what is secret counts."""
    found = [line for line in warnings("", validate=validate).splitlines() if "validate" in line]
    assert found == ([told] if told else [])


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o604, 0o644])
def test_files_that_everybody_may_read(tmp_path: Path, mode: int) -> None:
    """The file that holds the secret has to keep it; one that is not there is the run's matter."""
    (tmp_path / "secret").write_text("t0ken")
    (tmp_path / "secret").chmod(mode)
    source = "{file: secret}"
    found = warnings(
        f"notify: [{{webhook: {{url: {source}, headers: {{X-Token: {source}}}}}}}, "
        f"{{mail: {{to: a@h, from: b@h, smtp: {{host: h, user: u, password: {source}}}}}}}]\n"
        f"heartbeat: {{url: {{file: none}}}}\n"
        f"gates: [{{name: g, prometheus: {{url: 'https://prom', query: q, "
        f"auth: {{bearer: {source}}}}}, max: 1}}]",
        tmp_path,
    ).splitlines()
    told = "every user may read the file secret; chmod o= it"
    places: tuple[str, ...] = (
        "gates[0].prometheus",
        "notify[0].webhook.url",
        "notify[0].webhook.X-Token",
    )
    places += ("notify[1].mail.smtp.password",)
    wanted = [f"{place}: {told}" for place in places] if mode & 0o004 else []
    assert [line for line in found if "every user" in line] == wanted
