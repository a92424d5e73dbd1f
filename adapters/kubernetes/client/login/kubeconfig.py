"""The kubeconfig: which cluster and user a context means, by the rules of kubectl.

`kubernetes.config` reads and merges the files; where it does not do as kubectl does (which file's
current context wins), it is not asked.
"""

import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from adapters.kubernetes.client.faults import BadAccess

Section = Mapping[str, Any]
_DEFAULT: Final = "~/.kube/config"


@dataclass(frozen=True, slots=True)
class Chosen:
    context: str
    namespace: str
    cluster: Section
    user: Section = field(repr=False)
    cluster_base: str
    """The folder of the file that it stands in: relative paths are below it."""
    user_base: str
    files: str
    """For people."""
    merged: Any = field(repr=False)
    """The library's, for the providers that write to the file."""


def files_of(path: str, environ: Mapping[str, str]) -> Sequence[str]:
    """The path that was named, else `KUBECONFIG`, else kubectl's place. Raises BadAccess."""
    named = [path] if path else environ.get("KUBECONFIG", "").split(os.pathsep)
    listed = [one for one in named if one.strip()] or [_DEFAULT]
    try:
        return [str(Path(one).expanduser().absolute()) for one in listed]
    except RuntimeError:
        raise BadAccess("no kubeconfig: this user has no home folder; name one") from None


def choose(path: str, context: str, environ: Mapping[str, str]) -> Chosen:
    """Blocks. Raises BadAccess."""
    files = files_of(path, environ)
    title = ", ".join(files)
    there = [one for one in files if _has_text(one, must_exist=bool(path))]
    if not there:
        mend = "name one in the rollout file (kubeconfig) or in KUBECONFIG"
        if environ.get("KUBERNETES_SERVICE_HOST"):
            mend += "; or give this pod its service account token (automountServiceAccountToken)"
        raise BadAccess(f"no kubeconfig: {title} does not exist or is empty; {mend}")
    merger = _merged(there)
    name = context or _current(merger.config_files, there)
    contexts = _listed(merger, "contexts")
    if not name:
        names = ", ".join(sorted(contexts)) or "none"
        raise BadAccess(f"kubeconfig {title}: no current context; name one of: {names}")
    if name not in contexts:
        names = ", ".join(sorted(contexts)) or "none"
        raise BadAccess(f"kubeconfig {title}: no context {name!r}; there are: {names}")
    inner = _inner(contexts[name], "context")
    cluster, cluster_base = _named(merger, "clusters", inner, name)
    user: Section = {}
    user_base = ""
    if inner.get("user"):
        user, user_base = _named(merger, "users", inner, name)
    namespace = str(inner.get("namespace") or "")
    return Chosen(name, namespace, cluster, user, cluster_base, user_base, title, merger)


def _has_text(path: str, *, must_exist: bool) -> bool:
    try:
        return Path(path).stat().st_size > 0
    except (FileNotFoundError, NotADirectoryError):
        if must_exist:
            raise BadAccess(f"kubeconfig {path}: no such file") from None
        return False
    except OSError as error:
        raise BadAccess(f"kubeconfig {path}: {(error.strerror or 'unreadable').lower()}") from None


def _merged(files: Sequence[str]) -> Any:
    library = import_module("kubernetes.config.kube_config")
    merger = library.KubeConfigMerger("")
    for path in files:
        try:
            merger.load_config(path)
        except OSError as error:
            why = (error.strerror or "unreadable").lower()
            raise BadAccess(f"kubeconfig {path}: {why}") from None
        except UnicodeDecodeError:
            raise BadAccess(f"kubeconfig {path}: not text") from None
        except (AttributeError, TypeError, KeyError, ValueError):
            raise BadAccess(f"kubeconfig {path}: this is no kubeconfig") from None
        except Exception as error:  # noqa: BLE001 - of YAML, and of the library
            raise BadAccess(f"kubeconfig {path}: {_fault(error)}") from None
        merger.paths.append(path)
    merger.config_saved = deepcopy(merger.config_files)
    return merger


def _fault(error: Exception) -> str:
    """The library's and YAML's messages quote the file, which holds secrets."""
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1} is not valid YAML" if mark is not None else "not valid YAML"


def _current(files: Mapping[str, Section], order: Sequence[str]) -> str:
    """The first that is set."""
    return next((str(one) for path in order if (one := files[path].get("current-context"))), "")


def _listed(merger: Any, kind: str) -> dict[str, Any]:
    """By name; each knows the file that it stands in."""
    nodes = [one for one in merger.config.value[kind] if isinstance(one.value, dict)]
    return {str(node.value["name"]): node for node in nodes if node.value.get("name")}


def _named(merger: Any, kind: str, context: Section, name: str) -> tuple[Section, str]:
    """The cluster or user that a context names, and the folder of its file."""
    one = kind.removesuffix("s")
    wanted = str(context.get(one) or "")
    found = _listed(merger, kind).get(wanted)
    if found is None:
        raise BadAccess(f"kubeconfig: the context {name!r} names the {one} {wanted!r}: no such one")
    return _inner(found, one), str(Path(found.path).parent)


def _inner(node: Any, key: str) -> Section:
    inner = node.value.get(key)
    if inner is None:
        return {}
    if not isinstance(inner, dict):
        raise BadAccess(f"kubeconfig {node.path}: a {key} is not a mapping")
    return inner
