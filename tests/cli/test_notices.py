"""Receivers that cannot be reached from here are told before anything is touched."""

import asyncio
from pathlib import Path

import pytest

from tests.adapters.notify.receiver import receiver
from tests.cli.test_report import poolroll
from tests.report import journals

NOTIFY = "notify: [{on: [done], webhook: {url: 'https://hooks.example.com/s3cret'}}]\n"


def test_a_proxy_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 2, with the variable and a way out; where the proxy does not matter, nothing is said."""
    for name in ("HTTPS_PROXY", "https_proxy", "all_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    file = tmp_path / "web.yml"
    file.write_text(journals.FILE + NOTIFY)
    run = ("run", str(file), "--yes", "--state", str(tmp_path / "state"))
    code, out, err = poolroll(*run)
    assert (code, out) == (2, "")
    assert err.endswith(
        "notify[0].webhook: the proxy in ALL_PROXY is not supported (socks5://): only http:// and "
        "https:// proxies are; unset it, or add hooks.example.com to NO_PROXY\n"
    )
    monkeypatch.setenv("NO_PROXY", "example.com,10.0.0.0/8")
    code, _, err = poolroll(*run)
    assert (code, "ALL_PROXY" in err) == (3, False), "the load balancer is asked next"


def test_authorities_that_are_not_there(tmp_path: Path) -> None:
    """A file of authorities is looked for beside the rollout file."""
    file = tmp_path / "web.yml"
    file.write_text(journals.FILE + NOTIFY.replace("s3cret'", "s3cret', ca: ca.pem"))
    code, _, err = poolroll("run", str(file), "--yes", "--state", str(tmp_path / "state"))
    assert code == 2
    assert f"the trusted authorities in {tmp_path}/ca.pem cannot be used: no such file" in err
    assert "s3cret" not in err


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    """Nobody would be paged at a halt: `run` refuses, and `plan` says the same."""
    file = tmp_path / "web.yml"
    file.write_text(journals.FILE + "notify: [{on: [halted], command: [./page]}]\n")
    where = (str(file), "--state", str(tmp_path / "state"))
    told = f"{file}: notify[0].command: ./page: command not found; name a program of this machine"
    assert poolroll("run", *where, "--yes") == (2, "", f"{told}\n")
    code, out, _ = poolroll("plan", *where)
    assert (code, told in out) == (3, True)
    code, out, _ = poolroll("check", str(file))
    head, said = told.split(": ", 1)
    assert code == 0, "another machine may run it"
    assert f"{head}: warning: {said} (here a run would be refused)\n" in out
    (tmp_path / "page").write_text("#!/bin/sh\n")
    (tmp_path / "page").chmod(0o755)
    code, out, _ = poolroll("plan", *where)
    assert (code, "notify" in out) == (3, False), "the load balancer is not there"


def test_a_secret_that_is_not_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A note of `plan`, since only a run needs it; what else is wrong is still found."""
    monkeypatch.delenv("CHAT", raising=False)
    file = tmp_path / "web.yml"
    file.write_text(journals.FILE + "notify: [{webhook: {url: {env: CHAT}}}, {command: [./no]}]\n")
    _, out, _ = poolroll("plan", str(file), "--state", str(tmp_path / "state"))
    assert "the environment variable CHAT is not set" in out
    assert "notify[1].command: ./no: command not found" in out


def test_check_is_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is said of who is told: no kubeconfig is needed for it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    _, starter, _ = poolroll("init", "kubernetes")
    file = tmp_path / "web.yml"
    file.write_text(starter + "notify: [{command: [./page]}]\n")
    code, out, err = poolroll("check", str(file))
    assert (code, err) == (0, "")
    assert "notify[0].command: ./page: command not found" in out


@pytest.mark.parametrize("verb", ["run", "rehearse", "rollback"])
def test_quiet_needs_yes(verb: str, tmp_path: Path) -> None:
    """It would ask without showing what."""
    file = tmp_path / "web.yml"
    file.write_text(journals.FILE)
    code, _, err = poolroll(verb, str(file), "--quiet")
    assert (code, "add --yes" in err) == (2, True)


async def test_a_refusal_is_told(tmp_path: Path) -> None:
    """Exit 3: those who want to know hear why, after it was said; a pool that another run holds is
    its own matter, and nobody is told while somebody is at the terminal."""
    async with receiver() as there:
        entry = f"{{on: [refused], webhook: {{url: '{there.url}'}}}}"
        file = tmp_path / "web.yml"
        file.write_text(f"{journals.FILE}notify: [{entry}]\n")
        run = ("run", str(file), "--yes", "--quiet", "--state", str(tmp_path / "state"))
        code, out, err = await asyncio.to_thread(poolroll, *run)
        assert (code, out) == (3, "")
        asked = ("plan", str(file), "--state", str(tmp_path / "state"))
        assert (await asyncio.to_thread(poolroll, *asked))[0] == 3
    (got,) = there.got
    first = err.splitlines()[0]
    assert got.json["event"] == "refused"
    assert got.json["text"] == f"rollout web: REFUSED, nothing was touched: {first}"
    assert (got.json["exit_code"], got.json["rollout"]) == (3, "")
