"""`python -m tests.docs.redraw`: regenerate the docs that come from the code."""

from pathlib import Path

from tests.docs.rollout_file import page

PAGE = Path(__file__).parents[2] / "docs" / "rollout-file.md"

if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
