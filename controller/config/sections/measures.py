"""Evidence from the members themselves, for gates of a pool in Kubernetes."""

from typing import Annotated, Literal

from pydantic import Field

from controller.config.sections.kinds import Section, one_of
from controller.pools.kubernetes import Measure

MEASURES = tuple(str(one) for one in Measure)


class KubernetesMeasure(Section):
    measure: Annotated[Literal["restarts", "unready", "oom"], one_of(*MEASURES)] = Field(
        description="restarts: containers that started again; unready: times that it was not "
        "Ready; oom: containers killed for want of memory. Since the member's return.",
        examples=["restarts"],
    )
