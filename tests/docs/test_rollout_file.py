"""The page about the rollout file says what the models say."""

from controller.config import parse
from tests.docs.redraw import PAGE
from tests.docs.rollout_file import EXAMPLE, page


def test_page_is_as_drawn() -> None:
    """docs/rollout-file.md is what the models generate; fix: python -m tests.docs.redraw."""
    assert PAGE.read_text("utf-8") == page()


def test_example_is_right() -> None:
    """The example that the page shows in pieces passes `check` without a warning."""
    assert parse(EXAMPLE.read_text("utf-8"), "web.yaml").settings.warnings == ()


def test_every_section_has_its_example() -> None:
    """Each section's heading is followed by a piece of the example, never by a bare table."""
    for section in page().split("\n## ")[2:]:
        assert section.split("\n\n", 1)[1].startswith("```yaml\n"), section.partition("\n")[0]


def test_only_secrets_come_from_env_or_file() -> None:
    """A mapping of names is told from the source of a secret."""
    rows = [line for line in page().splitlines() if line.startswith("| `vars`")]
    assert len(rows) == 3
    assert not [row for row in rows if "{env: NAME}" in row]
