"""The LoadBalancer contract on real HAProxies: both kinds of endpoint, one and two instances, two
backends."""

from functools import partial

import pytest

from adapters.clock import SystemClock
from tests.adapters.haproxy.site import Site, balancer
from tests.support.balancer_contract import BalancerContract, Stage, eventually, passing

pytestmark = pytest.mark.haproxy


def sections(ports: dict[str, int]) -> str:
    check = "check inter 20ms rise 2 fall 2 weight 50"
    servers = "\n".join(f"  server {name} 127.0.0.1:{port} {check}" for name, port in ports.items())
    return "\n".join(
        f"backend {name}\n  option httpchk GET /health\n{servers}" for name in ("web", "api")
    )


class TestHaproxy(BalancerContract):
    @pytest.fixture(params=["unix", "tcp", "both-and-two"])
    async def stage(self, site: Site, request: pytest.FixtureRequest) -> Stage:
        apps = {name: await site.app(name) for name in ("a1", "a2")}
        config = sections({name: app.port for name, app in apps.items()})
        front = await site.haproxy(config)
        endpoints = {"unix": [front.unix], "tcp": [front.tcp]}.get(request.param)
        if endpoints is None:
            other = await site.haproxy(config)
            endpoints = [front.unix, other.tcp]
        stage = Stage(
            balancer(endpoints, ("web", "api")), SystemClock(), ("web", "api"), tuple(apps)
        )
        for member in apps:
            await eventually(partial(stage.lines, member), passing)
        return stage
