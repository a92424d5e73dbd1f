"""docs/security.md names a test for each line that holds, and each of them exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text("utf-8")
ROWS = [
    line.strip("| ").split(" | ")
    for section in TEXT.split("\n| tries to |")[1:]
    for line in section.partition("\n\n")[0].splitlines()[2:]
]


def test_each_line_has_its_proof() -> None:
    assert len(ROWS) > 20
    for row in ROWS:
        assert re.fullmatch(r"`tests/\S+\.py::test_\w+`", row[-1]), row


@pytest.mark.parametrize("proof", sorted({row[-1].strip("`") for row in ROWS}))
def test_the_proof_exists(proof: str) -> None:
    path, _, name = proof.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE)


def test_each_part_says_what_does_not_hold() -> None:
    parts = TEXT.split("\n## ")[2:]
    assert all("**Does not hold**" in part for part in parts)


def test_it_is_found() -> None:
    """From where one looks for it."""
    assert "docs/security.md" in (ROOT / "SECURITY.md").read_text("utf-8")
    assert "docs/security.md" in (ROOT / "README.md").read_text("utf-8")
