"""docs/safety.md says of each promise what cannot be seen, and what happens then."""

import re
from pathlib import Path

SAFETY = (Path(__file__).parents[2] / "docs" / "safety.md").read_text("utf-8")


def test_each_promise_has_its_limits() -> None:
    rows = [line.strip("| ").split(" | ") for line in SAFETY.splitlines() if line.startswith("| S")]
    assert [row[0] for row in rows] == [f"S{number}" for number in range(1, 15)]
    for row in rows:
        assert len(row) == 4, row[0]
        assert all(re.search(r"\w{3}", cell) for cell in row[1:]), row[0]
