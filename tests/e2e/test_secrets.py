"""Secrets of the rollout file are nowhere but in the file (S12)."""

from pathlib import Path
from typing import Any

from tests.e2e.conftest import MakeSite
from tests.e2e.site import AMPLE, Site
from tests.support.waiting import until

SECRETS = (
    "hunter2-in-a-header",
    "hunter2-in-a-url",
    "hunter2-by-set",
    "hunter2-in-a-query",
    "hunter2-of-a-runbook",
    "hunter2-printed",
    "hunter2-an-option",
    "hunter2-by-name",
    "hunter2-of-a-member",
    "hunter2-around-us",
)

RUNBOOK = f"https://ops:{SECRETS[4]}@wiki.example.net/web?access_token={SECRETS[4]}&page=2"


def validation(one: Site, contains: str, within: str = "300ms") -> list[dict[str, Any]]:
    """Asks with a secret of each kind."""
    headers = {"Authorization": f"Bearer {SECRETS[0]}", "X-Token": "${vars.token}"}
    url = f"http://poolroll:{SECRETS[1]}@${{member.address}}:${{member.port}}/health"
    url += f"?token={SECRETS[3]}"
    probe = {"url": url, "headers": headers, "contains": contains}
    return [{"http": probe, "within": within}]


def assert_nowhere(folder: Path, *texts: str) -> None:
    """In none of these texts, and in no file of the state folder."""
    for secret in SECRETS:
        for text in texts:
            assert secret not in text
        for path in folder.rglob("*"):
            assert not (path.is_file() and secret.encode() in path.read_bytes()), path


async def test_in_no_output_and_no_journal(site: MakeSite) -> None:
    """Header values, a URL's password and a variable in a header: in no plan, log, halt message,
    status, difference or file of the state folder, also when the validation that has them fails."""
    one = await site(2)
    token = ("--set", f"token={SECRETS[2]}")
    file = one.file(validate=validation(one, "never"), vars={"token": "unset"}, gates=[])
    texts = [(await one.command("plan", str(file), *token)).text]
    texts.append((await one.start("check", str(file), *token).end()).text)
    done = await one.run(file, *token, "--log-format", "json")
    assert done.code == 5, done.text
    texts += [done.text, (await one.command("status", "web", "--json")).text]
    again = await one.run(file, *token)
    assert (again.code, "halted" in again.err) == (3, True), again.text
    changed = await one.run(file, "--set", "token=another")
    assert (changed.code, "secret has changed" in changed.err) == (3, True), changed.text
    assert_nowhere(one.state, *texts, again.text, changed.text)


async def test_they_do_their_work(site: MakeSite) -> None:
    """A rollout whose validation needs its secrets completes, also after `kill -9`."""
    one = await site(2)
    token = ("--set", f"token={SECRETS[2]}")
    file = one.file(
        validate=validation(one, "v2", AMPLE),
        vars={"token": "unset"},
        upgrade=one.upgrade(held=True),
        gates=[],
    )
    running = one.begin(file, *token)
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    await running.kill()
    one.go.touch()
    done = await one.run(file, *token)
    assert done.code == 0, done.text
    assert_nowhere(one.state, done.text)
    await one.assert_all("v2")


async def test_by_their_looks(site: MakeSite) -> None:
    """A password and a token of the runbook's address, those that a step prints, an option's and
    a variable's that is called one: in no output, page or file, also when the file has changed
    and the step's output is long."""
    one = await site(2)
    prints = f"Authorization: Bearer {SECRETS[5]}; https://u:{SECRETS[5]}@h/?key={SECRETS[5]}"
    script = f"echo '{prints}'; yes | head -c 300000; echo 'password={SECRETS[5]}'; exit 3"
    values: dict[str, Any] = {
        "runbook": RUNBOOK,
        "gates": [],
        "vars": {"db_password": SECRETS[7]},
        "validate": validation(one, "never"),
    }
    values["vars"]["token"] = SECRETS[2]
    argv = ["/bin/sh", "-c", script, f"--token={SECRETS[6]}"]
    file = one.file(upgrade={"command": argv}, **values)
    done = await one.run(file)
    assert done.code == 5, done.text
    assert "runbook: https://***@wiki.example.net/web?access_token=***&page=2" in done.out
    page = one.folder / "page.html"
    texts = [done.text, (await one.command("report", "web", "-o", str(page))).text]
    texts += [page.read_text(), (await one.command("events", "web", "--json")).text]
    texts += [(await one.command(*argv)).text for argv in (["status"], ["plan", str(file)])]
    changed = await one.run(one.file(upgrade={"command": argv}, **values, soak="321ms"))
    assert (changed.code, "+soak: 321ms" in changed.err) == (3, True), changed.text
    outputs = [path.read_text() for path in one.state.rglob("output")]
    assert [text.count("***") for text in outputs] == [4]
    assert_nowhere(one.state, *texts, changed.text)


async def test_by_their_values(site: MakeSite) -> None:
    """What a step, a guard and a probe print without a word that would give it away, in several
    ways of writing, also to a file in the folder of the job; the reason of an operator; and what is
    in the environment of commands."""
    one = await site(2)
    printed = " ".join((SECRETS[0], SECRETS[8], SECRETS[9]))
    script = f"echo {printed}; echo {SECRETS[0]} | base64; env > {one.folder}/env; exit 3"
    document: dict[str, Any] = {
        "upgrade": {"command": ["/bin/sh", "-c", script]},
        "validate": [{"http": {"url": "http://127.0.0.1:1/", "headers": {"X-A": SECRETS[0]}}}],
        "notify": [{"on": ["done"], "webhook": {"url": {"env": "CHAT"}}}],
        "pool": {"members": {"vars": {"web1": {"token": SECRETS[8]}}}},
        "gates": [],
    }
    file = one.file(**document)
    argv = ("run", str(file), "--yes", "--state", str(one.state))
    url = f"http://127.0.0.1:1/{SECRETS[9]}"
    done = await one.start(*argv, CHAT=url, POOLROLL_LOG_FORMAT="text").end()
    assert done.code == 5, done.text
    again = await one.command("resume", "web", "--reason", f"it said {SECRETS[0]}")
    texts = [done.text, again.text, (await one.command("events", "web", "--json")).text]
    assert_nowhere(one.state, *texts)
    names = {line.partition("=")[0] for line in (one.folder / "env").read_text().split("\n")}
    assert "POOLROLL_MEMBER_NAME" in names
    assert not names & {"CHAT", "POOLROLL_LOG_FORMAT"}
