"""Validation from outside: HTTP, TCP, a command.

Belongs here: trying a probe until it passes or its time is over, and describing what was seen. Does
not belong here: when a member is validated and what follows
(`controller.core`), a load balancer's own health checks (`adapters.haproxy`), metrics. httpx is
imported by `http` alone, and `http` only once a probe needs it: it takes a tenth of a second.
"""

from adapters.probes.validator import OutsideValidator

__all__ = ["OutsideValidator"]
