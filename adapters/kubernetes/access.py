"""The way to a cluster: from inside of it, or by a kubeconfig."""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from adapters.kubernetes import kubeconfig
from adapters.kubernetes.auth import Credentials, Fixed, Grant, NoGrant, Source, TokenFile, bearer
from adapters.kubernetes.faults import BadAccess
from adapters.kubernetes.kubeconfig import Chosen, Section
from adapters.kubernetes.plugin import Plugin
from adapters.kubernetes.provider import Provider
from adapters.kubernetes.threads import bounded
from adapters.kubernetes.tls import Pem, Tls, context_of
from adapters.proxies import Proxy, Unusable, proxy_for

_MOUNTED: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
_SECONDS: Final = 10.0
"""To read a few small files: on a network file system that hangs, never."""


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
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of each request: whom to act as."""
    proxy: Proxy | None = None
    context: str = ""
    """Empty: in-cluster."""
    kubeconfig: str = ""
    """The path that was named; with `context` for `kubectl` lines."""
    warnings: tuple[str, ...] = ()


def access_of(
    context: str = "",
    kubeconfig: str = "",
    namespace: str = "",
    *,
    environ: Mapping[str, str] = os.environ,
    mounted: str = _MOUNTED,
) -> Access:
    """Blocks for some files, within a limit; no plugin is run yet, nothing is asked. Raises
    BadAccess.

    Nothing named: in-cluster where that is so, else by the kubeconfig, as kubectl does.
    """
    is_inside = not (context or kubeconfig or environ.get("KUBECONFIG", "").strip())
    try:
        if is_inside and environ.get("KUBERNETES_SERVICE_HOST") and _has_token(mounted):
            return bounded(lambda: _inside(namespace, environ, Path(mounted)), _SECONDS)
        return bounded(lambda: _outside(context, kubeconfig, namespace, environ), _SECONDS)
    except TimeoutError:
        what = "the kubeconfig, or a file that it names, cannot be read within"
        raise BadAccess(f"{what} {_SECONDS:g} s: a file system that hangs?") from None


def _has_token(mounted: str) -> bool:
    return Path(mounted, "token").is_file()


def _inside(namespace: str, environ: Mapping[str, str], mounted: Path) -> Access:
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "443")
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    _checked(server, "the environment of this pod")
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
        proxy=_proxy("", server, environ),
    )


def _outside(context: str, path: str, namespace: str, environ: Mapping[str, str]) -> Access:
    chosen = kubeconfig.choose(path, context, environ)
    title = f"kubeconfig {chosen.files}, context {chosen.context!r}"
    server = str(chosen.cluster.get("server") or "").rstrip("/")
    _checked(server, title)
    tls = _tls(chosen, title)
    again = partial(_read_again, path, chosen.context, environ)
    warnings = () if tls.verify else (_unverified(chosen.context),)
    return Access(
        where=chosen.context,
        server=server,
        namespace=namespace or chosen.namespace or "default",
        tls=tls,
        credentials=Credentials(_source(chosen, title, again)),
        headers=_acting_as(chosen.user),
        proxy=_proxy(str(chosen.cluster.get("proxy-url") or ""), server, environ),
        context=chosen.context,
        kubeconfig=path,
        warnings=warnings,
    )


def _unverified(context: str) -> str:
    return (
        f"the certificate of the API server is not verified (insecure-skip-tls-verify in the "
        f"context {context!r}): whoever is in between reads the credentials and gives orders"
    )


def _checked(server: str, title: str) -> None:
    try:
        parts = urlsplit(server)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        is_plain = not (parts.query or parts.fragment or parts.username is not None)
    except ValueError:
        is_url = is_plain = False
    if not is_url or not is_plain or not server.isprintable() or " " in server:
        raise BadAccess(f"{title}: the server must be a plain URL, like https://HOST:6443")


def _tls(chosen: Chosen, title: str) -> Tls:
    cluster, user = chosen.cluster, chosen.user
    tls = Tls(
        ca=_pem(cluster, "certificate-authority", chosen.cluster_base),
        cert=_pem(user, "client-certificate", chosen.user_base),
        key=_pem(user, "client-key", chosen.user_base),
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


def _pem(section: Section, key: str, base: str) -> Pem | None:
    """The data goes before the file, as for kubectl."""
    if data := section.get(f"{key}-data"):
        try:
            return Pem(key, data=base64.b64decode(str(data), validate=True))
        except (binascii.Error, ValueError):
            raise BadAccess(f"kubeconfig: {key}-data is not valid base64") from None
    path = section.get(key)
    return Pem(key, str(Path(base, str(path)))) if path else None


def _source(chosen: Chosen, title: str, again: "partial[Grant]") -> Source:
    user = chosen.user
    if user.get("auth-provider"):
        return Provider(chosen, user["auth-provider"])
    if not user.get("token") and (path := user.get("tokenFile")):
        return TokenFile(str(Path(chosen.user_base, str(path))))
    if isinstance(found := user.get("exec"), dict) and not user.get("token"):
        cluster = _told(chosen, title) if found.get("provideClusterInfo") else None
        return Plugin(found, chosen.user_base, cluster)
    try:
        return Fixed(_written(user), again)
    except NoGrant as error:
        raise BadAccess(f"{title}: {error}") from None


def _written(user: Section) -> Grant:
    """Raises NoGrant."""
    if token := user.get("token"):
        return bearer(str(token), "the token")
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password') or ''}".encode()
        return Grant(f"Basic {base64.b64encode(pair).decode()}")
    return Grant()


def _read_again(path: str, context: str, environ: Mapping[str, str]) -> Grant:
    try:
        return _written(kubeconfig.choose(path, context, environ).user)
    except BadAccess as error:
        raise NoGrant(str(error)) from None


def _told(chosen: Chosen, title: str) -> Section:
    """What a plugin is told of the cluster."""
    cluster = chosen.cluster
    names = ("server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url")
    told = {name: cluster[name] for name in names if cluster.get(name)}
    if ca := _pem(cluster, "certificate-authority", chosen.cluster_base):
        told["certificate-authority-data"] = base64.b64encode(ca.read()).decode()
    for one in cluster.get("extensions") or []:
        if isinstance(one, dict) and one.get("name") == "client.authentication.k8s.io/exec":
            told["config"] = one.get("extension")
    return told


def _acting_as(user: Section) -> Mapping[str, str]:
    named = {"Impersonate-User": user.get("as"), "Impersonate-Uid": user.get("as-uid")}
    groups = user.get("as-groups") or []
    if groups:
        named["Impersonate-Group"] = ",".join(str(one) for one in groups)
    return {name: str(value) for name, value in named.items() if value}


def _proxy(named: str, server: str, environ: Mapping[str, str]) -> Proxy | None:
    """That of the cluster's entry goes first; the environment's is read as curl does."""
    if not named:
        try:
            return proxy_for(server, environ)
        except Unusable as error:
            raise BadAccess(str(error)) from None
    if urlsplit(named).scheme not in ("http", "https") or not urlsplit(named).hostname:
        raise BadAccess("kubeconfig: proxy-url must begin with http:// or https:// and a host")
    return Proxy("proxy-url", named)
