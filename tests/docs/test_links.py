"""Links in the docs lead to files and headings that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "recipes").glob("*.md"))]
PAGES += [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
PAGES += [ROOT / "SECURITY.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link has its file, and every anchor its heading."""
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path) if path else page
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", there.read_text("utf-8"), re.MULTILINE)
            assert anchor in [
                re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in headings
            ]


def test_safety_has_every_promise() -> None:
    """docs/safety.md has S1 to S14, each once."""
    rows = re.findall(r"^\| (S\d+) \|", (ROOT / "docs" / "safety.md").read_text("utf-8"), re.M)
    assert rows == [f"S{number}" for number in range(1, 15)]
