"""Paths as they come: in any encoding, and with links where somebody else may have put them."""

import json
import os
import socket
from pathlib import Path

import pytest

from controller import bootstrap
from tests.cli.test_report import kept, poolroll
from tests.report import journals

ODD = b"w\xffb.yml".decode(errors="surrogateescape")


@pytest.mark.parametrize("verb", ["run", "rehearse", "rollback"])
def test_a_path_that_no_journal_can_hold(tmp_path: Path, verb: str) -> None:
    """Refused at once, with the mend, not by the journal once it has begun."""
    file = tmp_path / ODD
    file.write_text(journals.FILE)
    code, out, err = poolroll(verb, str(file), "--yes", "--state", str(tmp_path / "state"))
    assert (code, out) == (2, "")
    assert "the path is not valid UTF-8; rename it" in err
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("text", [journals.FILE, "name: ["])
def test_such_a_path_as_json(tmp_path: Path, text: str) -> None:
    """In escapes, as JSON has them."""
    file = tmp_path / ODD
    file.write_text(text)
    _, out, err = poolroll("check", str(file), "--json")
    assert json.loads(out)["file"] == str(file), err


def test_a_name_that_no_journal_can_hold(tmp_path: Path) -> None:
    """There is no such rollout; the reason is in words."""
    folder = tmp_path / "state"
    kept(folder, journals.halted().records).close()
    code, _, err = poolroll("abort", ODD, "--state", str(folder))
    assert code == 3
    assert "it holds UTF-8 alone, and this text is not" in err


@pytest.mark.parametrize("named", [True, False])
def test_a_report_follows_no_link(
    tmp_path: Path, named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its default name can be known before: in a folder of others it may lead to any file."""
    kept(tmp_path / "state", journals.halted().records).close()
    (tmp_path / "theirs").write_text("kept")
    monkeypatch.chdir(tmp_path)
    name = f"{journals.row().id}.html"
    (tmp_path / name).symlink_to("theirs")
    options = ("-o", name) if named else ()
    code, _, err = poolroll("report", "web", "--state", str(tmp_path / "state"), *options)
    assert code == 2
    assert f"report: cannot write {name}: it is a symbolic link; name the file itself" in err
    assert (tmp_path / "theirs").read_text() == "kept"
    (tmp_path / name).unlink()
    code, _, err = poolroll("report", "web", "--state", str(tmp_path / "state"), *options)
    assert code == 0, err
    assert (tmp_path / name).read_text().startswith("<!")


@pytest.mark.parametrize(
    ("said", "remark"),
    [("", ""), ("kim", " (sudo: kim)"), ("AD\\kim", ""), ("kim\x1b[2J", ""), ("k" * 80, "")],
)
def test_who_it_was(said: str, remark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real user id counts; what anybody can set in the environment is a remark, if that."""
    monkeypatch.setenv("SUDO_USER", said)
    monkeypatch.setenv("LOGNAME", "somebody-else")
    monkeypatch.setenv("USER", "somebody-else")
    found = bootstrap.who()
    user, _, rest = found.partition("@")
    assert rest == f"{socket.gethostname()}{remark}"
    assert user == ("root" if os.getuid() == 0 else user)
    assert "somebody" not in found
