"""A rollout over a cluster as its operators meet it: killed, frozen, halted, taken back."""

import json
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.kubernetes.lease.record import DURATION
from tests.e2e.test_kubernetes import FILE, IN_CLUSTER, Site
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.kinds import EVENTS, LEASES, PODS, SERVICES, STATEFULSETS, Json
from tests.support.kubernetes.manifests import budget, service, statefulset
from tests.support.waiting import until

KILLED_AFTER = (4, 9, 7, 6)
"""Writes."""
BORN_OUT = FILE.replace("service: web}", "service: web, rotation: selector}")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A Service that is not prepared for rotation by label; the state is in the cluster."""
    async with FakeCluster() as cluster:
        cluster.add(service(rotation=False), statefulset(rotation=False), budget(maxUnavailable=1))
        await cluster.settled()
        file = tmp_path / "web.yaml"
        file.write_text(BORN_OUT)
        env = {"KUBECONFIG": str(cluster.kubeconfig(tmp_path)), "POOLROLL_STATE": IN_CLUSTER}
        yield Site(tmp_path, env, cluster, file)


def as_found(site: Site) -> tuple[Json, Json, Json, Json]:
    """Specs and annotations of what a rollout changes, without the template."""
    workload, front = site.cluster.get(STATEFULSETS, "web"), site.cluster.get(SERVICES, "web")
    return (
        {**workload["spec"], "template": None},
        workload["metadata"].get("annotations") or {},
        front["spec"],
        front["metadata"].get("annotations") or {},
    )


def lapse(site: Site) -> None:
    """As after a lease that nobody renewed: who comes next need not wait for that."""

    def freed(lease: Json) -> None:
        lease.setdefault("spec", {})["holderIdentity"] = ""

    for lease in site.cluster.all(LEASES):
        site.cluster.change(LEASES, lease["metadata"]["name"], freed)


def uids(site: Site) -> set[str]:
    return {pod["metadata"]["uid"] for pod in site.cluster.all(PODS)}


async def killed_after(site: Site, writes: int, home: Path) -> None:
    """Renewals of a Lease do not count: how many there are depends on the machine."""

    def written() -> int:
        of_ours = site.cluster.faults.writes("poolroll")
        return sum(1 for one in of_ours if one.kind is not LEASES)

    enough = written() + writes
    run = site.begin("run", str(site.file), "--yes", HOME=str(home))

    def is_enough() -> bool:
        return written() >= enough or run.process.poll() is not None

    await until(is_enough, 60, "some writes", every=0.002)
    run.process.kill()
    await run.end(10)


async def test_killed_and_gone_on_with_elsewhere(site: Site) -> None:
    """By SIGKILL, before each pod is back and again before the pool is: spec and annotations are as
    before at the end, and no pod of the new version was replaced."""
    before, pods = as_found(site), uids(site)
    for number, writes in enumerate(KILLED_AFTER):
        home = site.folder / f"home{number}"
        home.mkdir()
        await killed_after(site, writes, home)
        lapse(site)
    status = await site.ends_well("status", "web")
    if "poolroll.dev/in" in site.cluster.get(SERVICES, "web")["spec"]["selector"]:
        assert "CAUTION, no process runs it: the selector of Service web is narrowed" in status
    done = await site.poolroll("run", str(site.file), "--yes")
    assert done.code == 0, done.text
    assert as_found(site) == before
    assert site.images() == {"app:v2"}
    assert not uids(site) & pods
    evictions = [one for one in site.cluster.faults.writes() if one.subresource == "eviction"]
    evicted = [one.body()["deleteOptions"]["preconditions"]["uid"] for one in evictions]
    assert (
        len(set(evicted)) == len(evicted) <= len(pods) + len(KILLED_AFTER)
    )  # back old between two writes
    assert pods <= set(evicted)


async def test_frozen_while_another_one_took_over(site: Site) -> None:
    """Woken up, when the next pod is due at once, it touches nothing any more, and says who holds
    the pool by exit code 6. Not frozen at a write: one that is on its way arrives then."""
    site.file.write_text(site.file.read_text().replace("soak: 100ms", "soak: 3s"))
    frozen = site.begin("run", str(site.file), "--yes")
    await frozen.says("soaking")
    frozen.process.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    lapse(site)
    done = await site.poolroll("run", str(site.file), "--yes")
    assert done.code == 0, done.text
    after = len(site.cluster.faults.writes("poolroll"))
    # By then the Lease would have lapsed by itself, and no holder trusts it any more.
    await until(lambda: time.monotonic() - stopped > DURATION.total_seconds(), 30, "the lease")
    frozen.process.send_signal(signal.SIGCONT)
    assert (await frozen.end(30)).code == 6
    written = site.cluster.faults.writes("poolroll")[after:]
    assert [one.kind for one in written if one.kind is not LEASES] == []


async def assert_told_elsewhere(site: Site, words: str) -> None:
    """Every Lease is free after a halt, and a workstation reads of it in the cluster what the last
    words of the run were."""
    holders = {lease["spec"].get("holderIdentity") for lease in site.cluster.all(LEASES)}
    assert holders <= {None, ""}
    code, rollout, *lines = words.splitlines()
    assert (code, rollout.partition("-")[0]) == ("poolroll: exit code 5", "rollout web")
    home = site.folder / "workstation"
    home.mkdir()
    status = await site.ends_well("status", "web", HOME=str(home))
    events = await site.ends_well("events", rollout.split()[1], "--json", HOME=str(home))
    last = json.loads(events.splitlines()[-1])
    assert last["body"]["told"] == lines
    assert lines[0] in status
    assert "RolloutHalted" in {one["reason"] for one in site.cluster.all(EVENTS)}


async def test_a_bad_version_and_the_way_back(site: Site) -> None:
    """Halted at the first pod, which is out; `rollback` brings it back, and the pool with it."""
    before = as_found(site)
    cause = site.file.read_text()
    site.file.write_text(
        cause + "\nvalidate: [{command: [sh, -c, 'exit ${vars.fault}'], within: 200ms}]\n"
    )
    text = site.file.read_text().replace("vars: {", 'vars: {fault: "1", ')
    site.file.write_text(text)
    words = site.folder / "words"
    unattended = ("--yes", "--log-format", "json", "--deadline", "10m")
    log = {"POOLROLL_TERMINATION_LOG": str(words)}
    halted = await site.poolroll("run", str(site.file), *unattended, **log)
    assert halted.code == 5, halted.text
    assert {json.loads(line)["rollout"] for line in halted.err.splitlines()} == {"web"}
    await assert_told_elsewhere(site, words.read_text())
    metrics = site.folder / "poolroll.prom"
    log["POOLROLL_METRICS_TEXTFILE"] = str(metrics)
    held = await site.poolroll("run", str(site.file), *unattended, **log)
    assert held.code == 3, held.text
    assert 'poolroll_run_refused_timestamp_seconds{rollout="web"}' in metrics.read_text()
    assert json.loads(held.err)["event"] in words.read_text()
    assert "to go on:   poolroll resume web" in words.read_text()
    labels = ("SEEN", "LIMIT", "MEMBERS", "USERS", "CAN WAIT", "NEXT")
    assert [label for label in labels if f"\n{label}" in halted.text] == list(labels)
    assert "web-2: OUT OF ROTATION" in halted.out
    assert site.images() == {"app:v1", "app:v2"}
    back = await site.poolroll("rollback", str(site.file), "--set", "fault=0", "--yes")
    assert back.code == 0, back.text
    assert site.images() == {"app:v1"}
    assert as_found(site) == before
    assert "done" in await site.ends_well("status", "web")
