"""`plan`, in full, on a real HAProxy under a load."""

import json
from typing import Any

import pytest

from controller.report.plan.json import PlanValue, plan_schema
from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.support.waiting import until


async def planned(one: Site, **overrides: Any) -> dict[str, Any]:
    done = await one.command("plan", str(one.file(**overrides)), "--json")
    assert done.code == 0, done.text
    value: dict[str, Any] = json.loads(done.out)
    return value


async def served(one: Site, users: Any) -> None:
    await until(lambda: users.tally.served >= 20, 60, "users to be served")


async def test_json_is_what_the_schema_says(site: MakeSite) -> None:
    """Real output fits the published schema, key by key; the schema refuses unknown keys."""
    one = await site(3)
    async with one.users(100) as users:
        await served(one, users)
        value = await planned(one)
    assert PlanValue.model_validate_json(json.dumps(value)).model_dump(mode="json") == value
    printed = await one.start("schema", "plan").end()
    schema = json.loads(printed.out)
    assert schema == plan_schema()
    assert set(schema["required"]) == set(value)
    assert schema["additionalProperties"] is False


async def test_traffic_and_stake(site: MakeSite) -> None:
    """The rate measured is the users', a member's share a third of it, and the stake is bounded."""
    one = await site(3)
    async with one.users(120) as users:
        await served(one, users)
        value = await planned(one, soak="60s")
    assert 90 < value["traffic"]["per_second"] < 130
    third = value["traffic"]["per_second"] / 3
    assert value["traffic"]["member_per_second"] == pytest.approx(third)
    every, tenth = value["at_stake"]
    assert (every["gate"], tenth["gate"]) == ("errors", "errors")
    assert 3 <= every["requests"] <= 30
    assert 4 <= tenth["requests"] <= 20


async def test_no_gate_is_said_in_capitals(site: MakeSite) -> None:
    """Without gates, `plan` and `run` say that nothing stops a bad version."""
    one = await site(2)
    file = one.file(gates=[])
    async with one.users(100) as users:
        await served(one, users)
        shown, done = await one.command("plan", str(file)), await one.run(file)
    for text in (shown.out, done.out):
        assert (
            "if the new version fails every request: NOTHING STOPS IT, THERE IS NO GATE: up to"
            in text
        )
        assert "when all have it, for the whole rollout and after it" in text
    assert done.code == 0


async def test_no_traffic_is_said_in_capitals(site: MakeSite) -> None:
    """A pool at rest has nothing at stake that could be measured."""
    one = await site(2)
    shown = await one.command("plan", str(one.file()))
    assert "NO REQUESTS WERE MEASURED" in shown.out


async def test_duration_is_learnt_from_the_last_rollout(site: MakeSite) -> None:
    """Unknown at first; afterwards from the commands of the last rollout."""
    one = await site(2)
    before = (await planned(one))["duration"]
    assert (before["turns"], before["command_seconds"], before["total_seconds"]) == (2, None, None)
    async with one.users(100):
        assert (await one.run(one.file())).code == 0
    after = (await planned(one))["duration"]
    assert after["command_seconds"] > 0
    whole = 2 * (after["wait_seconds"] + after["command_seconds"])
    assert after["total_seconds"] == pytest.approx(whole, abs=0.001)


async def test_features(site: MakeSite) -> None:
    """maxconn, missing checks and backup servers are found, and what follows is said."""
    one = await site(2, server_options="maxconn 7", backend_lines="server spare 127.0.0.1:9 backup")
    value = await planned(one)
    (load,) = value["others"]
    assert (load["serving"], load["carriers"], load["room"]) == (2, 1, 7)
    notes = "\n".join(value["notes"])
    assert "web1, web2 in web: no health check in the load balancer" in notes
    assert "spare in web: backup, never upgraded" in notes
