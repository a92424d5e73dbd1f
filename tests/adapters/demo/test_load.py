"""The load tells the truth about what its users met."""

import pytest

from adapters.demo.load import Load, Record, Tally
from tests.support.runtime import info, order, stat
from tests.support.waiting import until
from tests.support.worlds import MakeWorld


@pytest.mark.haproxy
async def test_a_healthy_pool_serves_all(world: MakeWorld) -> None:
    """Through HAProxy nothing fails, every member serves, connections are kept, and sticky
    clients stay where they are."""
    one = await world(4)
    async with Load(one.frontends, rate=400, clients=12, sticky_share=0.5) as load:
        await until(lambda: load.tally.served >= 150, what="150 requests to be served")
    assert load.tally.failed == 0
    assert load.tally.moved == 0
    assert set(load.tally.by_member) == set(one.members)
    assert set(load.tally.by_version) == {"v1"}
    front = await stat(one.unix_endpoints[0], "front", "FRONTEND")
    assert int(front["conn_tot"]) == 12
    assert int(front["req_tot"]) == load.tally.total


@pytest.mark.haproxy
async def test_two_balancers_share_the_load(world: MakeWorld) -> None:
    """Clients spread over every HAProxy in front of the same apps."""
    one = await world(2, instances=2)
    async with Load(one.frontends, rate=400, clients=4) as load:
        await until(lambda: load.tally.served >= 40, what="40 requests to be served")
    assert load.tally.failed == 0
    for endpoint in one.unix_endpoints:
        assert int((await stat(endpoint, "front", "FRONTEND"))["conn_tot"]) == 2


@pytest.mark.haproxy
async def test_slow_requests_have_their_share(world: MakeWorld) -> None:
    """One request in ten takes its time, and the latencies show it."""
    one = await world(2)
    async with Load(one.frontends, rate=400, slow_share=0.1, slow_ms=400) as load:
        await until(lambda: load.tally.served >= 100, what="100 requests to be served")
    slow = sum(latency >= 0.4 for latency in load.tally.latencies)
    assert slow == pytest.approx(load.tally.total / 10, abs=1)
    assert load.tally.p50 < 0.4 <= load.tally.p99
    assert load.tally.failed == 0


@pytest.mark.haproxy
async def test_failures_are_seen_with_their_member(world: MakeWorld) -> None:
    """A member that fails every fourth request is named by the failures and by nothing else."""
    one = await world(2, cookie=False)
    one.set_behaviour("web2", fail_every=4)
    async with Load(one.frontends, rate=400) as load:
        await until(lambda: load.tally.failed >= 5, what="5 failures")
    assert {failure.member for failure in load.tally.failures} == {"web2"}
    assert {failure.status for failure in load.tally.failures} == {500}
    assert set(load.tally.by_failure) == {"500"}
    assert load.tally.by_member["web2"] == pytest.approx(3 * load.tally.failed, abs=4)


@pytest.mark.haproxy
async def test_nobody_left_to_serve_is_a_failure(world: MakeWorld) -> None:
    """With every member out, HAProxy's own 503 counts, and belongs to no member."""
    one = await world(1)
    await order(one.unix_endpoints[0], "set server web/web1 state maint")
    async with Load(one.frontends, rate=200) as load:
        await until(lambda: load.tally.failed >= 3, what="3 failures")
    assert load.tally.served == 0
    assert {(failure.status, failure.member) for failure in load.tally.failures} == {(503, None)}


@pytest.mark.haproxy
async def test_a_dead_balancer_is_a_failure(world: MakeWorld) -> None:
    """A connection refused is a failed request with its reason."""
    one = await world(1)
    await one.haproxies[0].stop()
    async with Load(one.frontends, rate=200) as load:
        await until(lambda: load.tally.failed >= 3, what="3 failures")
    assert set(load.tally.by_failure) == {"connection refused"}


@pytest.mark.haproxy
async def test_a_frozen_balancer_is_a_failure(world: MakeWorld) -> None:
    """A user does not wait for ever: after the timeout the request has failed."""
    one = await world(1)
    one.haproxies[0].freeze()
    async with Load(one.frontends, rate=200, timeout=0.1) as load:
        await until(lambda: load.tally.failed >= 3, what="3 failures")
    assert set(load.tally.by_failure) == {"no answer within 0.1 s"}


@pytest.mark.haproxy
async def test_sticky_clients_come_to_a_drained_member(world: MakeWorld) -> None:
    """A client with a cookie still reaches a draining member, and is moved by MAINT without an
    error."""
    one = await world(2)
    endpoint = one.unix_endpoints[0]
    async with Load(one.frontends, rate=400, clients=4, sticky_share=1) as load:
        await until(lambda: set(load.tally.by_member) == {"web1", "web2"}, what="both to serve")
        await order(endpoint, "set server web/web1 state drain")
        before = load.tally.by_member["web1"]
        await until(lambda: load.tally.by_member["web1"] > before + 10, what="cookies to hold")
        await order(endpoint, "set server web/web1 state maint")
        await until(lambda: load.tally.moved > 0, what="a sticky client to be moved")
    assert load.tally.failed == 0
    assert (await info(endpoint))["Stopping"] == "0"


def test_quantiles_and_failures_of_a_tally() -> None:
    """Latencies are of served requests; a status of 400 or more, or none at all, is a failure."""
    tally = Tally()
    assert tally.p99 == 0.0
    for number in range(1, 101):
        tally.add(Record(0.0, number / 100, 200, version="v1", member="web1"))
    for status in (400, 404, 500, None):
        tally.add(Record(1.0, 9.0, status, error=None if status else "connection refused"))
    assert (tally.served, tally.failed, tally.total) == (100, 4, 104)
    assert tally.p50 == pytest.approx(0.51)
    assert tally.quantile(1.0) == 1.0
    assert tally.by_failure == {"400": 1, "404": 1, "500": 1, "connection refused": 1}
