"""The section `state`: where journal, history and locks are kept."""

from pydantic import Field

from controller.config.sections.kinds import Count, Section
from controller.config.sections.kubernetes_names import Name
from controller.pools.kubernetes import RETAIN


class KubernetesState(Section):
    namespace: Name = Field(
        description="Where journal, history and locks are kept.", examples=["shop"]
    )
    retain: Count = Field(default=RETAIN, description="How many ended rollouts are kept.")


class State(Section):
    kubernetes: KubernetesState = Field(
        description="In ConfigMaps and Leases of the cluster, so that any workstation sees the "
        "rollout and another machine can go on with it.",
        examples=["{namespace: shop}"],
    )
