"""Under which key a step of a member is executed (S7): the same step, the same key."""

import hashlib
from typing import Final
from urllib.parse import quote

from controller.core.steps import RunStep

LONGEST: Final = 200
"""Characters of a name that go into a key as they are: a key becomes folders, whose names have at
most 255 bytes (pathconf(3), NAME_MAX)."""


def key_of(rollout: str, step: RunStep) -> str:
    """A key as `controller.ports.Job` wants it, for whatever name a load balancer has."""
    return f"{rollout}/{_part(step.member)}/{step.course}-{step.index}-{step.attempt}"


def _part(name: str) -> str:
    """Names of the common form stand for themselves; no two names have the same part."""
    part = "%2E" * len(name) if name in (".", "..") else quote(name, safe="").replace("~", "%7E")
    if len(part) <= LONGEST:
        return part
    # `%-` is in no quoted name, so a short name is never taken for a long one.
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    return f"{part[: LONGEST // 2]}%-{digest}"
