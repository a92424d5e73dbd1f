"""What a load balancer's own features mean for a rollout, in words for the plan."""

from collections.abc import Sequence

from controller.core.pool import Line
from controller.ports import Features
from controller.report.words import names


def line_remarks(backend: str, lines: Sequence[Line]) -> list[str]:
    """On the members' lines in one backend, over all instances."""
    notes = []
    if bare := [line for line in lines if not line.checked and line.tracks is None]:
        notes.append(
            f"{_those(bare)} in {backend}: no health check in the load balancer; validation "
            "stands alone before users meet the new version"
        )
    if agents := [line for line in lines if line.agent]:
        notes.append(
            f"{_those(agents)} in {backend}: the agent check is switched off while we have the "
            "member in hand, since it may cancel a drain"
        )
    if warming := [line for line in lines if line.warming]:
        notes.append(
            f"{_those(warming)} in {backend}: warming up now (slowstart); a soak begins when the "
            "warm-up has ended"
        )
    return notes


def backup_remarks(backend: str, lines: Sequence[Line]) -> list[str]:
    """On all lines of one backend."""
    backups = [line for line in lines if line.backup]
    if not backups:
        return []
    return [f"{_those(backups)} in {backend}: backup, never upgraded and never counted as serving"]


def mode_remarks(backend: str, features: Sequence[Features]) -> list[str]:
    if all(one.modes.get(backend) != "tcp" for one in features):
        return []
    return [
        f"{backend} is in mode tcp: the load balancer sees sessions and broken connections, "
        "not the answers of the application; gates on its counters see no HTTP error"
    ]


def _those(lines: Sequence[Line]) -> str:
    return names(list(dict.fromkeys(line.member for line in lines)))
