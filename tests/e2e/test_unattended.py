"""Two boxes and cron: nights without users, as `timer` sets them up, and who hears of them."""

import asyncio
import re
from pathlib import Path
from typing import Any

from tests.adapters.notify.mail_server import PASSWORD, USER, MailServer, mail_server
from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site

PLAIN = {"HOME": "/nonexistent", "LOGNAME": "root", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
"""What cron gives (crontab(5)), before the lines of the file."""

BY_OUR_OWN: dict[str, Any] = {
    "quiet": "probe",
    "soak": "1s",
    "gates": [
        {"name": "errors", "haproxy": {"measure": "error_ratio"}, "max": "1%"},
        {"name": "latency", "haproxy": {"measure": "response_time"}},
    ],
}
"""The gates of a file that writes none, and who they go by at night."""


async def crontab(one: Site, file: Path, *options: str) -> str:
    """The file that goes to /etc/cron.d."""
    asked = ("timer", str(file), "--on-calendar", "Mon..Fri 05:00", "--part", "cron", *options)
    done = await one.command(*asked)
    assert (done.code, done.err) == (0, "")
    return done.out


async def night(tab: str) -> tuple[int, str]:
    """What cron does at five: exit code, and what it would mail."""
    *lines, last = tab.splitlines()
    environ = PLAIN | dict(line.split("=", 1) for line in lines)
    *when, user, command = last.split(maxsplit=6)
    assert (when, user) == (["0", "5", "*", "*", "1-5"], "root")
    shell = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", command.replace(r"\%", "%")),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environ,
    )
    printed, _ = await shell.communicate()
    assert shell.returncode is not None
    return shell.returncode, printed.decode()


def told(there: MailServer) -> list[str]:
    return [str(mail.message["X-Poolroll-Event"]) for mail in there.got]


def told_by(there: MailServer) -> dict[str, Any]:
    smtp = {"host": "127.0.0.1", "port": there.port, "user": USER, "password": {"env": "PW"}}
    mail = {"to": "ops@example.net", "from": "poolroll@example.net", "smtp": smtp}
    return {"on": ["halted", "refused", "done"], "mail": mail}


async def test_two_boxes_under_cron(site: MakeSite) -> None:
    """A night with something to do is one line and a mail; the next one nothing; then it halts, and
    from then on each night is refused until somebody decides: every time there is a mail. The
    password comes from a file of its own, and is nowhere else."""
    one = await site(2)
    is_v2 = ["/bin/sh", "-c", f"grep -qx $POOLROLL_MEMBER_NAME {one.folder}/ran"]
    unless = {"command": is_v2, "go_on": [1, 2]}
    async with mail_server() as there:
        notify = [told_by(there)]
        file = one.file(upgrade=one.upgrade() | {"unless": unless}, notify=notify, **BY_OUR_OWN)
        Path(file.parent, "web.env").write_text(f"PW={PASSWORD}\n")
        tab = await crontab(one, file)
        assert PASSWORD not in tab
        code, printed = await night(tab)
        assert re.fullmatch(r"web: done: [^,]+, 2 upgraded, \d[\d.]* s\n", printed), printed
        assert (code, told(there)) == (0, ["done"])
        assert there.got[0].text.startswith(f"rollout {printed.rpartition(',')[0]}")
        events = (await one.command("events", "web")).out
        assert len(re.findall(r"web[12] .*requests of our own, no user came", events)) >= 2, events
        assert (await night(tab), told(there)) == ((0, ""), ["done", "done"])
        await one.assert_all("v2")
        fails = {"command": ["/bin/sh", "-c", "echo no space left; exit 1"]}
        one.file(upgrade=fails, notify=notify, **BY_OUR_OWN)
        code, halted = await night(tab)
        assert (code, "no space left" in halted) == (5, True), halted
        code, refused = await night(tab)
        assert (code, "poolroll resume web" in refused) == (3, True), refused
        assert told(there)[2:] == ["halted", "refused"]
    mail = there.got[3]
    assert str(mail.message["Subject"]).startswith("poolroll web: REFUSED, nothing was touched: ")
    assert "poolroll resume web" in mail.text
    assert all(there.logins)
    texts = [halted, refused, *(mail.text for mail in there.got)]
    assert PASSWORD not in "".join(texts)
    for path in one.state.rglob("*"):
        assert not (path.is_file() and PASSWORD.encode() in path.read_bytes()), path
