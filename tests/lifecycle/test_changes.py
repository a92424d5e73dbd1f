"""The rollout file of a rollout that was begun, read again."""

from datetime import UTC, datetime
from pathlib import Path

from controller.errors import ConfigurationError
from controller.lifecycle import former_file
from controller.records import RolloutRow
from tests.config.pages import page


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
    assert (found.kept.text, found.now.text) == (page(), page("soak: 7s"))


def test_a_file_that_is_gone_leaves_what_the_journal_keeps(tmp_path: Path) -> None:
    """With what is wrong at its path."""
    found = former_file(row(tmp_path / "web.yaml", page()))
    assert found.kept.text == page()
    assert isinstance(found.now, ConfigurationError)
    assert "no such file" in str(found.now)
