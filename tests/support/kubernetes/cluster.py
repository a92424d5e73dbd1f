"""A whole cluster in the process of a test: API server, controllers, and kubelets if wanted.

async with FakeCluster() as cluster:
    cluster.add(manifests.service(), manifests.statefulset(replicas=3))
    path = cluster.kubeconfig(tmp_path)
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import trustme

from tests.support.kubernetes import answers
from tests.support.kubernetes.access import MASTERS, Access, User
from tests.support.kubernetes.controllers.all import ALL
from tests.support.kubernetes.controllers.base import Controller
from tests.support.kubernetes.discovery import discovered
from tests.support.kubernetes.faults import Faults
from tests.support.kubernetes.handlers import Handlers
from tests.support.kubernetes.hands import Hands
from tests.support.kubernetes.instant_kubelet import InstantKubelet, Manner
from tests.support.kubernetes.kinds import NAMESPACES, NODES, Json
from tests.support.kubernetes.manifests import namespace, node
from tests.support.kubernetes.outages import Outages
from tests.support.kubernetes.registry import Registry
from tests.support.kubernetes.requests import Call, located
from tests.support.kubernetes.server import Server, Stream
from tests.support.kubernetes.store import Store
from tests.support.kubernetes.times import Time
from tests.support.kubernetes.watches import Watch

ADMIN: Final = "admin-token"
SPACES: Final = ("default", "kube-system", "kube-node-lease")
_KUBECONFIG: Final = """\
apiVersion: v1
kind: Config
current-context: {context}
clusters:
- name: {context}
  cluster: {{server: "{url}"{trusted}}}
users:
- name: {context}
  user: {{token: "{token}"}}
contexts:
- name: {context}
  context: {{cluster: {context}, user: {context}, namespace: {space}}}
"""
_AUTHORITY: list[trustme.CA] = []
"""One for all clusters of a process: keys take long to make."""


class FakeCluster(Hands, Outages):
    """`manner`: how pods behave in memory; None leaves them to other kubelets, and the Nodes too.

    `speed`: seconds of the cluster in one of ours; `lag`: seconds of ours until controllers act.
    Make it inside a running loop. `token` is that of a user who may do everything.
    """

    def __init__(
        self,
        *,
        tls: bool = True,
        rbac: bool = False,
        manner: Manner | None = None,
        kubelet: bool = True,
        nodes: int = 3,
        speed: float = 1.0,
        lag: float = 0.002,
        without: tuple[type[Controller], ...] = (),
    ) -> None:
        store, time = Store(), Time(speed)
        access = Access(store, rbac=rbac)
        Hands.__init__(self, Registry(store, time), access)
        self.faults = Faults()
        self.token = ADMIN
        self.access.users[ADMIN] = User("admin", (MASTERS, "system:authenticated"))
        for name in SPACES:
            self.registry.create(NAMESPACES, namespace(name))
        controllers = [one(self.registry, lag) for one in ALL if one not in without]
        self.kubelet = InstantKubelet(self.registry, lag, manner or Manner()) if kubelet else None
        if self.kubelet is not None:
            controllers.append(self.kubelet)
            for number in range(nodes):
                self.registry.create(NODES, node(f"node-{number + 1}"))
        self._handlers = Handlers(self.registry, self.access)
        self._context = _context() if tls else None
        Outages.__init__(self, Server(self._handle, self._context), controllers, access, time)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        return f"http{'s' * (self._context is not None)}://127.0.0.1:{self.server.port}"

    @property
    def authority(self) -> bytes:
        """PEM."""
        return _authority().cert_pem.bytes()

    async def __aenter__(self) -> Self:
        await self.server.start()
        self._tasks = [asyncio.create_task(one.run()) for one in self.controllers]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.server.stop()
        tasks = [*self._tasks, *self.returning]
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for one in self.controllers:
            one.stop()
        faults = [one for one in results if isinstance(one, Exception)]
        faults += [fault for one in self.controllers for fault in one.faults]
        if faults and error is None:
            raise ExceptionGroup("controllers of the fake cluster", faults)
        for fault in faults:
            assert error is not None
            error.add_note(f"a controller of the fake cluster: {fault!r}")

    def kubeconfig(
        self,
        folder: Path,
        *,
        token: str = ADMIN,
        namespace: str = "default",
        context: str = "fake",
        name: str = "kubeconfig",
    ) -> Path:
        """Written to `folder`, with the authority beside it."""
        authority = folder / "ca.pem"
        authority.write_bytes(self.authority)
        trusted = f', certificate-authority: "{authority}"' if self._context is not None else ""
        path = folder / name
        path.write_text(
            _KUBECONFIG.format(
                url=self.url, trusted=trusted, token=token, space=namespace, context=context
            ),
            "utf-8",
        )
        return path

    # One call

    async def handled(self, call: Call) -> tuple[int, Json | Stream]:
        """As if it had come over HTTP. Raises StatusError, Cut."""
        return await self._handle(call)

    async def _handle(self, call: Call) -> tuple[int, Json | Stream]:
        call.at = self.time.seconds()
        try:
            located(call)
        except answers.StatusError:
            if (answer := discovered(call.path)) is None:
                await self.faults.before(call)
                raise
            call.verb = "discover"
            if call.path != "/version":
                self.access.who(call)
            return 200, answer
        await self.faults.before(call)
        user = self.access.who(call)
        call.user = user.name
        self.access.check(user, call)
        if call.verb == "watch":
            return 200, self._watch(call)
        status, answer = self._handlers.answer(call, user)
        call.status = status
        await self.faults.after(call)
        return status, answer

    def _watch(self, call: Call) -> AsyncGenerator[Json, None]:
        return Watch(self.store, self.time, call).events()


def _authority() -> trustme.CA:
    if not _AUTHORITY:
        _AUTHORITY.append(trustme.CA())
    return _AUTHORITY[0]


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _authority().issue_cert("127.0.0.1", "localhost", "kubernetes.default.svc").configure_cert(
        context
    )
    return context
