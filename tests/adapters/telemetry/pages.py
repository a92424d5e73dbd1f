"""A page that is known."""

from collections.abc import Sequence

from controller.telemetry.catalogue import MEMBERS, REFUSED
from controller.telemetry.values import Family, Sample
from tests.adapters.telemetry.scrape import series, value


def two_done() -> Sequence[Family]:
    return (Family(MEMBERS, (Sample(("web", "done"), 2.0),)),)


def refused(at: float = 5.0) -> Sequence[Family]:
    return (Family(REFUSED, (Sample(("web",), at),)),)


def assert_refused(text: str, at: float = 5.0) -> None:
    assert value(series(text), REFUSED.name, rollout="web") == at


def assert_two_done(text: str) -> None:
    assert value(series(text), "poolroll_members", rollout="web", phase="done") == 2
