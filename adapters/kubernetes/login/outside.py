"""Access by a kubeconfig."""

from collections.abc import Mapping
from functools import partial

from adapters.kubernetes.auth import Credentials
from adapters.kubernetes.login import kubeconfig
from adapters.kubernetes.login.access import Access
from adapters.kubernetes.login.cluster import checked, proxy_to, tls_of
from adapters.kubernetes.login.user import acting_as, read_again, source_of


def outside(context: str, path: str, namespace: str, environ: Mapping[str, str]) -> Access:
    """Blocks. Raises BadAccess."""
    chosen = kubeconfig.choose(path, context, environ)
    title = f"kubeconfig {chosen.files}, context {chosen.context!r}"
    server = str(chosen.cluster.get("server") or "").rstrip("/")
    checked(server, title)
    tls = tls_of(chosen, title)
    again = partial(read_again, path, chosen.context, environ)
    warnings = () if tls.verify else (_unverified(chosen.context),)
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
        warnings=warnings,
    )


def _unverified(context: str) -> str:
    return (
        f"the certificate of the API server is not verified (insecure-skip-tls-verify in the "
        f"context {context!r}): whoever is in between reads the credentials and gives orders"
    )
