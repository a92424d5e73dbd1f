"""The section `snapshot` → what makes a snapshot of a member, reverts to it, and drops it."""

import hashlib
import re
from datetime import timedelta
from typing import Final

from controller.config.rollout_file import RolloutFile
from controller.config.sections.snapshot import Errand, Snapshot
from controller.config.text import scalars
from controller.config.text.ages import age
from controller.core.pool import Member
from controller.tasks import Task

_UNSAFE: Final = re.compile("[^a-z0-9]+")
_LEGIBLE: Final = 20


def snapshot_id(rollout_id: str, member: str, number: int) -> str:
    """The same for the same snapshot, and no other's: a letter first, then letters, digits and
    dashes, at most 40, as every tool takes it (Proxmox VE: 40 characters)."""
    legible = _UNSAFE.sub("-", member.lower()).strip("-")[:_LEGIBLE].strip("-")
    whole = "\0".join((rollout_id, member, str(number)))
    digest = hashlib.sha256(whole.encode()).hexdigest()[:10]
    return "-".join(filter(None, ("poolroll", legible, digest)))


def errands_of(file: RolloutFile) -> Snapshot:
    """Raises ValueError where the file makes no snapshots."""
    if file.rollout.snapshot is None:
        raise ValueError("the rollout file has no snapshot")
    return file.rollout.snapshot


def create_task(file: RolloutFile, member: Member, rollout_id: str, id_: str) -> Task:
    """Raises ConfigurationError where a template cannot be filled."""
    return _task(file, "create", errands_of(file).create, member, rollout_id, id_)


def revert_task(file: RolloutFile, member: Member, rollout_id: str, id_: str) -> Task | None:
    """None: the file has none."""
    errand = errands_of(file).revert
    return None if errand is None else _task(file, "revert", errand, member, rollout_id, id_)


def drop_task(file: RolloutFile, member: Member, rollout_id: str, id_: str) -> Task | None:
    """None: the file has none."""
    given = file.rollout.snapshot
    if given is None or given.drop is None:
        return None
    return _task(file, "drop", given.drop, member, rollout_id, id_)


def keep_of(file: RolloutFile) -> timedelta | None:
    """How long a snapshot is kept; None: until somebody drops it."""
    given = errands_of(file)
    return age(given.keep) if given.drop is not None else None


def _task(
    file: RolloutFile, name: str, errand: Errand, member: Member, rollout_id: str, id_: str
) -> Task:
    shop = file.workshop("snapshot", member, rollout_id, {"snapshot.id": id_})
    timeout = scalars.duration(errands_of(file).timeout)
    task = shop.errand(errand, ("snapshot", name), timeout)
    shop.filling.finish()
    return task
