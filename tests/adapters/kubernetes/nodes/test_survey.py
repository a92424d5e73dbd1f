"""What is said of Nodes, and what runs on them, before anything is touched."""

from dataclasses import replace
from datetime import timedelta

from adapters.kubernetes.client.api import Json
from adapters.kubernetes.client.paths import BUDGETS, PODS
from adapters.kubernetes.nodes.pool import NodesPool
from controller.pools.kubernetes import Cluster, NodePool
from controller.records import Survey
from tests.adapters.kubernetes.nodes.rollout import three_nodes
from tests.adapters.kubernetes.nodes.samples import a_budget, a_pod
from tests.adapters.kubernetes.nodes.world import MemoryApi, World
from tests.support.tables import table
from tests.support.virtual import LoopClock, run_virtually

POOL = NodePool(Cluster(), "role=web")


def survey(
    world: World, pool: NodePool = POOL, *, own: str | None = "", names: tuple[str, ...] = ()
) -> Survey:
    async def main() -> Survey:
        balancer = NodesPool(MemoryApi(world), pool, LoopClock(), own_node=own)
        view = await balancer.look("prod", None)
        return await balancer.survey(view, names or [line.member for line in view.lines])

    return run_virtually(main())


def test_nothing_speaks_against_it() -> None:
    said = survey(three_nodes())
    assert said.refusals == ()
    abilities = said.abilities
    assert not abilities.counts
    assert not abilities.cuts
    assert not abilities.opens
    assert abilities.holds_out
    assert abilities.settle == timedelta(seconds=5)
    assert abilities.unweighted == {"role=web": "has Nodes, which have no weights"}


def test_pods_that_may_not_be_evicted() -> None:
    """Of the Nodes that are selected, and that are in rotation."""
    world = three_nodes()
    world.add(PODS, a_pod("debug", "n1", owner=""))
    world.add(PODS, a_pod("cache", "n2", volumes=("emptyDir",)))
    assert survey(world).refusals == (
        "n1: cannot delete Pods that declare no controller (use nodes.unmanaged: true to "
        "override): shop/debug",
        "n2: cannot delete Pods with local storage (use nodes.emptydir: true to override): "
        "shop/cache",
    )
    assert len(survey(world, names=("n2", "n3")).refusals) == 1
    world.node("n1")["spec"]["unschedulable"] = True
    assert len(survey(world).refusals) == 1
    assert survey(world, replace(POOL, unmanaged=True, emptydir=True)).refusals == ()


def test_budgets_that_refuse_for_ever() -> None:
    world = three_nodes()
    world.add(BUDGETS, a_budget("db", app="db", needs=3))
    world.add(BUDGETS, a_budget("all", app="web", needs=1))
    said = survey(world).refusals
    assert said[0].startswith("pod shop/web-0 has more than one PodDisruptionBudget (all, web)")
    assert said[-1] == (
        "budget shop/db can never allow an eviction: it needs 3 healthy pods, and there are 3; "
        "it has shop/db-0, shop/db-1, shop/db-2"
    )


@table(
    "own told refused",
    {
        "elsewhere": ("n9", False, ""),
        "not in a cluster": ("", False, ""),
        "on one of them": ("n2", False, "poolroll itself runs on n2: leave it out"),
        "on one of them, and told": ("n2", True, ""),
        "in a cluster, where is not known": (None, True, "set POOLROLL_NODE"),
    },
)
def test_the_node_that_poolroll_runs_on(own: str | None, told: bool, refused: str) -> None:
    said = survey(three_nodes(), replace(POOL, own_last=told), own=own).refusals
    assert refused in "".join(said)
    assert bool(said) == bool(refused)


def test_the_own_node_comes_last() -> None:
    async def main() -> list[str]:
        balancer = NodesPool(MemoryApi(three_nodes()), POOL, LoopClock(), own_node="n1")
        return [line.member for line in (await balancer.look("prod", None)).lines]

    assert run_virtually(main()) == ["n2", "n3", "n1"]
    notes = survey(three_nodes(), replace(POOL, own_last=True), own="n1").notes
    assert any("poolroll itself runs on n1, which is the last one" in note for note in notes)


def test_rights_that_are_lacking() -> None:
    """Each with the rule to add."""
    world = three_nodes()

    def allowed(asked: Json) -> bool:
        return asked["resource"] not in ("nodes", "jobs") or asked["verb"] == "list"

    world.allowed = allowed
    _, first, second = survey(world, replace(POOL, job=True)).refusals
    assert first.startswith("no permission to patch nodes; add to the ClusterRole: ")
    assert second.startswith("no permission to create jobs in namespace ops; add to the Role: ")


def test_what_an_operator_should_know() -> None:
    world = three_nodes()
    world.add(PODS, a_pod("db-9", "n1", owner="StatefulSet/db"))
    tough = a_pod("tough-0", "n1", owner="ReplicaSet/tough")
    tough["spec"]["tolerations"] = [{"operator": "Exists"}]
    world.add(PODS, tough)
    notes = survey(world, replace(POOL, exclude_from_load_balancers=False)).notes
    assert "load balancers outside of the cluster are not told" in notes[0]
    assert "all of their pods on one Node are evicted at once: shop/StatefulSet db" in notes[1]
    assert notes[2].endswith("which halts the drain: shop/ReplicaSet tough")


def test_daemonset_pods_that_are_not_ready_before_it_begins() -> None:
    """They would keep each Node from being back."""
    world = three_nodes()
    log = next(pod for pod in world.pods if pod["metadata"]["name"] == "log-n2")
    log["status"]["conditions"][0]["status"] = "False"
    assert any(note.endswith("not now: ops/log-n2") for note in survey(world).notes)
    assert not any("log-n2" in note for note in survey(world, names=("n1",)).notes)


def test_what_may_not_be_listed_is_not_asked_for() -> None:
    """All that is lacking is said at once."""
    world = three_nodes()
    world.allowed = lambda asked: asked["resource"] != "pods"
    assert len(survey(world).refusals) == 2
    assert ("list", "pods") not in world.used


def test_commands_by_hand() -> None:
    by_hand = survey(three_nodes(), replace(POOL, unmanaged=True, emptydir=True)).by_hand
    assert by_hand.put_back == (
        "kubectl --context prod uncordon {member} && kubectl --context prod label node {member} "
        "node.kubernetes.io/exclude-from-external-load-balancers- && kubectl --context prod "
        "annotate node {member} poolroll.dev/cordoned- poolroll.dev/before-"
    )
    assert by_hand.take_out == (
        "kubectl --context prod drain {member} --ignore-daemonsets --force --delete-emptydir-data"
    )
