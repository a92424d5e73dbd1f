"""The rollout file of a rollout that was begun, read again."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.config import KEYED, SECRET_CHANGED, fingerprint, load, notices_fingerprint
from controller.core.plan.plan import Purpose
from controller.core.state.state import initial
from controller.errors import ConfigurationError, Refused
from controller.lifecycle import Unfinished, as_it_was_run, file_of_pool, former_file
from controller.lifecycle.changes import differences, next_commands
from controller.lifecycle.former_file import refuse_other_notices
from controller.lifecycle.resume import refuse_changes
from controller.records import RolloutRow
from controller.report.run.next_commands import NextCommands
from tests.config.pages import page
from tests.report.journals import plan

KEY = b"the key of the state folder"


def row(path: Path, text: str) -> RolloutRow:
    began = datetime(2026, 11, 22, tzinfo=UTC)
    return RolloutRow("web-1", "web", text, str(path), {}, began, "me")


def test_a_file_that_has_not_changed_is_read_once(tmp_path: Path) -> None:
    """What the journal keeps and what stands at its path are one and the same."""
    path = tmp_path / "web.yaml"
    path.write_text(page())
    found = former_file(row(path, page()))
    assert found.now is found.kept


def test_a_file_that_has_changed_is_read_as_it_is_now(tmp_path: Path) -> None:
    """Beside the one that the journal keeps."""
    path = tmp_path / "web.yaml"
    path.write_text(page("soak: 7s"))
    found = former_file(row(path, page()))
    assert not isinstance(found.now, ConfigurationError)
    assert not isinstance(found.kept, ConfigurationError)
    assert (found.kept.text, found.now.text) == (page(), page("soak: 7s"))


def test_a_file_that_is_gone_leaves_what_the_journal_keeps(tmp_path: Path) -> None:
    """With what is wrong at its path."""
    found = former_file(row(tmp_path / "web.yaml", page()))
    assert not isinstance(found.kept, ConfigurationError)
    assert isinstance(found.now, ConfigurationError)
    assert found.kept.text == page()
    assert "no such file" in str(found.now)


def unfinished(kept: RolloutRow, text: str, path: Path) -> Unfinished:
    """A rollout that was begun with `text`, of which the journal holds `kept`."""
    path.write_text(text)
    made = plan()
    began = replace(initial(made), fingerprint=fingerprint(load(path), kept.id))
    return Unfinished(kept, made, began)


def test_a_copy_that_cannot_be_read(tmp_path: Path) -> None:
    """The file at its path stands in for it, as long as it is the one that was run."""
    path = tmp_path / "web.yaml"
    former = unfinished(row(path, "name: ["), page(), path)
    found = former_file(former.row)
    assert isinstance(found.kept, ConfigurationError)
    assert file_of_pool(former, found) is as_it_was_run(former, found) is found.now

    path.write_text(page("soak: 7s"))
    found = former_file(former.row)
    assert file_of_pool(former, found) is found.kept
    with pytest.raises(Refused, match="has changed since the run: restore that file"):
        as_it_was_run(former, found)


def test_a_copy_without_its_secrets(tmp_path: Path) -> None:
    """It says where the load balancers are; its validations need the file as it was run."""
    path = tmp_path / "web.yaml"
    text = page("validate: [{http: {url: 'http://h/', headers: {A: %s}}}]")
    former = unfinished(row(path, text % "'***'"), text % "s3cret", path)
    found = former_file(former.row)
    assert file_of_pool(former, found) is found.kept
    assert as_it_was_run(former, found) is found.now
    path.unlink()
    found = former_file(former.row)
    assert file_of_pool(former, found) is found.kept
    with pytest.raises(Refused, match=r"the rollout file has secrets, .*\(no such file"):
        as_it_was_run(former, found)


SECRET = page("validate: [{http: {url: 'http://h/', headers: {A: %s}}}]")


def keyed(path: Path, key: bytes) -> Unfinished:
    """The same, of a rollout that was begun with this key; the file is as it was then."""
    path.write_text(SECRET % "s3cret")
    kept = row(path, SECRET % "'***'")
    made = plan()
    marks = [make(load(path), kept.id, KEY, KEYED) for make in (fingerprint, notices_fingerprint)]
    began = replace(initial(made), fingerprint=marks[0], notices=marks[1])
    return Unfinished(kept, made, began, key)


@pytest.mark.parametrize("key", [b"", b"another"], ids=["missing", "another"])
def test_without_the_key_nothing_is_said_of_the_secrets(tmp_path: Path, key: bytes) -> None:
    """Each refusal names the key, and what to do: the file is as it was."""
    path = tmp_path / "web.yaml"
    former = keyed(path, key)
    what = "is missing, or this user may not read it" if not key else "is another one than the run"
    named = f"`fingerprint.key` in the state folder {what}"
    commands = NextCommands("web", Purpose.UPGRADE, str(path))
    with pytest.raises(Refused) as refused:
        refuse_changes(commands, former, load(path))
    assert named in str(refused.value)
    assert "Put that key back from a backup" in str(refused.value)
    assert "has changed since" not in str(refused.value)
    with pytest.raises(Refused, match="Put that key back"):
        as_it_was_run(former, former_file(former.row))
    with pytest.raises(ConfigurationError, match="Put that key back"):
        refuse_other_notices(former, load(path))


def test_another_value_on_the_command_line_is_no_changed_file(tmp_path: Path) -> None:
    """Whoever forgot `--set` has no file to restore: the command as it was begun goes on."""
    path = tmp_path / "web.yaml"
    former = unfinished(row(path, page()), page(), path)
    commands = NextCommands("web", Purpose.UPGRADE, str(path), former.row.sets)
    with pytest.raises(Refused) as refused:
        refuse_changes(commands, former, load(path, {"version": "2.4.2"}))
    first, _, last = refused.value.reasons
    assert first == "rollout 'web' is unfinished, and began with another --set:"
    assert last.startswith(f"to go on with it: {commands.run}; or start over with --new; or: ")
    path.write_text(page("soak: 7s"))
    with pytest.raises(Refused) as refused:
        refuse_changes(commands, former, load(path))
    assert "the rollout file has changed since it began:" in refused.value.reasons[0]
    assert refused.value.reasons[-1].startswith(
        f"to go on with it, restore the file: {commands.run}; or start over with --new; or: "
    )


def test_with_the_key_what_has_changed_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "web.yaml"
    former = keyed(path, KEY)
    assert differences(former, load(path)) == []
    path.write_text(SECRET % "other")
    assert differences(former, load(path)) == [SECRET_CHANGED]
    path.write_text(SECRET % "s3cret" + "soak: 7s\n")
    assert "+soak: 7s" in differences(replace(former, key=b""), load(path))


def test_a_former_version_did_not_say_which_key(tmp_path: Path) -> None:
    """What it made is compared all the same."""
    path = tmp_path / "web.yaml"
    former = keyed(path, KEY)
    unnamed = KEYED + former.state.fingerprint.rpartition(":")[2]
    former = replace(former, state=replace(former.state, fingerprint=unnamed))
    assert differences(former, load(path)) == []
    assert differences(replace(former, key=b"another"), load(path)) == [SECRET_CHANGED]


@pytest.mark.parametrize(
    ("back", "ran", "stale"),
    [
        ('{version: "2.3.0"}', {"version": "2.4.0"}, {"version": "2.4.0"}),
        ('{version: "2.3.0", way: back}', {"version": "2.4.0", "way": "on"}, {"version": "2.4.0"}),
        ("{way: back}", {"version": "2.4.0", "way": "on"}, {}),
        ('{version: "2.3.0"}', {}, {}),
    ],
)
def test_a_stale_way_back(back: str, ran: dict[str, str], stale: dict[str, str]) -> None:
    """What `rollback` would be refused for is known when its command is named."""
    text = page('vars: {version: "2.4.1", way: on}', f"rollback: {{command: [x], vars: {back}}}")
    begun = row(Path("/srv/web.yaml"), text)
    made = plan(before={"web1": ran})
    assert next_commands("", begun, made).stale.get("web1", {}) == stale
    again = replace(made, purpose=Purpose.ROLLBACK)
    assert next_commands("", begun, again).stale == {}
    unread = replace(begun, file="name: [")
    assert next_commands("", unread, made).stale == {}
