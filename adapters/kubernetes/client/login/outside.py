"""Access by a kubeconfig."""

from collections.abc import Iterator, Mapping
from functools import partial
from ipaddress import ip_address
from urllib.parse import urlsplit

from adapters.kubernetes.client.auth import Credentials
from adapters.kubernetes.client.login import kubeconfig
from adapters.kubernetes.client.login.access import Access
from adapters.kubernetes.client.login.cluster import checked, proxy_to, tls_of
from adapters.kubernetes.client.login.user import acting_as, read_again, source_of
from adapters.kubernetes.client.wire.tls import Tls


def outside(context: str, path: str, namespace: str, environ: Mapping[str, str]) -> Access:
    """Blocks. Raises BadAccess."""
    chosen = kubeconfig.choose(path, context, environ)
    title = f"kubeconfig {chosen.files}, context {chosen.context!r}"
    server = str(chosen.cluster.get("server") or "").rstrip("/")
    checked(server, title)
    tls = tls_of(chosen, title)
    again = partial(read_again, path, chosen.context, environ)
    return Access(
        where=chosen.context,
        server=server,
        namespace=namespace or chosen.namespace or "default",
        tls=tls,
        credentials=Credentials(source_of(chosen, title, again)),
        headers=acting_as(chosen.user),
        proxy=proxy_to(str(chosen.cluster.get("proxy-url") or ""), server, environ),
        context=chosen.context,
        kubeconfig=path,
        warnings=tuple(_warnings(chosen.context, server, tls)),
    )


def _warnings(context: str, server: str, tls: Tls) -> Iterator[str]:
    reads = "whoever is in between reads the credentials and gives orders"
    if not tls.verify:
        yield (
            "the certificate of the API server is not verified (insecure-skip-tls-verify, "
            f"context {context!r}): {reads}"
        )
    parts = urlsplit(server)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        yield f"the API server is asked without TLS ({server}, context {context!r}): {reads}"


def _is_loopback(host: str) -> bool:
    """`kubectl proxy` listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
