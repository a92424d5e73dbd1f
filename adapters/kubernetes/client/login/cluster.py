"""What a kubeconfig says of the cluster: where, whom to trust, by which proxy."""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from adapters.kubernetes.client.faults import BadAccess
from adapters.kubernetes.client.login.kubeconfig import Chosen, Section
from adapters.kubernetes.client.wire.tls import Pem, Tls, context_of
from adapters.proxies import Proxy, Unusable, proxy_for


def checked(server: str, title: str) -> None:
    """Raises BadAccess."""
    try:
        parts = urlsplit(server)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        is_plain = not (parts.query or parts.fragment or parts.username is not None)
    except ValueError:
        is_url = is_plain = False
    if not is_url or not is_plain or not server.isprintable() or " " in server:
        raise BadAccess(f"{title}: the server must be a plain URL, like https://HOST:6443")


def tls_of(chosen: Chosen, title: str) -> Tls:
    """With the client certificate of the user. Raises BadAccess."""
    cluster, user = chosen.cluster, chosen.user
    tls = Tls(
        ca=pem_of(cluster, "certificate-authority", chosen.cluster_base),
        cert=pem_of(user, "client-certificate", chosen.user_base),
        key=pem_of(user, "client-key", chosen.user_base),
        verify=not cluster.get("insecure-skip-tls-verify"),
        server_name=str(cluster.get("tls-server-name") or ""),
    )
    if not tls.verify and tls.ca is not None:
        words = "insecure-skip-tls-verify and certificate-authority exclude each other"
        raise BadAccess(f"{title}: {words}")
    if (tls.cert is None) != (tls.key is None):
        raise BadAccess(f"{title}: client-certificate and client-key need each other")
    context_of(tls)
    return tls


def pem_of(section: Section, key: str, base: str) -> Pem | None:
    """The data goes before the file, as for kubectl."""
    if data := section.get(f"{key}-data"):
        try:
            return Pem(key, data=base64.b64decode(str(data), validate=True))
        except (binascii.Error, ValueError):
            raise BadAccess(f"kubeconfig: {key}-data is not valid base64") from None
    path = section.get(key)
    return Pem(key, str(Path(base, str(path)))) if path else None


def proxy_to(named: str, server: str, environ: Mapping[str, str]) -> Proxy | None:
    """That of the cluster's entry goes first; the environment's is read as curl does."""
    if not named:
        try:
            return proxy_for(server, environ)
        except Unusable as error:
            raise BadAccess(str(error)) from None
    if urlsplit(named).scheme not in ("http", "https") or not urlsplit(named).hostname:
        raise BadAccess("kubeconfig: proxy-url must begin with http:// or https:// and a host")
    return Proxy("proxy-url", named)
