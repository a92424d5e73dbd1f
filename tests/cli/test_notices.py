"""Receivers that cannot be reached from here are told before anything is touched."""

from pathlib import Path

import pytest

from tests.cli.test_report import poolroll
from tests.report import journals

NOTIFY = "notify: [{webhook: {url: 'https://hooks.example.com/s3cret'}}]\n"


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
    (tmp_path / "page").write_text("#!/bin/sh\n")
    (tmp_path / "page").chmod(0o755)
    code, out, _ = poolroll("plan", *where)
    assert (code, "notify" in out) == (3, False), "the load balancer is not there"
