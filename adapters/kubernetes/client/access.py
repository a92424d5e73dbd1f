"""The way to a cluster: from inside of it, or by a kubeconfig."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from adapters.kubernetes.client.faults import BadAccess
from adapters.kubernetes.client.login.access import Access
from adapters.kubernetes.client.login.inside import inside, is_inside
from adapters.kubernetes.client.login.outside import outside
from adapters.kubernetes.client.login.threads import bounded

__all__ = ["Access", "access_of"]

_MOUNTED: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
_SECONDS: Final = 10.0
"""To read a few small files: on a network file system that hangs, never."""


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
    is_named = bool(context or kubeconfig or environ.get("KUBECONFIG", "").strip())
    try:
        if not is_named and is_inside(environ, Path(mounted)):
            return bounded(lambda: inside(namespace, environ, Path(mounted)), _SECONDS)
        return bounded(lambda: outside(context, kubeconfig, namespace, environ), _SECONDS)
    except TimeoutError:
        what = "the kubeconfig, or a file that it names, cannot be read within"
        raise BadAccess(f"{what} {_SECONDS:g} s: a file system that hangs?") from None
