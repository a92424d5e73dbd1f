"""All that a client needs for one cluster."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.kubernetes.client.auth import Credentials
from adapters.kubernetes.client.wire.tls import Tls
from adapters.proxies import Proxy


@dataclass(frozen=True, slots=True)
class Access:
    where: str
    """For people: the context, or in-cluster the server's host."""
    server: str
    """URL, without a slash at its end."""
    namespace: str
    """Where nothing else is said."""
    tls: Tls = field(repr=False)
    credentials: Credentials = field(repr=False)
    headers: Sequence[tuple[str, str]] = field(default=(), repr=False)
    """Of each request: whom to act as."""
    proxy: Proxy | None = None
    context: str = ""
    """Empty: in-cluster."""
    kubeconfig: str = ""
    """The path that was named; with `context` for `kubectl` lines."""
    warnings: tuple[str, ...] = ()
