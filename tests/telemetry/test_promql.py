"""Every expression of the alert rules and of the dashboard, asked of a real Prometheus that has
what rollouts exported."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from adapters.telemetry.page import Page
from controller.core.events import Verdict
from controller.core.phases import Phase
from controller.core.settings import OnFailure
from controller.core.state.state import State
from controller.telemetry.catalogue import REFUSED
from controller.telemetry.values import Family, Sample
from tests.promises.beats import at, bad_v2, signal
from tests.support.fakes import Script
from tests.support.prometheus import RealPrometheus
from tests.support.scenarios import QUICK, Scenario, World
from tests.support.sim import make_sim
from tests.support.virtual import EPOCH
from tests.support.waiting import until
from tests.telemetry.past import Moment, Stretch, moment, open_metrics

CHART = Path(__file__).parents[2] / "charts" / "poolroll"
RULES = CHART / "rules" / "alerts.yaml"
DASHBOARD = CHART / "dashboards" / "poolroll.json"

NOW = EPOCH + timedelta(days=9)
AGO = timedelta(minutes=20)
THREE = partial(make_sim, 3)


def stuck(world: World) -> None:
    bad_v2()(world)
    world.workshop.scripts["rollback", "web1", "0"] = [Script(exit_code=1, version=None)]


def upgrading(state: State) -> bool:
    return state.members["web1"].phase is Phase.UPGRADING


def judged(state: State) -> bool:
    return any(gate.value is not None for gate in state.gates.values())


def undecided(state: State) -> bool:
    return any(gate.verdict is Verdict.INCONCLUSIVE for gate in state.gates.values())


BACK = replace(QUICK, on_failure=OnFailure.ROLLBACK_MEMBER)
WELL = Scenario(has_guard=True)
BAD = Scenario(sim=THREE, prepare=bad_v2())
STUCK = Scenario(BACK, THREE, stuck, has_rollback=True)
STOPPED = Scenario(sim=THREE, beats=at("web1", Phase.DRAINING, signal()))


def past() -> Iterator[Stretch]:
    """One rollout for each state that something is said of."""
    recent = NOW - AGO

    def now(name: str, what: Moment, *, is_alive: bool = True) -> Stretch:
        return Stretch(name, what, recent, NOW, is_alive)

    yield now("running", moment(WELL, judged))
    yield now("done", moment(WELL))
    yield now("halted", moment(BAD))
    yield now("stuck", moment(STUCK))
    yield now("stopped", moment(STOPPED))
    yield now("slow", moment(WELL, upgrading))
    yield now("silent", moment(WELL, judged), is_alive=False)
    yield now("undecided", moment(BAD, undecided))
    yield now("prepared", moment(replace(BAD, also={"opens": True})))
    begun = EPOCH + timedelta(days=1) - timedelta(minutes=2)
    for name, last in (("forgotten", STOPPED), ("weekly", WELL)):
        yield Stretch(name, moment(last), begun, begun + timedelta(minutes=4))
        yield now(name, moment(last))


FIRING: dict[str, set[str]] = {
    "PoolrollStuck": {"slow", "running", "undecided", "silent"},
    "PoolrollHalted": {"halted", "stuck", "prepared"},
    "PoolrollMemberStuck": {"stuck"},
    "PoolrollSilent": {"silent"},
    "PoolrollRunRefused": {"refused"},
    "PoolrollRunFailed": {"stopped", "forgotten"},
    "PoolrollGateWithoutData": {"undecided"},
    "PoolrollPoolLeftPrepared": {"prepared"},
    "PoolrollNoSuccess": {"forgotten"},
}
"""Alert → the rollouts that it is for, and no others. Of some the phase does not end here."""


@dataclass(frozen=True)
class Asked:
    url: str

    async def get(self, path: str, **query: str) -> Any:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            answer = (await client.get(f"{self.url}/api/v1/{path}", params=query)).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    async def series(self, query: str, at: datetime = NOW) -> list[dict[str, str]]:
        data = await self.get("query", query=query, time=str(at.timestamp()))
        return [one["metric"] for one in data["result"]]


def rules() -> list[dict[str, Any]]:
    groups = YAML(typ="safe").load(RULES)["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a Prometheus that has that past."""
    promtool = shutil.which("promtool")
    assert promtool is not None, "no promtool on PATH: install the system's package `prometheus`"
    refused = (Family(REFUSED, (Sample(("refused",), NOW.timestamp()),)),)
    added = [(NOW, Page(lambda: refused).text().decode())]
    (tmp_path / "past").write_text(open_metrics(past(), added))
    create = [promtool, "tsdb", "create-blocks-from", "openmetrics", "--quiet"]
    subprocess.run([*create, tmp_path / "past", tmp_path / "data"], check=True, capture_output=True)
    return tmp_path


async def test_every_expression(folder: Path) -> None:
    """One Prometheus for all: it loads every rule and evaluates it without an error; each holds for
    the rollouts in its state and for no other; every panel shows something."""
    async with RealPrometheus(folder, {}, rules=rules()) as real:
        prometheus = Asked(real.url)

        async def is_well() -> bool:
            groups = (await prometheus.get("rules"))["groups"]
            health = [rule["health"] for group in groups for rule in group["rules"]]
            return health == ["ok"] * len(FIRING)

        await until(is_well, 60, "an evaluation of every rule")
        for rule in rules():
            found = await prometheus.series(rule["expr"])
            assert {one["rollout"] for one in found} == FIRING[rule["alert"]], rule["alert"]
        for title, expr in expressions().items():
            await assert_shows(prometheus, title, expr)
        await assert_panels(prometheus)


def expressions() -> dict[str, str]:
    """Of the dashboard: panel and query, or annotation."""
    board = json.loads(DASHBOARD.read_text("utf-8"))
    found = {one["name"]: one["expr"] for one in board["annotations"]["list"]}
    for panel in board["panels"]:
        for target in panel["targets"]:
            found[f"{panel['title']}: {target['refId']}"] = target["expr"]
    return found


async def assert_shows(prometheus: Asked, title: str, expr: str) -> None:
    """Something for all rollouts, and for one that is chosen, of that alone."""
    found = await prometheus.series(expr.replace("$rollout", ".*"))
    assert found, title
    name = found[0].get("rollout", "done")
    chosen = await prometheus.series(expr.replace("$rollout", name))
    assert {each.get("rollout", name) for each in chosen} == {name}, title
    assert len(chosen) <= len(found)


async def assert_panels(prometheus: Asked) -> None:
    """Members by phase, gate values beside their limits, rollouts over time."""
    panels = expressions()
    halted = {title: expr.replace("$rollout", "halted") for title, expr in panels.items()}
    phases = await prometheus.series(halted["Members by phase: A"])
    assert {one["phase"] for one in phases} == {"failed", "waiting"}
    values = await prometheus.series(halted["Gate values against limits: A"])
    limits = await prometheus.series(halted["Gate values against limits: B"])
    assert [one["gate"] for one in values] == [one["gate"] for one in limits] == ["errors"]
    assert [one["bound"] for one in limits] == ["max"]
    states = await prometheus.series(panels["Rollouts over time: A"].replace("$rollout", ".*"))
    assert {one["state"] for one in states} == {"running", "halted", "stopped", "done"}
    known = await prometheus.get(
        "label/rollout/values",
        **{"match[]": "poolroll_rollout_state", "start": str(EPOCH.timestamp())},
    )
    assert set().union(*FIRING.values()) <= {*known, "refused"}


def test_the_dashboard_is_sound() -> None:
    """It names no data source of anybody; panels have numbers of their own and do not overlap."""
    board = json.loads(DASHBOARD.read_text("utf-8"))
    assert (board["uid"], board["schemaVersion"]) == ("poolroll", 39)
    assert {one["name"] for one in board["templating"]["list"]} == {"datasource", "rollout"}
    taken: set[tuple[int, int]] = set()
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(set(numbers)) == len(numbers)
    for panel in board["panels"]:
        place = panel["gridPos"]
        across, down = (range(place[a], place[a] + place[b]) for a, b in ("xw", "yh"))
        cells = {(x, y) for x in across for y in down}
        assert not cells & taken
        assert max(across) < 24
        taken |= cells
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["description"]
        assert {one["datasource"]["uid"] for one in panel["targets"]} == {"${datasource}"}
    assert "http" not in DASHBOARD.read_text("utf-8")
