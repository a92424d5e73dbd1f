"""A page that is known."""

from collections.abc import Sequence

from controller.telemetry.catalogue import MEMBERS
from controller.telemetry.values import Family, Sample
from tests.adapters.telemetry.scrape import series, value


def two_done() -> Sequence[Family]:
    return (Family(MEMBERS, (Sample(("web", "done"), 2.0),)),)


def assert_two_done(text: str) -> None:
    assert value(series(text), "poolroll_members", rollout="web", phase="done") == 2
