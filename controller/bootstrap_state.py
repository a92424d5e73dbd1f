"""Where journal, history and locks are: a folder of this machine, or a namespace of a cluster."""

import os
from dataclasses import dataclass
from pathlib import Path

from adapters.clock import SystemClock
from adapters.commands.sharing import try_out
from adapters.storage.folder import (
    SYSTEM,
    default_state_dir,
    exists,
    is_private,
    may_write,
    out_of_reach,
)
from adapters.storage.lock import FileLock
from adapters.storage.room import require_room
from adapters.storage.store import open_store, read_store
from controller import bootstrap_kubernetes as kubernetes
from controller.config import RolloutFile, secrets_of
from controller.core.settings import Settings
from controller.errors import StateError, UsageFault
from controller.pools.kubernetes import Cluster, ClusterState, NodePool, PodPool, parse_state
from controller.ports import Lock, Store
from controller.runner.both_locks import BothLocks
from controller.secrets import Secrets

JOBS = "jobs"
"""Folder of the steps that run under a helper."""


@dataclass(frozen=True, slots=True)
class StatePlace:
    folder: Path
    """What only this machine can use is in it in any case: running commands."""
    cluster: ClusterState | None = None
    """None: all else is in the folder, too."""

    def __str__(self) -> str:
        if self.cluster is None:
            return str(self.folder)
        where = self.cluster.cluster
        return f"kubernetes:{where.context}/{where.namespace}".replace(":/", ":")

    @property
    def what(self) -> str:
        """What it is called in a sentence, with its name."""
        return f"state folder {self}" if self.cluster is None else f"state {self}"


NO_NAMES: frozenset[str] = frozenset()


def secrets_in(*files: object, copy: object = None) -> Secrets:
    """Those of a rollout, by value, as far as one of these is its file. `copy`: of a journal that
    others may write; no file is opened because it names it."""
    found = [secrets_of(one, os.environ) for one in files if isinstance(one, RolloutFile)]
    if isinstance(copy, RolloutFile):
        found.append(secrets_of(copy, os.environ, opens=False))
    names = NO_NAMES.union(*(one.names for one in found))
    return Secrets(NO_NAMES.union(*(one.values for one in found)), names)


def state_place(option: str | None, wanted: ClusterState | None = None) -> StatePlace:
    """`option`: of the command line; `wanted`: of the rollout file. Raises StateError."""
    named = None if option is None else parse_state(option)
    if named is not None:
        return StatePlace(default_state_dir(os.environ), _in_cluster(named, wanted))
    if option:
        return StatePlace(Path(option).absolute())  # it is told, and means the same from elsewhere
    return StatePlace(default_state_dir(os.environ), wanted)


def check_state(option: str) -> None:
    """Raises UsageFault."""
    try:
        parse_state(option)
    except ValueError as error:
        raise UsageFault(f"--state: {error}") from None


def _in_cluster(named: Cluster, wanted: ClusterState | None) -> ClusterState:
    """The rollout file may say more of the same place: which kubeconfig, how much is kept."""
    known = Cluster() if wanted is None else wanted.cluster
    is_same = known.namespace == named.namespace and named.context in ("", known.context)
    return wanted if wanted is not None and is_same else ClusterState(named)


def about_state(option: str | None, place: StatePlace, settings: Settings) -> list[str]:
    """What an operator should know about the state in use, and of the way to a cluster. `option`:
    as it was asked for.

    Raises StateError, UsageFault.
    """
    notes: list[str] = []
    folder, pool = place.folder, settings.pool
    is_leased = isinstance(pool, PodPool | NodePool)
    if isinstance(pool, PodPool | NodePool):
        notes += kubernetes.warnings(pool.cluster)
    if place.cluster is not None:
        return notes
    if not option and folder != SYSTEM and not is_leased:
        share = f"share {SYSTEM}: sudo install -d -m 2770 -g GROUP {SYSTEM}"
        notes.append(
            f"state is in {folder}, yours alone: another user's poolroll on this pool would not "
            f"be refused; {out_of_reach(SYSTEM) or share}"
        )
    if exists(folder) and not may_write(folder):
        notes.append(f"{folder} may not be written by this user: a run of theirs would be refused")
    return notes


def unusable(place: StatePlace) -> list[str]:
    """Why a run of this user would end before it began. Leaves nothing behind."""
    try:
        require_room(place.folder)
        if exists(place.folder) and may_write(place.folder):
            try_out(place.folder / JOBS)
    except StateError as error:
        return [str(error)]
    return []


def is_ours(place: StatePlace) -> bool:
    """Whether nobody but this user and root can have written the journal."""
    return place.cluster is None and is_private(place.folder)


def no_state(place: StatePlace) -> str:
    """What to say where there is no journal."""
    if place.cluster is not None:
        return f"there is no state at {place}, so no rollout is known"
    others = out_of_reach(SYSTEM) if place.folder != SYSTEM else None
    return f"there is no state folder at {place}, so no rollout is known" + (
        f"; {others}" if others else ""
    )


def place_to_name(place: StatePlace) -> str:
    """The state as a command has to name it; empty where it is looked for by itself."""
    if place.cluster is not None:
        return str(place)
    try:
        is_default = place.folder == default_state_dir(os.environ)
    except StateError:  # a user without a home has none
        is_default = False
    return "" if is_default else str(place.folder.absolute())


async def has_state(place: StatePlace) -> bool:
    """Whether there is a journal. Raises StateError."""
    if place.cluster is not None:
        return await kubernetes.has_state(place.cluster)
    return exists(place.folder)


def open_state(place: StatePlace, *, create: bool) -> Store:
    """To write; with `create`, it is made where missing. Raises StateError."""
    if place.cluster is not None:
        return kubernetes.open_state(place.cluster, create=create)
    return open_store(place.folder, SystemClock(), create=create)


def read_state(place: StatePlace) -> Store:
    """Only to read. Raises StateError."""
    if place.cluster is not None:
        return kubernetes.open_state(place.cluster, create=False)
    return read_store(place.folder, SystemClock())


def lock_of(place: StatePlace, settings: Settings | None, by: str) -> Lock:
    """For all who share the state; of a pool in a cluster, for all who know the cluster."""
    shared: Lock = (
        FileLock(place.folder, SystemClock(), by)
        if place.cluster is None
        else kubernetes.state_lock(place.cluster, by)
    )
    pool = None if settings is None else settings.pool
    if isinstance(pool, PodPool | NodePool):
        return BothLocks(shared, kubernetes.pool_lock(pool, by))
    return shared
