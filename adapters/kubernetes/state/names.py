"""Names and labels of the state's objects. Pure."""

from typing import Final

from adapters.kubernetes.lease.record import MANAGED

HEAD: Final = "head"
CHUNK: Final = "chunk"
NOTES: Final = "notes"
_PART: Final = "poolroll.dev/state"
HEADS: Final = ",".join(f"{key}={value}" for key, value in {**MANAGED, _PART: HEAD}.items())
"""Selects the heads."""

USUAL: Final = 100
"""So many chunks take 10,000 records. The oldest rollouts are overwritten before there are more;
only one that needs more by itself has to be allowed more names."""


def labels(part: str) -> dict[str, str]:
    return {**MANAGED, _PART: part}


def head_name(name: str) -> str:
    """Of a rollout name. No name of a chunk ends like that, whatever rollouts are called."""
    return f"poolroll-{name}-{HEAD}"


def notes_name(name: str) -> str:
    """Of what is noted about a rollout name. It ends like neither a head nor a chunk."""
    return f"poolroll-{name}-{NOTES}"


def chunk_name(name: str, slot: int) -> str:
    return f"poolroll-{name}-{slot}"


def state_names(name: str) -> list[str]:
    """The ConfigMaps of a rollout name that each needs, for a Role."""
    return [head_name(name), *(chunk_name(name, slot) for slot in range(USUAL))]
