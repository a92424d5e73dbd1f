"""Sites whose HAProxy a real Prometheus scrapes, and the gates that ask it."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.clock import SystemClock
from adapters.prometheus import PrometheusSource
from controller.core.events import GateSampled, Verdict
from controller.metrics_servers import MetricsServer
from tests.e2e.site import NAME, Site
from tests.support.command import Done
from tests.support.prometheus import RealPrometheus
from tests.support.waiting import until
from tests.support.worlds import MakeWorld

EVIDENCE = 'up{job="haproxy"}'
MEMBER = 'server="${member.name}"'
PEERS = 'server!="${member.name}"'


def counted(*matchers: str) -> str:
    """Answers of the pool's members within the window (`addons/promex/README`: a counter for
    each class of status)."""
    inside = ",".join(('proxy="web"', *matchers))
    return f"sum(increase(haproxy_server_http_responses_total{{{inside}}}[${{window}}]))"


def errors(*matchers: str) -> str:
    return counted(*matchers, 'code="5xx"')


def ratio(*matchers: str) -> str:
    return f"{errors(*matchers)} / {counted(*matchers)}"


@dataclass(frozen=True, slots=True)
class Metered:
    """Sites, and the Prometheus that scrapes all their HAProxys."""

    sites: Sequence[Site]
    prometheus: RealPrometheus

    @property
    def site(self) -> Site:
        return self.sites[0]

    def gate(self, name: str, query: Mapping[str, Any], **keys: Any) -> dict[str, Any]:
        """An entry of `gates`, asked often. `query`: keys of `prometheus`; None takes one away."""
        asked = {"url": self.prometheus.url, "evidence": EVIDENCE, "timeout": "1500ms", **query}
        given = {key: value for key, value in asked.items() if value is not None}
        return {"name": name, "prometheus": given, "every": "200ms", **keys}

    def alerts(self, name: str, **query: Any) -> dict[str, Any]:
        asked = {"url": self.prometheus.url, "timeout": "1500ms", **query}
        return {"name": name, "alerts": asked, "every": "200ms"}

    async def value(self, query: str, at: datetime | None = None) -> float | None:
        source = PrometheusSource(MetricsServer(self.prometheus.url), SystemClock())
        try:
            return (await source.read(query, at=at)).value
        finally:
            await source.aclose()

    async def until_scraped(self) -> None:
        """Every HAProxy twice, so that ages and rates are known."""

        async def is_known() -> bool:
            query = f"min(count_over_time({EVIDENCE}[1m])) + count({EVIDENCE} == 1) * 100"
            return (await self.value(query) or 0) >= 100 * len(self.sites) + 2

        await until(is_known, 30, "two scrapes of every HAProxy", every=0.1)


@asynccontextmanager
async def metered(
    world: MakeWorld,
    folder: Path,
    *,
    members: int = 3,
    sites: int = 1,
    interval: str = "500ms",
    rules: Sequence[Mapping[str, object]] = (),
) -> AsyncIterator[Metered]:
    """Scraping, every `interval`, begins while the test goes on: see `until_scraped`."""
    async with AsyncExitStack() as stack:
        made = []
        for number in range(sites):
            place = folder / f"s{number}"
            place.mkdir()
            pool = await world(
                members,
                exporter=True,
                server_options="check inter 50ms rise 1 fall 3",
                backend_lines="timeout check 5s",
            )
            made.append(Site(pool, place))
            stack.push_async_callback(made[-1].close)
        targets = [f"127.0.0.1:{port}" for one in made for port in one.world.exporters]
        home = folder / "prometheus"
        home.mkdir()
        scraper = RealPrometheus(home, {"haproxy": targets}, interval=interval, rules=rules)
        yield Metered(made, await stack.enter_async_context(scraper))


def samples(one: Site, gate: str, member: str | None = None) -> list[dict[str, Any]]:
    """What the journal holds of one gate, oldest first."""
    kept = map(json.loads, one.bodies(GateSampled.__name__))
    return [each for each in kept if (each["gate"], each["member"]) == (gate, member)]


def verdicts(found: Sequence[Mapping[str, Any]]) -> list[Verdict]:
    return [Verdict(each["verdict"]) for each in found]


def assert_untouched(one: Site, done: Done, code: int, name: str = NAME) -> None:
    """Refused in words, and no rollout of that name was begun."""
    assert done.code == code, done.text
    assert one.rows(name) == []
