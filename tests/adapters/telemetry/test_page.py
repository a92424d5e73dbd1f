"""The page: metrics as text."""

from adapters.telemetry.page import Page
from controller.telemetry.catalogue import MEMBERS
from controller.telemetry.values import Family, Sample
from tests.adapters.telemetry.pages import assert_two_done, two_done
from tests.adapters.telemetry.scrape import series


def test_page_has_ours_alone() -> None:
    """Nothing of Python or of this process is in it, and every metric is explained."""
    text = Page(two_done).text().decode()
    assert_two_done(text)
    assert {line.split()[2] for line in text.splitlines() if line[0] == "#"} == {MEMBERS.name}
    assert len(series(text)) == 1


def test_page_with_hostile_names() -> None:
    """Whatever a member is called, the page stays one that can be read."""
    names = ('a"b', "line\nbreak", "back\\slash", "ümlaut", "\udcff")
    hostile = Family(MEMBERS, tuple(Sample((name, "done"), 1.0) for name in names))
    read = [
        dict(labels)["rollout"] for _, labels in series(Page(lambda: (hostile,)).text().decode())
    ]
    assert sorted(read) == sorted([*names[:-1], "\\udcff"])
