"""What was fetched, beside a good member's: for a terminal and for the page."""

from controller.core.events import Collected
from controller.report.run.collected import DIFFERENCE, Thing, collected_lines, things


def one(member: str, output: str, index: int = 0, beside: str = "web2") -> Collected:
    return Collected(member, index, beside, "`rpm -qa`", "ended with exit code 0", output)


def test_beside_a_good_one() -> None:
    found = things([one("web2", "bash\nnginx-2\n"), one("web1", "bash\nnginx-1\n")])
    bad, good = found
    assert bad.good == "web1"
    assert bad.difference == (
        "--- web1",
        "+++ web2",
        "@@ -1,2 +1,2 @@",
        " bash",
        "-nginx-1",
        "+nginx-2",
    )
    assert good == Thing("web1", "`rpm -qa` ended with exit code 0", "bash\nnginx-1\n")


def test_the_same_there_or_nothing_to_compare() -> None:
    same, _ = things([one("web2", "bash\n"), one("web1", "bash\n")])
    assert (same.good, same.difference) == ("web1", ())
    (alone,) = things([one("web2", "bash\n")])
    assert (alone.good, alone.difference) == ("", ())


def test_newest_counts() -> None:
    """It may have been fetched again, by a process that took over."""
    (found,) = things([one("web2", "old\n"), one("web2", "new\n")])
    assert found.output == "new\n"


def test_bounded() -> None:
    bad, _ = things([one("web2", "a\n" * 900), one("web1", "b\n" * 900)])
    assert len(bad.difference) == DIFFERENCE + 1
    assert bad.difference[-1] == "[… more is left out …]"


def test_lines() -> None:
    found = things([one("web2", "\x1b[31mred\n"), one("web1", "blue\n")])
    title = "`rpm -qa` ended with exit code 0"
    assert collected_lines(found) == [
        f"== web2: {title}",
        "red",
        "== web2 beside web1",
        *("--- web1", "+++ web2", "@@ -1 +1 @@", "-blue", "+red"),
        f"== web1: {title}",
        "blue",
    ]
    assert collected_lines(found, "web1") == [f"== web1: {title}", "blue"]
