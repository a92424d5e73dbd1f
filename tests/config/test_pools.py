"""Pools in Kubernetes: what the file says becomes where the pool is, and what it does itself."""

import json
from datetime import timedelta

import pytest

from controller.config import RolloutFile, changes, parse
from controller.config.changes import fingerprint
from controller.core.gates.evidence import Query
from controller.core.gates.gate import MetricGate, Scope
from controller.core.pool import Member
from controller.core.steps import Course
from controller.metrics_servers import POOL, read_own_query
from controller.pools.kubernetes import Cluster, ClusterState, NodePool, PodPool, Rotation
from controller.tasks import Command, Guard, PoolTask
from tests.config.pages import page, pods_page

NODES = "pool: {kubernetes: {nodes: {selector: role=web}}}"


def _file(*sections: str) -> RolloutFile:
    return parse(pods_page(*sections), "web.yaml")


def test_pods_behind_a_service() -> None:
    """Template filled, the rest by default."""
    pool = _file().settings.pool
    assert pool == PodPool(
        Cluster(),
        "web",
        template={"spec": {"containers": [{"name": "web", "image": "web:2.4.1"}]}},
        settle=timedelta(seconds=5),
    )


def test_every_key_of_a_service() -> None:
    pool = _file(
        "pool: {kubernetes: {context: prod, kubeconfig: /k, namespace: shop, service: web, "
        "workload: statefulset/web.v1, rotation: selector, rotation_label: a/in}}",
        "upgrade: {}",
        "drain: {settle: 0s}",
        "rollback: {template: {metadata: {labels: {v: a}}}}",
    ).settings.pool
    assert pool == PodPool(
        Cluster("prod", "/k", "shop"),
        "web",
        "statefulset/web.v1",
        Rotation.SELECTOR,
        "a/in",
        template=None,
        former={"metadata": {"labels": {"v": "a"}}},
        settle=timedelta(0),
    )


@pytest.mark.parametrize(
    ("pool", "said"),
    [
        ("workload: statefulset/web}, canaries: [web-2, web-1", ""),
        ("workload: statefulset/web}, canaries: [web-0, web-2", "web-0 would go before web-2"),
        ("workload: statefulset/web}, canaries: [web-2, web-0", "web-0 would go before web-1"),
        (
            "workload: statefulset/web}, members: {expect: 3}, canaries: [web-1",
            "web-1 would go before web-2",
        ),
        ("workload: statefulset/web}, members: {expect: 3}, canaries: [web-2", ""),
        ("workload: statefulset/web}, canaries: [other", ""),
        ("workload: deployment/web}, canaries: [web-0, web-2", ""),
        ("rotation: label}, canaries: [web-0, web-2", ""),
    ],
)
def test_canaries_that_are_not_on_top(pool: str, said: str) -> None:
    """What names alone tell of a StatefulSet, `check` says; the plan knows more."""
    file = _file(f"pool: {{kubernetes: {{service: web, {pool}]}}")
    warned = [one for one in file.settings.warnings if one.startswith("pool.canaries")]
    assert [said in one for one in warned] == ([True] if said else [])


def test_the_upgrade_may_be_left_out() -> None:
    """Somebody else has changed the template: it is stepped through."""
    text = "\n".join(line for line in pods_page().splitlines() if not line.startswith("upgrade"))
    pool = parse(text, "web.yaml").settings.pool
    assert isinstance(pool, PodPool)
    assert pool.template is None


def test_what_a_patch_may_hold() -> None:
    """Numbers and truth values stay what they are, a dollar is written twice, null takes away."""
    pool = _file('upgrade: {template: {spec: {a: 1, b: true, c: null, d: ["$${x}", "$(Y)"]}}}')
    assert isinstance(pool.settings.pool, PodPool)
    assert pool.settings.pool.template == {
        "spec": {"a": 1, "b": True, "c": None, "d": ["${x}", "$(Y)"]}
    }


def test_the_former_version() -> None:
    """The variables of the way back fill the same template; without any, it is as found."""
    pool = _file('rollback: {vars: {version: "2.4.0"}}').settings.pool
    assert isinstance(pool, PodPool)
    assert pool.former == {"spec": {"containers": [{"name": "web", "image": "web:2.4.0"}]}}
    bare = _file("rollback: {timeout: 1m}").settings.pool
    assert isinstance(bare, PodPool)
    assert bare.former is None


def test_the_pool_replaces_pods() -> None:
    """One task each way, and one question before it; a section `rollback` is not needed."""
    file = _file("on_failure: rollback_all")
    member = Member("web-0", "10.0.0.7", 8080)
    work = file.work(Course.UPGRADE, member, "r1")
    about = {"member": "web-0"}
    within = about | {"budget": "300"}
    brief = timedelta(minutes=3)
    assert work.steps == (PoolTask("replace", timedelta(minutes=15), within),)
    assert work.guard == Guard(PoolTask("is_current", brief, about), frozenset({1}))
    assert file.has_rollback
    back = file.work(Course.ROLLBACK, member, "r1")
    assert back.steps == (PoolTask("restore", timedelta(minutes=15), within),)
    assert back.guard == Guard(PoolTask("is_former", brief, about), frozenset({1}))
    assert file.programs(Course.UPGRADE, member, "r1") == []


def test_gates_of_pods() -> None:
    """Without any in the file, the pods themselves are the evidence."""
    file = _file()
    gates = file.settings.policies.gates
    assert [gate.name for gate in gates] == ["unready", "restarts", "oom"]
    gate = gates[1]
    assert isinstance(gate, MetricGate)
    assert (gate.scope, gate.maximum, gate.is_ratio) == (Scope.MEMBER, 0, False)
    assert [server.url for server in file.servers["restarts"]] == [POOL]
    asked = file.queries(gate, Member("web-0", "10.0.0.7", 80), "r1", timedelta(seconds=90.7))
    assert read_own_query(asked[Query.VALUE]) == ("restarts", "web-0", timedelta(seconds=90))


def test_gates_of_pods_beside_others() -> None:
    """They stay on beside a query, unless the file says otherwise."""

    def names(gates: str) -> list[str]:
        return [gate.name for gate in _file(f"gates: {gates}").settings.policies.gates]

    query = "{name: restarts, prometheus: {url: 'http://h', query: up}, max: 1}"
    assert names(f"[{query}]") == ["restarts", "unready", "own-restarts", "oom"]
    assert names(f"[{query}, {{name: own, builtin: false}}]") == ["restarts"]
    assert names("[{kubernetes: {measure: oom}}]") == ["oom"]
    assert names("[{name: a, kubernetes: {measure: oom}, max: 2}]") == ["a"]
    assert names("[]") == []


def test_nodes() -> None:
    """Commands as on hosts, between a note of what was and the proof that the Node is back."""
    file = _file(
        NODES,
        "upgrade: {command: [up, '${member.name}'], "
        "expect: {boot_id: changed, kubelet_version: 'v${vars.version}'}}",
        "rollback: {command: [down]}",
    )
    assert file.settings.pool == NodePool(
        Cluster(),
        "role=web",
        expect={"boot_id": "changed", "kubelet_version": "v2.4.1"},
        settle=timedelta(seconds=5),
    )
    assert [gate.name for gate in file.settings.policies.gates] == ["unready"]
    member = Member("n1", "10.0.0.1", 0, host="10.0.0.1")
    work = file.work(Course.UPGRADE, member, "r1")
    note, step, proof = work.steps
    about = {"node": "n1", "course": "upgrade"}
    assert note == PoolTask("note_boot_id", timedelta(minutes=3), about)
    assert isinstance(step, Command)
    assert step.argv == ("up", "n1")
    assert proof == PoolTask("node_is_back", timedelta(minutes=15), about)
    assert work.guard is not None
    assert work.guard.task == PoolTask("node_is_current", timedelta(minutes=3), {"node": "n1"})
    back = file.work(Course.ROLLBACK, member, "r1")
    assert [step.label for step in back.steps] == ["note_boot_id", "down", "node_is_back"]
    assert back.guard is None
    assert [one.task.label for one in file.programs(Course.UPGRADE, member, "r1")] == ["up"]


def test_a_job_on_a_node() -> None:
    """Its template is filled for each Node; a pattern of versions answers no question."""
    file = _file(
        "pool: {kubernetes: {nodes: {selector: role=web, emptydir: true, own_last: true}}}",
        "upgrade: {job: {spec: {containers: [{name: x, args: ['${member.name}']}]}}, "
        "expect: {kubelet_version: 'v1.36.*'}, timeout: 20m}",
    )
    pool = file.settings.pool
    assert isinstance(pool, NodePool)
    assert (pool.job, pool.own_last, pool.emptydir, pool.unmanaged) == (True, True, True, False)
    work = file.work(Course.UPGRADE, Member("n1", "10.0.0.1", 0), "r1")
    job, proof = work.steps
    assert isinstance(job, PoolTask)
    assert (job.name, job.timeout) == ("job", timedelta(minutes=20))
    filled = {"spec": {"containers": [{"name": "x", "args": ["n1"]}]}}
    assert json.loads(job.args["template"]) == filled
    assert proof.label == "node_is_back"
    assert work.guard is None


def test_idle() -> None:
    """A query about the member; its server is asked like that of a gate."""
    file = _file(
        "drain: {idle: {prometheus: {url: 'http://h:9', query: 'x{p=\"${member.name}\"}'}}}",
    )
    idle = file.settings.policies.drain.idle
    assert idle is not None
    assert (idle.maximum, idle.scope) == (0, Scope.MEMBER)
    assert [server.url for server in file.servers[idle.name]] == ["http://h:9"]
    asked = file.queries(idle, Member("web-0", "10.0.0.7", 80), "r1", timedelta(seconds=9))
    assert asked == {Query.VALUE: 'x{p="web-0"}'}


def test_state_in_the_cluster() -> None:
    """In the cluster of the pool, in a namespace of its own."""
    pool = "pool: {kubernetes: {context: prod, namespace: shop, service: web}}"
    file = _file(pool, "state: {kubernetes: {namespace: ops, retain: 5}}")
    assert file.state == ClusterState(Cluster("prod", namespace="ops"), 5)
    assert _file().state is None
    hosts = parse(page("state: {kubernetes: {namespace: ops}}"), "web.yaml")
    assert hosts.state == ClusterState(Cluster(namespace="ops"), 20)


def test_lost_after() -> None:
    """An API server is restarted more often than a load balancer."""
    assert _file().settings.policies.lost_after == timedelta(minutes=2)
    pool = "pool: {kubernetes: {service: web, lost_after: 7s}}"
    assert _file(pool).settings.policies.lost_after == timedelta(seconds=7)


def test_secrets_of_a_container_are_masked() -> None:
    """By the name of the variable; references to Secrets are none."""
    file = _file(
        'vars: {version: "1", pw: s3cret}',
        "upgrade: {template: {spec: {containers: [{name: web, image: 'x:${vars.version}', env: ["
        "{name: DB_PASSWORD, value: 'pre-${vars.pw}'}, {name: MODE, value: fast}, "
        "{name: API_TOKEN, valueFrom: {secretKeyRef: {name: db, key: token}}}]}]}}}",
    )
    text, _ = file.masked
    assert "s3cret" not in text
    assert "pre-" not in text
    assert "fast" in text
    assert "secretKeyRef" in text
    assert "key: token" in text


def test_what_is_compared() -> None:
    """A changed template or query is another rollout; a file for HAProxy means what it meant."""
    one, other = _file(), _file("upgrade: {template: {spec: {x: 1}}}")
    assert fingerprint(one, "s") != fingerprint(other, "s")
    idle = "drain: {idle: {prometheus: {url: 'http://h', query: '%s${member.name}'}}}"
    assert changes(pods_page(idle % "a"), {}, pods_page(idle % "b"), {})
    assert changes(pods_page(), {}, pods_page("drain: {settle: 5s}"), {}) == []
    assert "template" not in repr(parse(page(), "x").rollout.upgrade)
    assert "idle" not in repr(parse(page(), "x").settings)
