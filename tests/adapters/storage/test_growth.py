"""What a record costs on disk, as the docs say it (docs/journal.md)."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from adapters.storage.store import open_tables
from controller.core.events import GateSampled, Verdict
from controller.journal.codec import encode
from tests.support.journal_contract import AT, FixedClock, row

SAMPLES = 200


def test_a_sample_costs_some_hundred_bytes(tmp_path: Path) -> None:
    """With what the chain and the index add: the first hour of a soak has 260, each further one
    60 (tests/core/gates/test_series.py)."""
    reason = "0.1 % of 12,345 requests failed; the limit is 1 %, over the last 30 s"
    kind, body = encode(
        GateSampled("errors", "web1", Verdict.PASS, reason, 12, 12_345, 0.001, 0.01)
    )
    pages = []
    with closing(open_tables(tmp_path, FixedClock(), create=True)) as journal:
        journal.begin(row(), AT, "Plan", "{}")
        for number in range(SAMPLES):
            journal.append("r1", AT + timedelta(seconds=number), kind, body)
            if number in (SAMPLES // 2 - 1, SAMPLES - 1):
                pages.append(journal._db.read("PRAGMA page_count")[0][0])
    assert (pages[1] - pages[0]) * 4096 / (SAMPLES // 2) < 600
