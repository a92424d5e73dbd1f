"""poolroll: rolling upgrades of load-balanced pools, one member at a time.

`controller` holds what decides and what drives; it never talks to a load balancer, a disk or a
clock itself (that is `adapters`, behind the protocols of `controller.ports`).
"""

__version__ = "0.1.0"
__project__ = "poolroll"
