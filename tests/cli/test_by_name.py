"""A rollout file named by its rollout."""

from pathlib import Path

import pytest

from controller.cli.by_name import by_name
from controller.config import fingerprint, load
from controller.core.events import FileKept
from controller.errors import PoolrollError
from controller.journal.codec import encode
from tests.cli.test_report import kept, poolroll
from tests.report import journals


def named(folder: Path, text: str | None = None, **sets: str) -> tuple[Path, dict[str, str]]:
    """What `run web` takes, where web was run from a file that holds `text` now."""
    file = folder / "web.yml"
    if text is not None:
        file.write_text(text)
    kept(folder / "state", journals.halted().records, path=str(file)).close()
    return by_name("run", Path("web"), str(folder / "state"), sets)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "it cannot be read"),
        (journals.FILE.replace("name: web", "name: other"), "it is of rollout 'other' now"),
        (journals.FILE, "it has changed since"),  # the journal does not know what it was
    ],
)
def test_what_is_not_as_it_was_run_is_not_used(tmp_path: Path, text: str | None, why: str) -> None:
    """Others may write the journal and what lies at a path that it names."""
    with pytest.raises(PoolrollError, match=why) as refused:
        named(tmp_path, text)
    assert f"names it: poolroll run {tmp_path / 'web.yml'}" in str(refused.value)


def test_a_file_that_others_can_write_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "web.yml").write_text(journals.FILE)
    (tmp_path / "web.yml").chmod(0o666)
    with pytest.raises(PoolrollError, match="every user may write"):
        named(tmp_path)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("check",), "rollout 'web' is valid"),
        (("notify",), "nobody is told: the file has no `notify`"),
        (("timer", "--on-calendar", "Mon..Fri 05:00"), "run {} --yes --set version=2"),
        (("rbac",), "rbac: nothing of this rollout is in Kubernetes"),
    ],
    ids=lambda one: one[0] if isinstance(one, tuple) else "",
)
def test_every_verb_that_takes_a_file_takes_a_name(
    argv: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    """And what it was run with, as long as the file is what was run."""
    file, state = tmp_path / "web.yml", tmp_path / "state"
    file.write_text(journals.FILE)
    sets = {"version": "2"}
    journal = kept(state, journals.halted().records, path=str(file), sets=sets)
    same = fingerprint(load(file, sets), journals.row().id, journal.key())
    last = journals.halted().records[-1]
    journal.append(last.rollout, last.at, *encode(FileKept(same)))
    journal.close()
    verb, *more = argv
    _, out, err = poolroll(verb, "web", *more, "--state", str(state))
    assert said.format(file) in out + err
    file.write_text(journals.FILE + "soak: 7s\n")
    code, out, err = poolroll(verb, "web", *more, "--state", str(state))
    assert code == 3
    assert f"it has changed since; whoever trusts that file names it: poolroll {verb} {file}" in err


def test_what_is_no_name_is_a_file(tmp_path: Path) -> None:
    """As is one for which there is no rollout, and one that lies there."""
    for file in (Path("web.yml"), Path("./web"), Path("api")):
        assert by_name("run", file, str(tmp_path / "none"), {"a": "b"}) == (file, {"a": "b"})
