"""Puts the demo together: a real HAProxy, its apps, a load, and a Prometheus where there is one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from adapters.clock import SystemClock
from adapters.demo import leftovers
from adapters.demo.haproxy import find_haproxy
from adapters.demo.load import Load
from adapters.demo.prometheus import PrometheusProcess, find_prometheus
from adapters.demo.world import World as DemoWorld
from controller import bootstrap_kubernetes as kubernetes
from controller.bootstrap import metrics
from controller.metrics_servers import MetricsServer
from controller.pools.kubernetes import Cluster


def demo_world(folder: Path, members: int, haproxy: str | None) -> DemoWorld:
    """A HAProxy and its apps, on loopback. Raises PoolrollError without any HAProxy.

    Clears away what demos left that were killed."""
    leftovers.clear(folder.parent)
    leftovers.mark(folder)
    home = folder / "w"
    home.mkdir()
    return DemoWorld(home, members, haproxy=find_haproxy(haproxy), exporter=True, tcp=False)


@asynccontextmanager
async def demo_prometheus(pool: DemoWorld) -> AsyncIterator[str | None]:
    """The URL of one that scrapes the demo's HAProxy every second, and has begun to; None where
    there is no Prometheus on PATH. Raises PoolrollError."""
    if find_prometheus() is None:
        yield None
        return
    home = pool.folder / "prometheus"
    home.mkdir()
    targets = {"haproxy": [f"127.0.0.1:{port}" for port in pool.exporters]}
    async with PrometheusProcess(home, targets) as prometheus:
        source = metrics(MetricsServer(prometheus.url))
        while (await source.freshness(DEMO_EVIDENCE)).interval is None:
            await SystemClock().sleep(timedelta(milliseconds=200))
        await source.aclose()
        yield prometheus.url


DEMO_EVIDENCE: Final = 'up{job="haproxy"}'


def demo_file(pool: DemoWorld, behaviour: Mapping[str, Any] | None, prometheus: str | None) -> Path:
    """A rollout file for the demo; `behaviour`: how v2 misbehaves; `prometheus`: its URL."""
    return pool.rollout_file(
        soak="3s",
        upgrade={
            "command": [*pool.upgrade_argv("v2", behaviour, takes_ms=300), "--wait"],
        },
        gates=[
            {
                "name": "errors",
                "haproxy": {"measure": "error_ratio", "scope": "member"},
                "max": "1%",
                "every": "200ms",
            },
            *([] if prometheus is None else [_demo_gate(prometheus)]),
        ],
    )


def _demo_gate(url: str) -> dict[str, Any]:
    served = 'haproxy_server_http_responses_total{proxy="web",server="${member.name}"'
    return {
        "name": "prometheus",
        "prometheus": {
            "url": url,
            "errors": f'sum(increase({served},code="5xx"}}[${{window}}]))',
            "requests": f"sum(increase({served}}}[${{window}}]))",
            "evidence": DEMO_EVIDENCE,
        },
        "max": "1%",
        "every": "500ms",
    }


def demo_load(pool: DemoWorld, rate: float) -> Load:
    """Users with keep-alive, some of them slow, some with a cookie."""
    return Load(pool.frontends, rate=rate, slow_share=0.02, slow_ms=300, sticky_share=0.3)


@asynccontextmanager
async def demo_cluster(
    folder: Path, members: int, image: str, *, is_bad: bool
) -> AsyncIterator[tuple[str, Path]]:
    """What is at hand by the kubeconfig, and a rollout file for a pool of its own there, which is
    removed at the end. Raises UsageFault, ApiError, Refused."""
    from adapters.demo.cluster import IMAGE, demo_namespace
    from adapters.demo.cluster import demo_file as file_of

    api = kubernetes.client(Cluster())
    clock, access = SystemClock(), api.access
    async with demo_namespace(api, clock, members, image or IMAGE) as namespace:
        where = f"{api.where}, namespace {namespace}"
        context, path = access.context, access.kubeconfig
        yield where, file_of(folder, namespace, context, path, is_bad=is_bad)
