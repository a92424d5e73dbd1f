"""The map of the code in docs/architecture.md leads to files that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PATH = re.compile(r"`((?:controller|adapters|tests|docs)[\w/.]*)`")
ENOUGH = 20
"""Questions that the map must answer at least."""


def answers() -> dict[str, list[str]]:
    """Question → paths (or links) of the table "Where is …?"."""
    table = TEXT.partition("## Where is …?")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?\?) \| (.+) \|$", table, re.MULTILINE)
    return {
        question: PATH.findall(cell) + re.findall(r"\]\(([^)]+)\)", cell) for question, cell in rows
    }


def test_map_answers_enough_questions() -> None:
    """At least twenty questions, each asked once and each with a path or a link."""
    table = TEXT.partition("## Where is …?")[2].partition("\n## ")[0]
    assert len(answers()) == table.count("\n| ") - 1 >= ENOUGH
    assert all(answers().values())


def test_paths_exist() -> None:
    """Every path on the page is a file or a folder of this repository."""
    assert [path for path in sorted(set(PATH.findall(TEXT))) if not (ROOT / path).exists()] == []


def test_every_room_is_on_the_map() -> None:
    """Each package and module at the top of `controller` has its place in the table of rooms."""
    rooms = TEXT.partition("## The rooms")[2].partition("\n## ")[0]
    named = set(PATH.findall(rooms))
    there = {
        f"controller/{one.name}"
        for one in (ROOT / "controller").iterdir()
        if not one.name.startswith("__") and one.suffix in ("", ".py")
    }
    assert there <= named
