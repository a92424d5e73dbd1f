"""`poolroll run` and `abort` tell those whom the rollout file names, by real receivers."""

import json
from pathlib import Path
from typing import Any

from tests.adapters.notify.receiver import HANGS, Receiver, receiver
from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.support.waiting import until

FAILS: dict[str, Any] = {"command": ["/bin/sh", "-c", "echo it broke; exit 1"], "unless": None}


def secret_file(one: Site, name: str, text: str) -> dict[str, str]:
    (one.folder / name).write_text(text)
    return {"file": str(one.folder / name)}


def assert_nothing_leaked(one: Site, *texts: str) -> None:
    """No secret in what was printed, nor in any file of the state folder (S12)."""
    assert "s3cret" not in "\n".join(texts)
    files = [path for path in one.state.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert b"s3cret" not in path.read_bytes(), path


async def test_halt_is_told_by_webhook_and_command(site: MakeSite) -> None:
    """Both hear `started` and `halted`, with the lines that the terminal shows, and no secret
    is in the output or the state folder."""
    one = await site(2)
    tell = 'printf "%s\\n%s\\n" "$POOLROLL_EVENT" "$POOLROLL_TEXT" >> told'
    async with receiver() as there:
        hook = {"url": there.url, "secret": "s3cret-key", "headers": {"X-Key": "s3cret-header"}}
        notify = [{"webhook": hook}, {"on": ["halted"], "command": ["/bin/sh", "-c", tell]}]
        file = one.file(upgrade=FAILS, notify=notify)
        done = await one.run(file)
    assert done.code == 5, done.text
    assert there.events() == ["started", "halted"]
    halted = there.got[1].json
    printed = done.out[done.out.index("HALTED") :].splitlines()
    assert [line[:8] for line in halted["lines"][:-1]] == [line[:8] for line in printed]
    assert halted["lines"][0] == printed[0]
    assert "it broke" in done.err
    assert halted["exit_code"] == 5
    told = (file.parent / "told").read_text().splitlines()
    assert told[0] == "halted"
    assert told[1].startswith("rollout web: HALTED: web1: step 1")
    assert_nothing_leaked(one, done.text)


async def test_done_is_told_and_the_heart_stops(site: MakeSite) -> None:
    """A rollout that goes well: started, beats, done, and a last beat that disarms the monitor."""
    one = await site(2)
    async with receiver() as chat, receiver() as monitor:
        url = secret_file(one, "beat", f"{monitor.url}\n")
        file = one.file(
            gates=[],
            notify=[{"webhook": {"url": chat.url, "format": "slack"}}],
            heartbeat={"url": url, "every": "1s"},
        )
        done = await one.run(file)
    assert done.code == 0, done.text
    texts = [got.json["text"] for got in chat.got]
    assert texts[0].startswith("rollout web: started\n```\nstarted by ")
    assert texts[1].startswith("rollout web: done\n```\ndone: no requests came, 2 upgraded, ")
    assert len(texts) == 2
    assert set(monitor.events()) == {"heartbeat"}
    assert monitor.got[0].json["exit_code"] is None
    assert monitor.got[-1].json["exit_code"] == 0
    assert_nothing_leaked(one, done.text)


async def test_hung_webhook_delays_nothing(site: MakeSite) -> None:
    """The rollout does not wait for the receiver, and the exit code is its own. On a slow machine a
    notice may be tried again meanwhile."""
    one = await site(2)
    async with receiver(lambda _: HANGS) as there:
        file = one.file(gates=[], notify=[{"on": ["started"], "webhook": {"url": there.url}}])
        done = await one.run(file)
    assert done.code == 0, done.text
    assert done.err.index("done (exit code 0)") < done.err.rindex("given up")
    assert set(there.events()) == {"started"}
    await one.assert_all("v2")


async def test_failing_receivers_are_reported_and_change_nothing(site: MakeSite) -> None:
    """A 404 is a line in the log, as JSON too; exit 0."""
    one = await site(2)
    async with receiver(lambda _: 404) as there:
        notify = [{"on": ["started"], "webhook": {"url": there.url}}]
        done = await one.run(one.file(gates=[], notify=notify), "--log-format", "json")
    assert done.code == 0, done.text
    lines = [json.loads(line) for line in done.err.splitlines()]
    missed = [line for line in lines if line["kind"] == "Notification"]
    assert {line["level"] for line in missed} == {"warning"}
    events = [line["event"] for line in missed]
    assert "notify[0].webhook: 'started' was not delivered: answered with status 404" in events
    assert_nothing_leaked(one, done.text)


async def test_missing_secret_is_refused_before_anything(site: MakeSite) -> None:
    """Exit 2 with place and mend; nothing was touched, and `check` and `plan` do not need it."""
    one = await site(2)
    file = one.file(heartbeat={"url": {"env": "NO_SUCH_VARIABLE"}})
    assert (await one.start("check", str(file)).end()).code == 0
    assert (await one.command("plan", str(file))).code == 0
    done = await one.run(file)
    assert done.code == 2, done.text
    assert "heartbeat.url: the environment variable NO_SUCH_VARIABLE is not set; set it" in done.err
    assert not one.executions()
    assert one.rows() == []


async def _abort(one: Site, file: Path, there: Receiver) -> list[str]:
    assert (await one.run(file)).code == 5
    await until(lambda: len(there.got) == 2, what="the halt to be told")
    done = await one.command("abort", "web")
    assert done.code == 0, done.text
    return [done.text, *there.events()[2:]]


async def test_abort_at_rest_is_told(site: MakeSite) -> None:
    """`aborted` alone, to whom the file names now, though the journal knows no address."""
    one = await site(2)
    async with receiver() as there:
        file = one.file(upgrade=FAILS, notify=[{"webhook": {"url": there.url}}])
        text, *events = await _abort(one, file, there)
    assert events == ["aborted"]
    assert "aborted" in text


async def test_abort_without_the_file_says_that_nobody_is_told(site: MakeSite) -> None:
    """The abort itself works all the same."""
    one = await site(2)
    async with receiver() as there:
        file = one.file(upgrade=FAILS, notify=[{"webhook": {"url": there.url}}])
        assert (await one.run(file)).code == 5
        file.unlink()
        done = await one.command("abort", "web")
    assert done.code == 0, done.text
    assert "no notifications will be sent: " in done.err
    assert "no such file" in done.err


async def test_json_log_has_one_object_a_line(site: MakeSite) -> None:
    """Each line of the JSON log has the rollout, what kind of event it is, and the sentence."""
    one = await site(2)
    done = await one.run(one.file(gates=[]), "--log-format", "json")
    lines = [json.loads(line) for line in done.err.splitlines()]
    assert len(lines) > 10
    for word in ("kind", "level", "rollout", "timestamp", "event"):
        assert all(line[word] for line in lines), word
    assert {"RunStep", "MemberReturned", "Finished"} <= {line["kind"] for line in lines}
    assert {line["member"] for line in lines if "member" in line} == {"web1", "web2"}
