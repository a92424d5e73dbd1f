"""A rollout that a former version of poolroll left unfinished is gone on with (S7)."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.storage.store import SqliteStore, open_store, open_tables
from controller.config import parse
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.steps import Course, RunStep
from controller.journal.replay import replay
from controller.lifecycle import Unfinished, unfinished
from controller.lifecycle.changes import differences
from controller.lifecycle.former_file import as_it_was_run, former_file
from controller.lifecycle.resume import undecided, unheard
from controller.runner.job_keys import key_of
from controller.tasks import JobResult
from tests.cli.test_report import poolroll
from tests.journal.rebuilt import jobs_of, rebuild
from tests.journal.test_recorded import SCENARIOS, script
from tests.support.fakes import FakeJob
from tests.support.plays import Played, play_on
from tests.support.scenarios import NAME, ROLLOUT, Scenario, World, ms
from tests.support.sim import make_sim
from tests.support.virtual import run_virtually

UNFINISHED = {
    "cut_off_draining": (Phase.DRAINING, 0),
    "cut_off_upgrading": (Phase.UPGRADING, 0),
    "cut_off_validating": (Phase.VALIDATING, 1),
    "cut_off_soaking": (Phase.SOAKING, 1),
    "pausing": (Phase.SOAKING, 1),
    "halted": (Phase.FAILED, 1),
    "resumed": (Phase.FAILED, 1),
    "foreign": (Phase.FAILED, 1),
}
"""Scene → where web1 was left, and its next step."""

CUT_OFF = tuple(name for name in UNFINISHED if name.startswith("cut_off"))
OVER = tuple(name for name, left in SCENARIOS.items() if left.status in ("done", "aborted"))


@asynccontextmanager
async def opened(folder: Path, text: str) -> AsyncIterator[SqliteStore]:
    """To write, so what is found was migrated."""
    rebuild(text, folder)
    async with aclosing(open_store(folder, SystemClock(), create=False)) as store:
        yield store


async def found(store: SqliteStore) -> Unfinished:
    former = await unfinished(store.journal, NAME)
    assert former is not None
    return former


@pytest.mark.parametrize("name", SCENARIOS)
async def test_replay_of_every_rollout(name: str, tmp_path: Path) -> None:
    """Each has its plan, and its members end where they were; who is out is in the pool's record,
    with what is to be restored."""
    left = SCENARIOS[name]
    async with opened(tmp_path / "state", script(name)) as store:
        newest, *former = await store.journal.rollouts()
        plan, state = replay(await store.journal.records(newest.id))
        assert {m.name for m in plan.members} == set(left.phases)
        assert {m: one.phase for m, one in state.members.items()} == left.phases
        assert (
            tuple(m for m, one in state.members.items() if one.placement.found is not None)
            == left.out
        )
        out = await store.journal.taken_by(newest.id)
        assert {taken.member for taken in out} == set(left.out)
        for taken in out:
            assert taken.found == state.members[taken.member].placement.found
        for row in former:
            abandoned, _ = replay(await store.journal.records(row.id))
            assert [m.name for m in abandoned.members] == [m.name for m in plan.members]


async def test_the_plan_of_every_kind_of_gate(tmp_path: Path) -> None:
    """The plan says of each gate what it said then: its limit, how often, and where it asks."""
    async with opened(tmp_path / "state", script("done")) as store:
        newest, *_ = await store.journal.rollouts()
        plan, state = replay(await store.journal.records(newest.id))
    assert [(m.name, dict(m.vars)) for m in plan.members] == [("web2", {}), ("web1", {"rack": "a"})]
    assert (plan.canaries, plan.upgrade.steps, plan.upgrade.has_guard) == (("web2",), 2, True)
    assert (plan.max_unavailable, plan.min_available) == (1, 1)
    assert (plan.policies.comeback.ramp, plan.policies.comeback.hold) == ((50,), ms(300))
    gates = {gate.name: gate for gate in plan.policies.gates}
    assert list(gates) == ["errors", "pool-errors", "limit", "beside", "counts", "up", "pages"]
    assert {gate.every for gate in gates.values()} == {timedelta(seconds=1)}
    assert gates["pool-errors"].bound == 0.05
    assert {gate for gate, _ in state.gates} == set(gates)


@pytest.mark.parametrize("name", UNFINISHED)
async def test_what_there_is_to_go_on_with(name: str, tmp_path: Path) -> None:
    """The rollout is found, with the member that was at work and the step that comes next; a step
    that may run still is under the key that its helper has."""
    phase, step = UNFINISHED[name]
    text = script(name)
    async with opened(tmp_path / "state", text) as store:
        former = await found(store)
    web1 = former.state.members["web1"]
    assert (web1.phase, web1.progress.step, web1.progress.attempt) == (phase, step, 0)
    assert web1.progress.unfinished == (name == "cut_off_upgrading")
    if web1.progress.begun:
        assert jobs_of(text) == [key_of(former.row.id, RunStep("web1", Course.UPGRADE, 0, 0))]
    assert not former.state.members["web2"].is_away


@pytest.mark.parametrize("name", OVER)
async def test_nothing_to_go_on_with(name: str, tmp_path: Path) -> None:
    """What has ended for good has ended."""
    async with opened(tmp_path / "state", script(name)) as store:
        assert await unfinished(store.journal, NAME) is None


@pytest.mark.parametrize("name", UNFINISHED)
async def test_the_file_counts_as_unchanged(name: str, tmp_path: Path) -> None:
    """The fingerprint of a file is what it was, or no rollout could be gone on with; a file that
    has changed is noticed."""
    async with opened(tmp_path / "state", script(name)) as store:
        former = await found(store)
    file = as_it_was_run(former, former_file(former.row))
    assert differences(former, file) == []
    changed = parse(file.text.replace("version: v2", "version: v3"), str(file.path), file.sets)
    assert differences(former, changed) != []


@pytest.mark.parametrize(("name", "is_decided"), [("halted", False), ("resumed", True)])
async def test_a_halt_wants_a_decision(name: str, is_decided: bool, tmp_path: Path) -> None:
    """A `resume` that was given to the former version counts for this one."""
    async with opened(tmp_path / "state", script(name)) as store:
        former = await found(store)
        pending = await unheard(former, store.requests)
    assert [one.verb for one in pending] == (["resume"] if is_decided else [])
    assert (undecided(former, pending) is None) == is_decided


@pytest.mark.parametrize("name", [*CUT_OFF, "halted"])
def test_it_can_be_ended(name: str, tmp_path: Path) -> None:
    """`abort` writes on in the journal; who is out stays known. The load balancer is gone."""
    folder = tmp_path / "state"
    rebuild(script(name), folder)
    code, _, err = poolroll("abort", NAME, "--state", str(folder))
    assert code == 0, err
    code, out, err = poolroll("status", NAME, "--json", "--state", str(folder))
    assert code == 0, err
    value = json.loads(out)
    assert (value["status"], value["exit_code"]) == ("aborted", 7)
    out_of_it = [m for m, each in value["members"].items() if each["out_because_of_us"]]
    assert tuple(out_of_it) == SCENARIOS[name].out


# --- in the simulation -----------------------------------------------------------------------

INSTANCE = "lb1"


def moved(name: str) -> str:
    """The script, with the members and the load balancer where the simulation has its own."""
    text = script(name)
    text = re.sub(r"unix:/[\w/]+/admin\.sock", INSTANCE, text)
    text = re.sub(r"(?<=')web-[0-9]+-[0-9]+-[0-9a-f]+(?=')", ROLLOUT, text)
    ports = re.findall(r'"address":"127\.0\.0\.1","port":([0-9]+)', text)
    for number, port in enumerate(ports, 1):
        there = f'"address":"10.0.0.{number}","port":8080'
        text = text.replace(f'"address":"127.0.0.1","port":{port}', there)
        text = text.replace(f"'127.0.0.1:{port}'", f"'10.0.0.{number}:8080'")
    return text


ADMIN = {Phase.DRAINING: Admin.DRAINING, Phase.SOAKING: Admin.READY}


def world_of(name: str, folder: Path) -> tuple[Scenario, World]:
    """The world as the kill left it; a step that ran runs still."""
    rebuild(moved(name), folder)
    with closing(open_tables(folder, SystemClock(), create=False)) as journal:
        row = journal.latest(NAME)
        assert row is not None
        (first, *others), taken = journal.records(ROLLOUT), journal.taken_by(ROLLOUT)
    plan, state = replay([first, *others])
    scenario = Scenario(plan.policies, partial(make_sim, len(plan.members), weight=1))
    world = scenario.world()

    async def keep() -> None:
        await world.journal.begin(row, first.at, first.kind, first.body)
        for record in others:
            out = taken if record is others[-1] else ()
            await world.journal.append(ROLLOUT, record.at, record.kind, record.body, taken=out)

    run_virtually(keep())
    web1 = state.members["web1"]
    for _, line in world.sim.every_line("web1"):
        line.admin = ADMIN.get(web1.phase, Admin.OUT)
    if web1.progress.step > 0:
        world.sim.apps["web1"].version = "v2"
    if web1.progress.unfinished:
        step = RunStep("web1", Course.UPGRADE, web1.progress.step, web1.progress.attempt)
        job = FakeJob(
            key_of(ROLLOUT, step), ("upgrade", "web1", "0"), ms(0), ms(900), JobResult(exit_code=0)
        )
        world.workshop.jobs[job.key] = job
        world.sim.plans.append((ms(800), lambda sim: setattr(sim.apps["web1"], "version", "v2")))
    return scenario, world


def steps_run(played: Played, member: str) -> int:
    return len(played.world.workshop.runs_of("upgrade", member, "0"))


@pytest.mark.parametrize("name", CUT_OFF)
def test_it_is_gone_on_with(name: str, tmp_path: Path) -> None:
    """To its end, with all promises kept: web1 is not upgraded twice, web2 is once, and both are
    back in rotation."""
    scenario, world = world_of(name, tmp_path / "state")
    had_ended = UNFINISHED[name][1]
    played = play_on(scenario, world)
    assert played.broken == []
    assert (played.end.outcome, played.end.exit_code) == ("done", 0)
    assert played.phases() == {"web1": "done", "web2": "done"}
    assert played.versions() == {"web1": "v2", "web2": "v2"}
    assert (steps_run(played, "web1"), steps_run(played, "web2")) == (1 - had_ended, 1)
    assert {line.admin for _, line in world.sim.every_line()} == {Admin.READY}
    assert list(world.journal.out_by(ROLLOUT)) == []
