"""Commands on this machine, run so that they outlive poolroll.

Belongs here: starting a step under its helper, joining one that runs or has ended, killing what
exceeds its timeout, and running short commands. Does not belong here: what a step's
end means for its member (`controller.core`), templates (`controller.config`), probes over the
network (`adapters.probes`).
"""

from adapters.commands.local import LocalCommands

__all__ = ["LocalCommands"]
