"""Conditions of a Deployment: what monitoring sees of it.

As measured: `Available` looks at how many may be away, so it stays True while `maxUnavailable` is
stepped up; a progress deadline of 2147483647 takes `Progressing` away. The deadline itself only
sets a condition.
"""

from datetime import datetime
from typing import Final

from tests.support.kubernetes.controllers.replicas import Rolling
from tests.support.kubernetes.kinds import Json
from tests.support.kubernetes.objects import condition, instant, stamp, with_condition

WITHOUT_END: Final = 2_147_483_647
DONE: Final = "NewReplicaSetAvailable"
LATE: Final = "ProgressDeadlineExceeded"


def conditions(
    owner: Json, counts: dict[str, int], at: datetime
) -> tuple[list[Json], float | None]:
    """As they are now, and the seconds until the deadline is over, where it runs."""
    now, spec = stamp(at), owner["spec"]
    found = list((owner.get("status") or {}).get("conditions") or ())
    is_enough = counts["availableReplicas"] >= int(spec["replicas"]) - Rolling.of(owner).unavailable
    found = with_condition(
        found,
        "Available",
        "True" if is_enough else "False",
        now,
        reason="MinimumReplicasAvailable" if is_enough else "MinimumReplicasUnavailable",
    )
    if spec["progressDeadlineSeconds"] == WITHOUT_END:
        return [one for one in found if one["type"] != "Progressing"], None
    status, reason, since, left = _progress(owner, counts, at)
    return (
        with_condition(found, "Progressing", status, now, reason=reason, lastUpdateTime=since),
        left,
    )


def _progress(
    owner: Json, counts: dict[str, int], at: datetime
) -> tuple[str, str, str, float | None]:
    """Status, reason, time of the last progress, seconds left."""
    spec, now = owner["spec"], stamp(at)
    former = condition(owner, "Progressing") or {}
    since = str(former.get("lastUpdateTime", now))
    if spec.get("paused"):
        return "Unknown", "DeploymentPaused", since, None
    wanted = int(spec["replicas"])
    if counts["updatedReplicas"] == counts["replicas"] == wanted == counts["availableReplicas"]:
        return "True", DONE, since if former.get("reason") == DONE else now, None
    before = owner.get("status") or {}
    moved = any(
        counts[name] > int(before.get(name, 0))
        for name in ("updatedReplicas", "readyReplicas", "availableReplicas")
    ) or counts["replicas"] < int(before.get("replicas", 0))
    if moved or former.get("reason") not in ("ReplicaSetUpdated", LATE):
        since = now
    left = float(spec["progressDeadlineSeconds"]) - (at - instant(since)).total_seconds()
    if left <= 0:
        return "False", LATE, since, None
    return "True", "ReplicaSetUpdated", since, left
