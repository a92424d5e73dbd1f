"""Journal, requests and lock in a cluster, for runs and operators on any machine.

Belongs here: ConfigMaps and Leases of the namespace that `state` names, and the codecs of what is
written into them. Does not belong here: what a record means (`controller.core`), when to write one
(the runner), and the lock on the pool itself (`adapters.kubernetes.lease`).

Objects of a rollout name; they are also what a backup needs::

    ConfigMap poolroll-NAME-head    its rollouts and their chunks, members that are out, requests
    ConfigMap poolroll-NAME-0 …     chunks: the records of one rollout each, some 100 of them
    Lease     poolroll-run-NAME-lock    who works on it, and the pool it holds

The journal is the fence: whoever goes on with a rollout writes head and chunk first, and each write
names the version that it was made for, so the next one of whoever wrote before is refused.
"""

from adapters.kubernetes.state.store import ClusterStore, has_state, open_cluster_state

__all__ = ["ClusterStore", "has_state", "open_cluster_state"]
