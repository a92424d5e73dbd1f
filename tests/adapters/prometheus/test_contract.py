"""The fake and the real Prometheus keep the same contract."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from controller.core.gates.evidence import Alert, AlertRule, Missing, Reading
from controller.ports import MetricsSource
from tests.adapters.prometheus.stub import at, source
from tests.support.fake_metrics import FakeMetricsSource
from tests.support.metrics_contract import MetricsContract, Scene
from tests.support.prometheus import RealPrometheus
from tests.support.waiting import until


class FakeScene:
    def __init__(self) -> None:
        self.fake = FakeMetricsSource()

    @property
    def source(self) -> MetricsSource:
        return self.fake

    def series(self, *values: float) -> str:
        query = f"q{values}"
        self.fake.set(query, *values)
        return query

    def wrong(self) -> str:
        self.fake.refuse("sum(", "a typo")
        return "sum("

    async def scraped(self) -> str:
        self.fake.set_age("up", timedelta(seconds=1), timedelta(seconds=5))
        return "up"

    async def fire(self, name: str) -> None:
        self.fake.fire(Alert(name, {"team": "web"}))
        self.fake.set_rules(AlertRule(name, {"team": "web"}, "vector(1)"))

    async def name(self, label: str, value: str) -> None:
        self.fake.set_values(label, value)

    async def vanish(self) -> None:
        self.fake.fail(Missing.UNREACHABLE)


class RealScene:
    def __init__(self, prometheus: RealPrometheus, one: MetricsSource) -> None:
        self._prometheus = prometheus
        self._source = one

    @property
    def source(self) -> MetricsSource:
        return self._source

    def series(self, *values: float) -> str:
        each = (
            f'label_replace(vector({value}), "series", "{number}", "", "")'
            for number, value in enumerate(values)
        )
        return " or ".join(each) or "no_such_metric"

    def wrong(self) -> str:
        return "sum("

    async def scraped(self) -> str:
        async def twice() -> bool:
            return (await self._source.freshness("load")).interval is not None

        await until(twice, what="two evaluations", every=0.05)
        return "load"

    async def fire(self, name: str) -> None:
        rule = {"alert": name, "expr": "vector(1)", "labels": {"team": "web"}}
        self._prometheus.set_rules(rule)

        async def fires() -> bool:
            alerts = await self._source.alerts()
            return not isinstance(alerts, Reading) and [each.name for each in alerts] == [name]

        await until(fires, what=f"{name} to fire", every=0.05)

    async def name(self, label: str, value: str) -> None:
        rule = {"record": "named", "expr": "vector(1)", "labels": {label: value}}
        self._prometheus.set_rules(rule)

        async def is_there() -> bool:
            return await self._source.values(label) == (value,)

        await until(is_there, what=f"a series with {label}", every=0.05)

    async def vanish(self) -> None:
        await self._prometheus.kill()


class TestFake(MetricsContract):
    @pytest.fixture
    def scene(self) -> Scene:
        return FakeScene()


class TestPrometheus(MetricsContract):
    @pytest.fixture
    async def scene(self, tmp_path: Path) -> AsyncIterator[Scene]:
        rule = {"record": "load", "expr": "vector(1)"}
        prometheus = RealPrometheus(tmp_path, {}, interval="200ms", rules=[rule])
        async with prometheus, source(at(prometheus.url), is_hasty=True) as one:
            yield RealScene(prometheus, one)
