"""Locks made of Leases, as client-go's leader election makes them.

Belongs here: taking, keeping and judging a Lease, and the lock on a pool. Does not belong here: the
lock of those who share a state in a cluster (`adapters.kubernetes.state.lock`).
"""

from adapters.kubernetes.lease.lock import OF_NODES, LeaseLock, lease_name

__all__ = ["OF_NODES", "LeaseLock", "lease_name"]
