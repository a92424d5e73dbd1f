"""The access that Kubernetes mounts into a pod."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from adapters.kubernetes.client.auth import Credentials
from adapters.kubernetes.client.login.access import Access
from adapters.kubernetes.client.login.cluster import checked, proxy_to
from adapters.kubernetes.client.login.token_file import TokenFile
from adapters.kubernetes.client.wire.tls import Pem, Tls, context_of
from adapters.words import is_file


def is_inside(environ: Mapping[str, str], mounted: Path) -> bool:
    return bool(environ.get("KUBERNETES_SERVICE_HOST")) and is_file(mounted / "token")


def inside(namespace: str, environ: Mapping[str, str], mounted: Path) -> Access:
    """Blocks. Raises BadAccess."""
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "443")
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    checked(server, "the environment of this pod")
    try:
        own = (mounted / "namespace").read_text().strip()
    except (OSError, ValueError):
        own = ""
    tls = Tls(ca=Pem("certificate-authority", str(mounted / "ca.crt")))
    context_of(tls)
    return Access(
        where=urlsplit(server).netloc,
        server=server,
        namespace=namespace or own or "default",
        tls=tls,
        credentials=Credentials(TokenFile(str(mounted / "token"))),
        proxy=proxy_to("", server, environ),
    )
