"""On which Node poolroll itself runs."""

from adapters.kubernetes.nodes.own import own_node, own_pod
from tests.support.tables import table

INSIDE = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "HOSTNAME": "run-x"}


@table(
    "environ node pod",
    {
        "on a workstation": ({"HOSTNAME": "ws"}, "", ""),
        "in a pod that is told": (
            {**INSIDE, "POOLROLL_NODE": "n1", "POOLROLL_POD": "run-y"},
            "n1",
            "run-y",
        ),
        "in a pod that is not told": (INSIDE, None, "run-x"),
        "in another cluster": ({**INSIDE, "POOLROLL_NODE": "none"}, "", "run-x"),
    },
)
def test_where_it_runs(environ: dict[str, str], node: str | None, pod: str) -> None:
    assert own_node(environ) == node
    assert own_pod(environ) == pod
