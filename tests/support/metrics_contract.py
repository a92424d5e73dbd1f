"""What every metrics source must do, whatever stands behind it.

Subclass `MetricsContract` in a test module and give it a fixture `scene`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

import pytest

from controller.core.gates.evidence import AlertRule, Health, Missing, Reading, Reduce
from controller.errors import MetricsRefused
from controller.ports import MetricsSource

T = TypeVar("T")


class Scene(Protocol):
    """A source, and questions whose answers are known."""

    @property
    def source(self) -> MetricsSource: ...

    def series(self, *values: float) -> str:
        """A query that is answered with these series."""

    def wrong(self) -> str:
        """A query with a typo."""

    async def scraped(self) -> str:
        """A plain selector with samples, at least two, younger than a minute."""

    async def fire(self, name: str) -> None:
        """Returns when the alert `name` fires. Its label `team` is `web`, by its rule."""

    async def name(self, label: str, value: str) -> None:
        """Returns when a series has that label."""

    async def vanish(self) -> None:
        """Returns when the server is gone."""


class MetricsContract:
    async def test_one_series_is_its_value(self, scene: Scene) -> None:
        """A reading has the value, the query, the number of series, and nothing missing."""
        query = scene.series(0.25)
        reading = await scene.source.read(query)
        assert (reading.value, reading.missing, reading.words) == (0.25, None, "")
        assert (reading.query, reading.series) == (query, 1)

    async def test_zero_is_a_value(self, scene: Scene) -> None:
        """Zero is told from nothing."""
        reading = await scene.source.read(scene.series(0.0))
        assert (reading.value, reading.missing) == (0.0, None)

    async def test_an_empty_answer_is_missing(self, scene: Scene) -> None:
        """No series is NO_DATA with words, and never a number (S5)."""
        for reduce in (None, *Reduce):
            reading = await scene.source.read(scene.series(), reduce=reduce)
            assert (reading.value, reading.missing) == (None, Missing.NO_DATA)
            assert reading.words
            assert reading.series == 0

    async def test_several_series_are_missing(self, scene: Scene) -> None:
        """Without a reducer nobody guesses which series is meant."""
        reading = await scene.source.read(scene.series(1.0, 5.0, 3.0))
        assert (reading.value, reading.missing) == (None, Missing.TOO_MANY)
        assert reading.words
        assert reading.series == 3

    @pytest.mark.parametrize(
        ("reduce", "value"),
        [(Reduce.MAX, 5.0), (Reduce.MIN, 1.0), (Reduce.SUM, 9.0), (Reduce.AVG, 3.0)],
    )
    async def test_several_series_are_reduced(
        self, scene: Scene, reduce: Reduce, value: float
    ) -> None:
        """Each reducer makes its one number, and the number of series is still told."""
        reading = await scene.source.read(scene.series(1.0, 5.0, 3.0), reduce=reduce)
        assert (reading.value, reading.missing, reading.series) == (value, None, 3)

    async def test_a_typo_is_refused(self, scene: Scene) -> None:
        """What will never be answered is an error that shows server and query."""
        with pytest.raises(MetricsRefused) as caught:
            await scene.source.read(scene.wrong())
        assert caught.value.server == scene.source.name
        assert caught.value.query == scene.wrong()
        assert scene.wrong() in str(caught.value)

    async def test_a_moment_of_the_past(self, scene: Scene) -> None:
        """`at` is the moment that is evaluated, and the one that the reading is of."""
        at = datetime(2024, 2, 29, 12, 30, 15, tzinfo=UTC)
        reading = await scene.source.read(scene.series(2.0), at=at)
        assert (reading.value, reading.at) == (2.0, at)

    async def test_evidence_has_an_age(self, scene: Scene) -> None:
        """A plain selector tells age, interval and the number of series."""
        selector = await scene.scraped()
        found = await scene.source.freshness(selector)
        assert (found.selector, found.missing, found.series) == (selector, None, 1)
        assert found.age is not None
        assert found.interval is not None
        assert timedelta(0) <= found.age < timedelta(minutes=1)
        assert timedelta(0) < found.interval < timedelta(minutes=1)

    async def test_no_evidence_has_no_age(self, scene: Scene) -> None:
        """A selector that matches nothing is NO_DATA, not age zero."""
        found = await scene.source.freshness('no_such_metric{job="none"}')
        assert (found.age, found.interval) == (None, None)
        assert (found.missing, found.series) == (Missing.NO_DATA, 0)
        assert found.words

    async def test_firing_alerts_are_listed(self, scene: Scene) -> None:
        """None before, then the one with its name and labels."""
        assert list(_listed(await scene.source.alerts())) == []
        await scene.fire("TooManyErrors")
        alerts = _listed(await scene.source.alerts())
        assert [(each.name, each.labels["team"]) for each in alerts] == [("TooManyErrors", "web")]

    async def test_alerting_rules_are_listed(self, scene: Scene) -> None:
        """Each with the labels that it sets itself, its expression and its health."""
        await scene.fire("TooManyErrors")
        rules = _listed(await scene.source.rules())
        labels = {"team": "web"}
        assert list(rules) == [AlertRule("TooManyErrors", labels, "vector(1)", Health.OK)]

    async def test_values_of_a_label_are_listed(self, scene: Scene) -> None:
        """Those of any series, and none of a label that does not exist."""
        await scene.name("role", "edge")
        assert list(_listed(await scene.source.values("role"))) == ["edge"]
        assert list(_listed(await scene.source.values("rolle"))) == []

    async def test_a_server_that_is_gone(self, scene: Scene) -> None:
        """Every question says what is missing; none raises, none answers as if all were well."""
        selector = await scene.scraped()
        await scene.vanish()
        reading = await scene.source.read(scene.series(1.0))
        found = await scene.source.freshness(selector)
        alerts = await scene.source.alerts()
        rules = await scene.source.rules()
        values = await scene.source.values("team")
        assert isinstance(alerts, Reading)
        assert isinstance(rules, Reading)
        assert isinstance(values, Reading)
        assert (reading.value, found.age, alerts.value) == (None, None, None)
        missing = {reading.missing, found.missing, alerts.missing, rules.missing, values.missing}
        assert missing == {Missing.UNREACHABLE}
        assert reading.words
        assert found.words
        assert alerts.words

    async def test_closing_twice(self, scene: Scene) -> None:
        """A source that was closed, used or not, may be closed again."""
        await scene.source.aclose()
        await scene.source.aclose()


def _listed(found: Sequence[T] | Reading) -> Sequence[T]:
    assert not isinstance(found, Reading), found.words
    return found
