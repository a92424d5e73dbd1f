"""What is done on the hosts of members, over OpenSSH's `ssh`: steps, reboots, proofs.

Belongs here: how a host is reached, what runs there, and how the end of it is learned. Does not
belong here: processes of this machine (`adapters.commands`, reached through the port), templates
(`controller.config`), what an end means for the member (`controller.core`).
"""

from adapters.hosts.looking import HostLooks
from adapters.hosts.tasks import KINDS, HostTasks

__all__ = ["KINDS", "HostLooks", "HostTasks"]
