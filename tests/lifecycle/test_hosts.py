"""Hosts are looked at before anything is touched; `plan` and `run` refuse the same."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from controller.config import parse
from controller.core.events import MemberLeft
from controller.core.plan.plan import Purpose
from controller.errors import Refused
from controller.hosts import HostCommand
from controller.hosts_seen import HostTrouble
from controller.lifecycle import RunOptions
from controller.tasks import JobResult, Task, TaskJob
from tests.config.pages import page
from tests.lifecycle.test_preflight import Place
from tests.support.hosts.looks import FINE, GONE, OWN, FakeHosts
from tests.support.virtual import run_virtually

UPGRADE = "steps: [{ssh: [dnf, -y, upgrade]}, {reboot: {when: needed}}]"
POOL = "haproxy: {apis: ['unix:/run/h.sock'], backends: [web]}, members: {host: '${member.name}'}"
DENIED = HostTrouble("web2 does not let us in: Permission denied (publickey)", is_away=False)
MEANT = RunOptions(this_machine=True)


class Upgraded:
    """Implements the part of `controller.ports.Tasks` that is used here: `unless` says no."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def ask(self, task: Task) -> JobResult:
        assert isinstance(task, HostCommand)
        self.asked.append(task.access.host)
        return JobResult(exit_code=1)

    async def run(self, job: TaskJob) -> JobResult:
        raise NotImplementedError

    def unstartable(self, task: Task) -> str | None:
        return None


def in_place(
    hosts: FakeHosts,
    test: Callable[[Place], Awaitable[None]],
    *more: str,
    upgrade: str = UPGRADE,
) -> Upgraded:
    tasks = Upgraded()

    async def run() -> None:
        place = Place(
            file=parse(
                page(f"pool: {{{POOL}}}", f"upgrade: {{{upgrade}}}", "gates: []", *more), "/w.yaml"
            )
        )
        place.ports = replace(place.ports, hosts=hosts, tasks=tasks)
        await test(place)

    run_virtually(run())
    return tasks


def test_both_refuse_the_same() -> None:
    """Not reached, and not let in: each is named, before anything is touched."""

    async def test(place: Place) -> None:
        seen = await place.plan()
        assert seen.refusals == [DENIED.why, GONE.why]
        assert [*seen.hosts.looks] == ["web1", "web2", "web3"]
        with pytest.raises(Refused) as caught:
            await place.run()
        assert list(caught.value.reasons) == seen.refusals

    hosts = FakeHosts({"web1": GONE, "web2": DENIED})
    in_place(hosts, test)
    assert len(hosts.asked) == 6


def test_who_is_fine_is_shown_and_begun() -> None:
    """Who is restarted needs one, or not; a rehearsal goes to no host."""

    async def test(place: Place) -> None:
        seen = await place.plan()
        assert seen.refusals == []
        assert seen.notes == ["a reboot is needed already: web3"]
        assert (await place.run()).is_new
        await place.plan(RunOptions(purpose=Purpose.REHEARSAL))

    hosts = FakeHosts({"web3": replace(FINE, needs_reboot=True)})
    in_place(hosts, test)
    assert len(hosts.asked) == 6


BUDGET = "failures: {max: 1}"
GUARDED = f"{UPGRADE}, unless: {{ssh: [rpm, -q, x]}}"


def test_who_may_be_skipped() -> None:
    """`on_unreachable: skip`: a note; `unless` is asked of the others alone. More are refused."""

    async def test(place: Place) -> None:
        seen = await place.plan()
        assert seen.refusals == []
        assert "not reached, would be skipped (1 of at most 1): web1" in seen.notes
        prepared = await place.run()
        assert MemberLeft("web1", f"not reached: {GONE.why}", is_unreached=True) in prepared.first

    tasks = in_place(FakeHosts({"web1": GONE}), test, BUDGET, upgrade=GUARDED)
    assert tasks.asked == ["web2", "web3"] * 2

    async def too_many(place: Place) -> None:
        seen = await place.plan()
        most = "2 members not reached, and failures.max (1) lets 1 be skipped"
        assert seen.refusals == [most, GONE.why, "web3 is away"]

    gone = {"web1": GONE, "web3": HostTrouble("web3 is away", is_away=True)}
    in_place(FakeHosts(gone), too_many, BUDGET, upgrade=GUARDED)


def test_this_machine() -> None:
    """Never without being meant; then it is the last of the plan that is journalled."""

    async def test(place: Place) -> None:
        (refusal,) = (await place.plan()).refusals
        assert refusal.startswith("web1: this is the very machine that poolroll runs on")
        with pytest.raises(Refused, match="--this-machine"):
            await place.run()
        seen = await place.plan(MEANT)
        assert seen.refusals == []
        assert seen.left is not None
        assert [one.name for one in seen.left.members] == ["web2", "web3", "web1"]
        assert [note for note in seen.notes if note.startswith("web1 IS THE MACHINE")]
        prepared = await place.run(MEANT)
        assert [one.name for one in prepared.plan.members] == ["web2", "web3", "web1"]

    in_place(FakeHosts({"web1": OWN}), test)


def test_its_state_must_survive() -> None:
    async def test(place: Place) -> None:
        (refusal,) = (await place.plan(MEANT)).refusals
        assert "its state would be lost: /tmp/x is emptied" in refusal

    in_place(FakeHosts({"web1": OWN}, lost="/tmp/x is emptied"), test)


def test_a_run_that_goes_on() -> None:
    """It asks each host when its turn comes, so one that is not reached refuses nothing now. On
    another machine than it began on, that machine may be a member: that is still refused."""
    hosts = FakeHosts()

    async def test(place: Place) -> None:
        await place.begin()
        hosts.asked.clear()
        hosts.answers = {"web1": GONE, "web2": OWN}
        assert not (await place.run()).is_new
        assert hosts.asked == []  # none of them goes by an address or the name of this machine
        notes = (await place.plan()).notes
        assert f"a run would still go on: {GONE.why}" in notes
        hosts.asked.clear()
        hosts.own_machine = replace(OWN, name="web2")
        hosts.answers = {"web1": GONE, "web2": hosts.own_machine}
        with pytest.raises(Refused, match="web2: this is the very machine"):
            await place.run()
        assert [str(one.access.host) for one in hosts.asked] == ["web2"]
        assert not (await place.run(MEANT)).is_new

    in_place(hosts, test)
