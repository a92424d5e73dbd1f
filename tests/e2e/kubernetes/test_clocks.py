"""Two controllers on machines whose clocks are one hour apart: one of them holds the pool."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from adapters.kubernetes.lease.record import DURATION
from tests.e2e.test_kubernetes import FILE, Site
from tests.support.fork_server import CLOCKS
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.commands import Commands
from tests.support.kubernetes.kinds import LEASES
from tests.support.kubernetes.manifests import service, statefulset

HOUR: Final = 3600.0
PACE: Final = 4.0
LAPSES: Final = DURATION.total_seconds() / PACE
"""Seconds after its last renewal."""


def machine(site: Site, name: str, ahead: float) -> Commands:
    """With clocks and a state folder of its own."""
    own = {"POOLROLL_STATE": str(site.folder / name), CLOCKS: f"{ahead} {PACE}"}
    return Commands(site.folder, site.env | own)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with FakeCluster(tls=False) as cluster:
        cluster.add(service(), statefulset(replicas=2))
        await cluster.settled()
        file = tmp_path / "web.yaml"
        file.write_text(FILE.replace("soak: 100ms", "soak: 400ms"))
        yield Site(tmp_path, {"KUBECONFIG": str(cluster.kubeconfig(tmp_path))}, cluster, file)


def renewed(site: Site) -> float:
    """When a Lease was written to last."""
    return max(one.at for one in site.cluster.faults.writes("poolroll") if one.kind is LEASES)


def touched(site: Site, since: int) -> list[float]:
    """When something but a Lease was written, after so many writes."""
    writes = site.cluster.faults.writes("poolroll")[since:]
    return [one.at for one in writes if one.kind is not LEASES and "/events" not in one.path]


@pytest.mark.parametrize("ahead", [HOUR, -HOUR], ids=["ahead", "behind"])
async def test_one_holds_the_other_follows(ahead: float, site: Site) -> None:
    """Refused as long as the holder lives; once it was killed, followed after the Lease and never
    before. The holder that is frozen instead, and wakes up then, touches nothing."""
    slow = site.file.read_text()
    site.file.write_text(slow.replace("soak: 400ms", "soak: 10m"))
    first, second = machine(site, "first", ahead), machine(site, "second", 0.0)
    argv = ("run", str(site.file), "--yes")
    holder = first.begin(*argv)
    await holder.says("soaking")
    site.file.write_text(slow)
    refused = await second.poolroll(*argv)
    assert refused.code == 6, refused.text
    assert "is held by rollout 'web'" in refused.text
    is_killed = ahead > 0
    holder.process.send_signal(signal.SIGKILL if is_killed else signal.SIGSTOP)
    last, writes = renewed(site), len(site.cluster.faults.writes("poolroll"))
    done = await second.poolroll(*argv)
    assert done.code == 0, done.text
    assert min(touched(site, writes)) - last >= LAPSES
    assert site.images() == {"app:v2"}
    if is_killed:
        await holder.end()
        return
    writes = len(site.cluster.faults.writes("poolroll"))
    holder.process.send_signal(signal.SIGCONT)
    woken = await holder.end()
    assert woken.code == 6, woken.text
    assert touched(site, writes) == []
