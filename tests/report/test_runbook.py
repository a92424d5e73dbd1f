"""The runbook's entry for a halt."""

from pathlib import Path

import pytest

from controller.core.events import Cause, Halted
from controller.report.runbook import entry

RUNBOOK = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("halt", "heading"),
    [
        (
            Halted(Cause.GATE, "gate 'errors': 4 of 42 requests failed", "at most 1 %", "web1"),
            "“gate 'NAME': 4 of 42 requests failed”",
        ),
        (
            Halted(Cause.GATE, "gate 'p99' has been inconclusive for 2m: no data", "hold is 2m"),
            "“has been inconclusive for”",
        ),
        (
            Halted(
                Cause.MEMBER, "web1: it broke", "every step must end with exit code 0 within 15m"
            ),
            "“every step must end with”",
        ),
    ],
)
def test_entry(halt: Halted, heading: str) -> None:
    """Found by its words; whole, and without what only a web page shows."""
    first, *lines = entry(RUNBOOK, halt)
    assert first == heading
    text = "\n".join(lines)
    for part in ("MEANS:", "LEFT:", "LOOK AT:", "NEXT:"):
        assert part in text, text
    assert "](" not in text
    assert "**" not in text
    assert "###" not in text


def test_no_entry() -> None:
    """What nobody wrote down is not made up."""
    assert entry(RUNBOOK, Halted(Cause.MEMBER, "something new", "no rule")) == []
