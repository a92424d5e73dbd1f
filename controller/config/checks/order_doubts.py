"""Warnings about the order of canaries, as far as names tell."""

import re
from collections.abc import Iterator

from controller.config.sections.rollout import Rollout
from controller.config.text.places import printable


def order_doubts(rollout: Rollout) -> Iterator[str]:
    """Of a StatefulSet: whether its pods go in any order is known to the cluster alone."""
    pool, canaries = rollout.pool.kubernetes, rollout.pool.canaries
    workload = str(getattr(pool, "workload", None) or "")
    if not workload.startswith("statefulset/"):
        return
    name, expect = workload.partition("/")[2], rollout.pool.members.expect
    found = [re.fullmatch(rf"{re.escape(name)}-(\d+)", one) for one in canaries]
    ordinals = [int(one[1]) for one in found if one is not None]
    highest = expect - 1 if expect is not None else max(ordinals, default=0)
    for canary, ordinal in zip(canaries, ordinals, strict=False):
        if ordinal != highest:
            yield (
                f"pool.canaries: {printable(canary)} would go before {name}-{highest}: unless its "
                f"strategy is OnDelete, {workload} goes from the highest ordinal down"
            )
            return
        highest -= 1
