"""`notify`: who is told, and whether it works, with real receivers."""

import asyncio
import json
from pathlib import Path

from click.testing import Result

from controller.cli.main import poolroll
from tests.adapters.notify.mail_server import PASSWORD, USER, mail_server
from tests.adapters.notify.receiver import receiver
from tests.cli.test_report import poolroll as called
from tests.report import journals


def page(folder: Path, *entries: object, more: str = "") -> str:
    path = folder / "web.yml"
    path.write_text(f"{journals.FILE}notify: {json.dumps(entries)}\n{more}")
    return str(path)


async def tried(path: str) -> tuple[int, list[str]]:
    """In a thread of its own, since the receivers are in this one."""
    code, out, err = await asyncio.to_thread(called, "notify", path, "--test")
    assert err == ""
    return code, out.splitlines()


async def test_each_is_tried_and_says_what_it_answered(tmp_path: Path) -> None:
    """One notice through each, whatever it is on for; nothing secret is shown."""
    async with mail_server() as post, receiver(lambda _: 204) as hook:
        smtp = {"host": "127.0.0.1", "port": post.port, "user": USER, "password": PASSWORD}
        path = page(
            tmp_path,
            {"mail": {"to": "ops@example.net", "from": "poolroll@example.net", "smtp": smtp}},
            {"on": ["halted"], "webhook": {"url": hook.url}},
            {"command": ["/bin/sh", "-c", "echo $$POOLROLL_EVENT"]},
            more="heartbeat: {url: 'http://127.0.0.1:1/s3cret'}\n",
        )
        code, lines = await tried(path)
    *answers, beat = [line.partition(" s: ")[::2] for line in lines]
    assert sorted((head.rpartition(" ")[0], said) for head, said in answers) == [
        ("notify[0].mail: delivered in", "250 queued as 1"),
        ("notify[1].webhook: delivered in", "answered with status 204"),
        ("notify[2].command: delivered in", "ended with exit code 0; it said last 'test'"),
    ]
    assert beat[0] == "heartbeat: not tried, since its monitor would then wait for the next one"
    assert (code, hook.events()) == (0, ["test"])
    assert post.got[0].message["Subject"].startswith("poolroll web: a test of `notify`")
    assert "s3cret" not in "".join(lines)


async def test_one_that_does_not_take_it(tmp_path: Path) -> None:
    """Exit 3, with what it answered; the others are told all the same."""
    async with receiver(lambda _: 403) as hook:
        path = page(tmp_path, {"webhook": {"url": hook.url}}, {"command": ["/bin/true"]})
        code, lines = await tried(path)
    assert code == 3
    assert "notify[0].webhook: NOT delivered: answered with status 403" in lines
    assert any(line.startswith("notify[1].command: delivered in ") for line in lines)


def test_who_is_told(tmp_path: Path) -> None:
    """Without --test: events and ways, of an address the host alone."""
    mail = {"to": ["a@h", "b@h"], "from": "c@h", "smtp": "mx.example.net"}
    path = page(
        tmp_path,
        {"on": ["refused", "halted"], "mail": mail},
        {"on": ["done"], "webhook": {"url": "https://hooks.example.com/s3cret"}},
        {"on": ["stuck"], "command": ["./page", "s3cret"]},
        more="heartbeat: {url: 'https://beat.example.com/s3cret', method: GET}\n",
    )
    assert called("notify", path) == (
        0,
        "notify[0].mail: halted, refused: mail to a@h, b@h by mx.example.net:25, starttls\n"
        "notify[1].webhook: done: POST to hooks.example.com\n"
        "notify[2].command: stuck: runs ./page\n"
        "heartbeat: every 1m: GET to beat.example.com\n",
        "",
    )


def test_nobody(tmp_path: Path) -> None:
    """A test of nobody is no success."""
    path = tmp_path / "web.yml"
    path.write_text(journals.FILE)
    assert called("notify", str(path)) == (0, "nobody is told: the file has no `notify`\n", "")
    code, _, err = called("notify", str(path), "--test")
    assert (code, "names nobody to tell" in err) == (2, True)


def test_what_cannot_be_started(tmp_path: Path) -> None:
    """As a run would say it."""
    code, _, err = called("notify", page(tmp_path, {"command": ["./page"]}), "--test")
    assert (code, "notify[0].command: ./page: command not found" in err) == (2, True)


def test_the_alias_is_in_no_list() -> None:
    """`install-timer` is `timer`."""
    from click.testing import CliRunner

    shown: Result = CliRunner().invoke(poolroll, ["install-timer", "--help"])
    assert (shown.exit_code, "--on-calendar" in shown.output) == (0, True)
    assert "install-timer" not in CliRunner().invoke(poolroll, ["--help"]).output
