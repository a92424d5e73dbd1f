"""What a kubeconfig says of the user: where credentials come from, and whom to act as."""

import base64
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from adapters.kubernetes.client.auth import Grant, NoGrant, Source, bearer
from adapters.kubernetes.client.faults import BadAccess
from adapters.kubernetes.client.login import kubeconfig
from adapters.kubernetes.client.login.cluster import pem_of
from adapters.kubernetes.client.login.fixed import Fixed
from adapters.kubernetes.client.login.kubeconfig import Chosen, Section
from adapters.kubernetes.client.login.plugin import Plugin
from adapters.kubernetes.client.login.provider import Provider
from adapters.kubernetes.client.login.token_file import TokenFile
from adapters.words import is_file


def source_of(chosen: Chosen, title: str, again: Callable[[], Grant]) -> Source:
    """The order is that of kubectl. Raises BadAccess."""
    user = chosen.user
    if user.get("auth-provider"):
        return Provider(chosen, user["auth-provider"])
    if path := user.get("tokenFile"):
        file = Path(chosen.user_base, str(path))
        if is_file(file) or not user.get("token"):
            return TokenFile(str(file))
    if isinstance(found := user.get("exec"), dict) and not user.get("token"):
        cluster = _told(chosen) if found.get("provideClusterInfo") else None
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


def read_again(path: str, context: str, environ: Mapping[str, str]) -> Grant:
    try:
        return _written(kubeconfig.choose(path, context, environ).user)
    except BadAccess as error:
        raise NoGrant(str(error)) from None


def _told(chosen: Chosen) -> Section:
    """What a plugin is told of the cluster."""
    cluster = chosen.cluster
    names = ("server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url")
    told = {name: cluster[name] for name in names if cluster.get(name)}
    if ca := pem_of(cluster, "certificate-authority", chosen.cluster_base):
        told["certificate-authority-data"] = base64.b64encode(ca.read()).decode()
    for one in cluster.get("extensions") or []:
        if isinstance(one, dict) and one.get("name") == "client.authentication.k8s.io/exec":
            told["config"] = one.get("extension")
    return told


def acting_as(user: Section) -> Sequence[tuple[str, str]]:
    """The library knows nothing of it, and would act with the rights of somebody else."""
    named = [("Impersonate-User", user.get("as")), ("Impersonate-Uid", user.get("as-uid"))]
    named += [("Impersonate-Group", one) for one in user.get("as-groups") or []]
    for key, values in (user.get("as-user-extra") or {}).items():
        named += [(f"Impersonate-Extra-{quote(str(key), safe='')}", one) for one in values]
    return tuple((name, str(value)) for name, value in named if value)
