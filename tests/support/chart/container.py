"""The container of a run, started as a kubelet would: the files of its volumes, its environment,
and the token of its ServiceAccount where every pod has it.

Only that last place is fixed: it is laid over /run in a mount namespace of its own. All other paths
are moved into a folder of the test.
"""

import json
import os
import subprocess
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.chart.rendered import Json, run_of
from tests.support.command import COMMAND, started
from tests.support.fork_server import Process

MOVED: Final = ("/etc/poolroll", "/tmp", "/dev/termination-log")
_INSIDE: Final = """
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/secrets/kubernetes.io
cp -r "$0" /run/secrets/kubernetes.io/serviceaccount
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class Account:
    """Of a ServiceAccount in a pod: what is mounted, and how it finds the API server."""

    namespace: str
    token: str
    ca: str
    """PEM."""
    host: str
    port: int

    def kubeconfig(self, folder: Path) -> Path:
        """The same from outside of the cluster."""
        cluster = {
            "server": f"https://{self.host}:{self.port}",
            "certificate-authority-data": b64encode(self.ca.encode()).decode(),
        }
        context = {"cluster": "it", "user": "it", "namespace": self.namespace}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": cluster}],
            "users": [{"name": "it", "user": {"token": self.token}}],
            "contexts": [{"name": "it", "context": context}],
        }
        path = folder / "kubeconfig.json"
        path.write_text(json.dumps(config))
        return path


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str
    message: str
    """What it wrote to its termination log."""

    @property
    def text(self) -> str:
        return f"{self.out}\n{self.err}"


class Container:
    def __init__(
        self,
        spec: Json,
        folder: Path,
        account: Account,
        files: Mapping[str, Mapping[str, str]],
        *,
        node: str = "node-elsewhere",
        pod: str = "poolroll-web-1-abcde",
        outside: bool = False,
    ) -> None:
        """`spec`: of the pod; `files`: of each ConfigMap and Secret, by its name; `outside`: with
        a kubeconfig of the same account, which starts in a tenth of the time."""
        self.process: Process | subprocess.Popen[bytes]
        self._folder, self._container = folder, run_of(spec)
        self._fields = {"spec.nodeName": node, "metadata.name": pod}
        self._lay(spec, files)
        mounted = folder / "serviceaccount"
        mounted.mkdir()
        for name, text in {"token": account.token, "ca.crt": account.ca}.items():
            (mounted / name).write_text(text)
        (mounted / "namespace").write_text(account.namespace)
        argv = [*self._container["command"], *self._container["args"]]
        assert argv[0] == "poolroll"
        env = {one["name"]: self._value(one) for one in self._container["env"]}
        given = [self._moved(one) for one in argv[1:]]
        with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
            if outside:
                more = {"KUBECONFIG": str(account.kubeconfig(folder)), "HOSTNAME": pod}
                self.process = started(tuple(given), out.fileno(), err.fileno(), env | more)
                return
            inside = {
                "PATH": os.environ["PATH"],
                "HOSTNAME": pod,
                "KUBERNETES_SERVICE_HOST": account.host,
                "KUBERNETES_SERVICE_PORT": str(account.port),
            }
            apart = ["--user", "--map-root-user"] if os.geteuid() else []
            self.process = subprocess.Popen(
                ["unshare", "--mount", *apart, "sh", "-c", _INSIDE, str(mounted), COMMAND, *given],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=env | inside,
                cwd=folder,
                start_new_session=True,
            )

    def ended(self) -> Ended | None:
        if self.process.poll() is None:
            return None
        log = self._folder / "dev" / "termination-log"
        return Ended(
            self.process.wait(),
            (self._folder / "out").read_text(),
            (self._folder / "err").read_text(),
            log.read_text() if log.exists() else "",
        )

    def _lay(self, spec: Json, files: Mapping[str, Mapping[str, str]]) -> None:
        volumes = {one["name"]: one for one in spec["volumes"]}
        for place in MOVED[:2]:
            (self._folder / place[1:]).mkdir(parents=True)
        (self._folder / "dev").mkdir()
        for mount in self._container["volumeMounts"]:
            kept = files.get(_source(volumes[mount["name"]]), {})
            at = self._folder / mount["mountPath"][1:]
            wanted = {at: kept[mount["subPath"]]} if "subPath" in mount else {}
            wanted = wanted or {at / name: text for name, text in kept.items()}
            for path, text in wanted.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
                path.chmod(0o555)

    def _value(self, one: Json) -> str:
        if "value" in one:
            return self._moved(one["value"])
        return self._fields[one["valueFrom"]["fieldRef"]["fieldPath"]]

    def _moved(self, text: str) -> str:
        for place in MOVED:
            if text == place or text.startswith(f"{place}/"):
                return f"{self._folder}{text}"
        return text


def _source(volume: Mapping[str, Any]) -> str:
    return str(
        volume.get("configMap", {}).get("name") or volume.get("secret", {}).get("secretName", "")
    )
