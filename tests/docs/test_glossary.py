"""The glossary defines each word once, and README's short list of words comes from it."""

import re
from pathlib import Path

from controller.core.phases import Phase

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (.+?) \| (.+?) \|$", re.MULTILINE)


def rows(page: str, heading: str) -> dict[str, str]:
    """The table below `heading`: word → meaning."""
    text = (ROOT / page).read_text("utf-8").partition(heading)[2].partition("\n## ")[0]
    found = ROW.findall(text.partition("|---|---|\n")[2])
    assert len({word for word, _ in found}) == len(found), "a word is defined twice"
    return dict(found)


def test_readme_has_a_part_of_the_glossary() -> None:
    """Each word of README has the meaning that the glossary gives it, letter by letter."""
    short = rows("README.md", "## Words")
    assert len(short) >= 8
    assert short.items() <= rows("docs/glossary.md", "# Glossary").items()


def test_words_of_the_contract_are_defined() -> None:
    """The fixed words, and what a member's phase is called where its name does not say it."""
    glossary = rows("docs/glossary.md", "# Glossary")
    words = {word.strip() for entry in glossary for word in entry.split(",")}
    fixed = "pool, member, drain, upgrade, validate, return, soak, gate, sample, verdict, rollout"
    assert {*fixed.split(", "), "halt", "rollback", "ready", "draining", "out"} <= words
    text = " ".join(glossary.values())
    for phase in (Phase.KEPT, Phase.REMOVING):
        assert f"(`{phase}`)" in text


def test_members_states_are_in_metrics() -> None:
    """Label values that the glossary names are those that the metrics page lists."""
    page = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    text = " ".join(rows("docs/glossary.md", "# Glossary").values())
    for value in re.findall(r"\(`([a-z_]+)`\)", text):
        if value not in ("min_available", "notify"):
            assert f"`{value}`" in page
