"""Secrets of the rollout file are nowhere but in the file (S12)."""

from pathlib import Path
from typing import Any

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.support.waiting import until

SECRETS = ("hunter2-in-a-header", "hunter2-in-a-url", "hunter2-by-set")


def validation(one: Site, contains: str) -> list[dict[str, Any]]:
    """Asks with a secret of each kind."""
    headers = {"Authorization": f"Bearer {SECRETS[0]}", "X-Token": "${vars.token}"}
    url = f"http://poolroll:{SECRETS[1]}@${{member.address}}:${{member.port}}/health"
    probe = {"url": url, "headers": headers, "contains": contains}
    return [{"http": probe, "within": "300ms"}]


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
        validate=validation(one, "v2"),
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
