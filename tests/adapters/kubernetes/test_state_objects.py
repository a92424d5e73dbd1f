"""What the journal makes of the objects that it is in, and what others do to them."""

import json
from dataclasses import replace

import pytest

from adapters.kubernetes.state.chunk import ROOM
from adapters.kubernetes.state.names import USUAL, chunk_name, head_name, notes_name, state_names
from adapters.kubernetes.state.store import has_state, open_cluster_state
from controller.errors import Conflict, StateError
from controller.records import Returned, Verb
from tests.adapters.kubernetes.memory_objects import Cluster, MemoryObjects, size
from tests.adapters.kubernetes.states import BIG, HUGE, Machine, bodies, whole_rollout
from tests.support.journal_contract import AT, KEY1, FixedClock, begin, row, taken

CHUNK = chunk_name("web", 0)
HEAD = head_name("web")


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def machine(cluster: Cluster) -> Machine:
    return Machine(cluster, FixedClock())


async def test_a_record_is_one_small_write(machine: Machine) -> None:
    """Of the open chunk alone, which stays small; the head is written when one is full."""
    await begin(machine.journal)
    start = len(machine.writes)
    for i in range(400):
        await machine.journal.append("r1", AT, "k", f'{{"i": {i}, "text": "{"x" * 150}"}}')
    chunks = [found for key, found in machine.objects.cluster.objects.items() if key[2] != HEAD]
    assert 3 <= len(chunks) <= 5
    assert max(map(size, chunks)) <= ROOM
    assert len(machine.writes) - start == 400 + 2 * (len(chunks) - 1)
    assert [one.seq for one in await machine.journal.records("r1")] == list(range(1, 402))


async def test_the_last_records_are_read_from_the_last_chunk(machine: Machine) -> None:
    """Whoever follows a run does not read all of it again."""
    await begin(machine.journal)
    for _ in range(20):
        last = await machine.journal.append("r1", AT, "k", BIG)
    machine.objects.calls.clear()
    assert await machine.journal.records("r1", last.seq - 1) == [last]
    assert len(machine.objects.calls) == 2


async def test_large_texts_are_packed(machine: Machine) -> None:
    """A plan of a large pool, the output of a step: whole, and in few bytes."""
    plan = '{"member": "web1"}' * 50_000
    await begin(machine.journal, body=plan)
    await machine.journal.append("r1", AT, "k", "small")
    assert [one.body for one in await machine.journal.records("r1")] == [plan, "small"]
    assert sum(map(size, machine.objects.cluster.objects.values())) < 8000


async def test_retention_overwrites_the_oldest(cluster: Cluster) -> None:
    """Their chunks are used again; who is out stays known, whoever took it and however long ago."""
    machine = Machine(cluster, FixedClock(), retain=3)
    first = replace(taken("web9"), key="web/kept")
    await begin(machine.journal)
    await machine.journal.append("r1", AT, "k", "1", taken=[first])
    for i in range(2, 9):
        await begin(machine.journal, row(f"r{i}"))
        for each in "123":
            await machine.journal.append(f"r{i}", AT, "k", f"{each}{BIG}")
        await machine.journal.end(f"r{i}", "done", 0)
    rows = await machine.journal.rollouts("web")
    assert [one.id for one in rows] == ["r8", "r7", "r6"]
    assert [bool(one.before) for one in rows] == [False, False, True]
    left = json.loads(rows[-1].before)
    assert (left["by"], f"r5 {left['head']}") == ("retain", rows[-1].link)
    names = {key[2] for key in cluster.objects}
    assert len(names) <= 1 + 3 * 3
    assert names <= set(state_names("web"))
    assert list(await machine.journal.records("r1")) == []
    other = Machine(cluster, FixedClock())
    assert list(await other.journal.taken()) == [first]
    for id_ in ("r6", "r7", "r8"):
        assert bodies(await other.journal.records(id_)) == ["{", "1", "2", "3"]


async def test_names_that_a_role_grants_are_enough_for_many_large_rollouts(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest are overwritten before others are needed, also in the middle of a rollout; one
    that is large by itself goes beyond them."""
    monkeypatch.setattr("adapters.kubernetes.state.head.USUAL", 10)
    machine, usual = Machine(cluster, FixedClock()), set(state_names("web")[:11])
    for id_, chunks in (("r1", 4), ("r2", 4), ("r3", 4), ("r4", 11)):
        await begin(machine.journal, row(id_))
        for _ in range(chunks):
            await machine.journal.append(id_, AT, "k", HUGE)
        await machine.journal.end(id_, "done", 0)
        beyond = {key[2] for key in cluster.objects} - usual
        assert len(beyond) == (2 if id_ == "r4" else 0)
        assert len(await machine.journal.records(id_)) == chunks + 1
    (only,) = await machine.journal.rollouts()
    assert (only.id, only.link.partition(" ")[0], bool(only.before)) == ("r4", "r3", True)


async def test_what_another_name_took_is_known_and_can_be_returned(cluster: Cluster) -> None:
    """S8 across rollouts of other names, and on other machines: the first record of a key stays,
    and nothing comes back once it is over."""
    web, blue = Machine(cluster, FixedClock()), Machine(cluster, FixedClock())
    await begin(web.journal)
    await web.journal.append("r1", AT, "k", "1", taken=[taken("web1"), taken("web2")])
    await web.journal.end("r1", "aborted", 1)
    await begin(blue.journal, row("b1", "blue"))
    await blue.journal.append("b1", AT, "k", "1", taken=[taken("web1", "b1", weight=0)])
    out = [taken("web1"), taken("web2")]
    assert list(await blue.journal.taken()) == out
    await blue.journal.append("b1", AT, "k", "2", returned=[Returned("web1", [KEY1])])
    assert list(await web.journal.taken()) == out[1:]
    await blue.journal.end("b1", "done", 0)
    for id_, name in (("r2", "web"), ("b2", "blue"), ("r3", "web"), ("b3", "blue")):
        later = Machine(cluster, FixedClock())
        await begin(later.journal, row(id_, name))
        await later.journal.append(id_, AT, "k", "1", taken=[taken("web3", id_)])
        back = Returned("web3", [taken("web3").key])
        await later.journal.append(id_, AT, "k", "2", returned=[back])
        await later.journal.end(id_, "done", 0)
        assert list(await later.journal.taken()) == out[1:]
    assert '"over":[]' in cluster.objects["configmaps", "shop", head_name("blue")]["data"]["state"]


async def test_labels_of_somebody_else_are_no_conflict(machine: Machine) -> None:
    """Only what we wrote is the fence."""
    cluster = machine.objects.cluster
    await begin(machine.journal)
    for name in (HEAD, CHUNK):
        cluster.edit("configmaps", name, {"metadata": {"labels": {"team": "shop"}}})
    for each in "123":
        await machine.journal.append("r1", AT, "k", f"{each}{BIG}")
    assert bodies(await machine.journal.records("r1")) == ["{", "1", "2", "3"]


@pytest.mark.parametrize("gone", [HEAD, CHUNK])
async def test_what_was_removed_is_not_written_as_if_nothing_were(
    machine: Machine, gone: str
) -> None:
    await begin(machine.journal)
    await machine.journal.append("r1", AT, "k", "1")
    machine.objects.cluster.remove("configmaps", gone)
    with pytest.raises(StateError, match=f"ConfigMap shop/{gone} was removed while in use"):
        await machine.journal.append("r1", AT, "k", f"2{HUGE}" if gone == HEAD else "2")


async def test_a_lost_chunk_is_no_shorter_journal(machine: Machine) -> None:
    """Its records are missed, not passed over."""
    await whole_rollout(machine.journal)
    machine.objects.cluster.remove("configmaps", CHUNK)
    with pytest.raises(StateError, match="with records of rollout r1, was removed or overwritten"):
        await machine.journal.records("r1")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"state": "nonsense"}, f"ConfigMap {HEAD} is damaged"),
        ({"state": '{"format": 1}'}, f"ConfigMap {HEAD} is damaged"),
        ({"state": '{"format": 3}'}, "a newer poolroll"),
    ],
)
async def test_a_head_that_is_not_ours(machine: Machine, data: dict[str, str], words: str) -> None:
    """It is never taken for an empty one."""
    await begin(machine.journal)
    machine.objects.cluster.edit("configmaps", HEAD, {"data": data})
    fresh = Machine(machine.objects.cluster, FixedClock())
    for call in (fresh.journal.latest("web"), begin(fresh.journal, row("r2"))):
        with pytest.raises(StateError, match=words):
            await call


async def test_a_chunk_that_somebody_wrote_into(machine: Machine) -> None:
    await begin(machine.journal)
    machine.objects.cluster.edit("configmaps", CHUNK, {"data": {"r00000002": "nonsense"}})
    fresh = Machine(machine.objects.cluster, FixedClock())
    with pytest.raises(StateError, match="a record of rollout r1 is damaged"):
        await fresh.journal.records("r1")


async def test_rights_that_are_missing_are_named(machine: Machine) -> None:
    machine.objects.refuses = lambda verb, name: (verb, name) == ("apply", HEAD)
    with pytest.raises(StateError, match=f"may not apply {HEAD}"):
        await begin(machine.journal)


async def test_only_to_read(cluster: Cluster, machine: Machine) -> None:
    """Nothing is made by looking, and no rollout begins where none may."""
    reader = open_cluster_state(MemoryObjects(cluster), "shop", FixedClock(), create=False)
    assert not await has_state(machine.objects, "shop")
    assert await reader.journal.latest("web") is None
    with pytest.raises(StateError, match="to read"):
        await begin(reader.journal)
    with pytest.raises(StateError, match="no rollout r1"):
        await reader.requests.ask("r1", Verb.PAUSE, "", "anna")
    with pytest.raises(StateError, match="no rollout r1"):
        await anext(reader.requests.stream("r1", 0))
    assert cluster.objects == {}
    await begin(machine.journal)
    assert await has_state(machine.objects, "shop")


async def test_names_never_meet() -> None:
    """Of head, notes and chunks of rollouts that are called like each other."""
    names = [
        name
        for rollout in ("web", "web-0", "web-head", "web-0-head", "web-notes")
        for name in (*state_names(rollout), notes_name(rollout))
    ]
    assert len(set(names)) == len(names) == 5 * (2 + USUAL)


async def test_a_run_in_the_middle_of_a_write_is_not_parted(machine: Machine) -> None:
    """Of records that are under way at once, the one that fails takes nothing along that was
    written before it."""
    await begin(machine.journal)
    later = Machine(machine.objects.cluster, FixedClock())
    await later.journal.append("r1", AT, "k", "1")
    with pytest.raises(Conflict):
        await machine.journal.append("r1", AT, "k", "2")
