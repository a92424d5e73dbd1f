"""A whole cluster in the process of a test: API server, controllers, and kubelets if wanted.

async with FakeCluster() as cluster:
    cluster.add(*manifests.pool("web", replicas=3))
    path = cluster.kubeconfig(tmp_path)
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import trustme

from tests.support.kubernetes import answers
from tests.support.kubernetes.access import MASTERS, Access, User
from tests.support.kubernetes.controllers.all import ALL
from tests.support.kubernetes.controllers.base import Controller
from tests.support.kubernetes.discovery import discovered
from tests.support.kubernetes.faults import Faults
from tests.support.kubernetes.handlers import Handlers
from tests.support.kubernetes.instant_kubelet import InstantKubelet, Manner
from tests.support.kubernetes.kinds import NAMESPACES, NODES, Json, Kind, kind_of
from tests.support.kubernetes.manifests import namespace, node
from tests.support.kubernetes.registry import Registry, Writer
from tests.support.kubernetes.requests import Call, located
from tests.support.kubernetes.server import Server, Stream
from tests.support.kubernetes.store import Store
from tests.support.kubernetes.times import Time
from tests.support.kubernetes.watches import Watch
from tests.support.waiting import until

C = TypeVar("C", bound=Controller)
ADMIN: Final = "admin-token"
SPACES: Final = ("default", "kube-system", "kube-node-lease")
_AUTHORITY: list[trustme.CA] = []
"""One for all clusters of a process: keys take long to make."""


class FakeCluster:
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
        self.time, self.store, self.faults = Time(speed), Store(), Faults()
        self.registry = Registry(self.store, self.time)
        self.access = Access(self.store, rbac=rbac)
        self.token = ADMIN
        self.access.users[ADMIN] = User("admin", (MASTERS, "system:authenticated"))
        for name in SPACES:
            self.registry.create(NAMESPACES, namespace(name))
        self.controllers = [one(self.registry, lag) for one in ALL if one not in without]
        self.kubelet = InstantKubelet(self.registry, lag, manner or Manner()) if kubelet else None
        if self.kubelet is not None:
            self.controllers.append(self.kubelet)
            for number in range(nodes):
                self.registry.create(NODES, node(f"node-{number + 1}"))
                self._ready(f"node-{number + 1}")
        self._handlers = Handlers(self.registry, self.access)
        self._context = _context() if tls else None
        self._server = Server(self._handle, self._context)
        self._tasks: list[asyncio.Task[None]] = []
        self._awake: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http{'s' * (self._context is not None)}://127.0.0.1:{self._server.port}"

    @property
    def authority(self) -> bytes:
        """PEM."""
        return _authority().cert_pem.bytes()

    async def __aenter__(self) -> Self:
        await self._server.start()
        self._tasks = [asyncio.create_task(one.run()) for one in self.controllers]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._server.stop()
        tasks = [*self._tasks, *([self._awake] if self._awake else [])]
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for one in self.controllers:
            one.stop()
        faults = [one for one in results if isinstance(one, Exception)]
        faults += [fault for one in self.controllers for fault in one.faults]
        if faults and error is None:
            raise ExceptionGroup("controllers of the fake cluster", faults)

    # What a test does without HTTP

    def add(self, *manifests: Json) -> list[Json]:
        """Create them as `kubectl-create` would, each in the namespace that it names."""
        return [
            self.registry.create(
                kind := kind_of(one),
                one,
                (one["metadata"].get("namespace") or "default") if kind.namespaced else "",
                Writer("kubectl-create"),
            )
            for one in manifests
        ]

    def get(self, kind: Kind, name: str, namespace: str = "default") -> Json:
        """Raises StatusError 404."""
        return self.registry.get(kind, name, namespace if kind.namespaced else "")

    def find(self, kind: Kind, name: str, namespace: str = "default") -> Json | None:
        return self.store.get(kind, name, namespace if kind.namespaced else "")

    def all(self, kind: Kind, namespace: str | None = "default") -> list[Json]:
        """By name."""
        found = self.store.all(kind, namespace if kind.namespaced else None)
        return sorted(found, key=lambda one: str(one["metadata"]["name"]))

    def change(
        self,
        kind: Kind,
        name: str,
        change: Callable[[Json], None],
        namespace: str = "default",
        *,
        manager: str = "kubectl-edit",
        subresource: str = "",
    ) -> Json:
        """What somebody else does to an object, in place of a copy."""

        def changed(one: Json) -> Json:
            change(one)
            return one

        space = namespace if kind.namespaced else ""
        by = Writer(manager, subresource=subresource)
        return self.registry.change(kind, name, space, changed, by)

    def account(self, namespace: str, name: str) -> str:
        """A token of a service account."""
        token = f"token-{namespace}-{name}"
        self.access.users[token] = self.access.account(namespace, name)
        return token

    def kubeconfig(
        self,
        folder: Path,
        *,
        token: str = ADMIN,
        namespace: str = "default",
        context: str = "fake",
        name: str = "kubeconfig",
    ) -> Path:
        folder.joinpath("ca.pem").write_bytes(self.authority)
        path = folder / name
        is_safe = self._context is not None
        path.write_text(
            f"""\
apiVersion: v1
kind: Config
current-context: {context}
clusters:
- name: {context}
  cluster: {{server: "{self.url}"{f', certificate-authority: "{folder}/ca.pem"' * is_safe}}}
users:
- name: {context}
  user: {{token: "{token}"}}
contexts:
- name: {context}
  context: {{cluster: {context}, user: {context}, namespace: {namespace}}}
""",
            "utf-8",
        )
        return path

    def controller(self, kind: type[C]) -> C:
        """The one of this class."""
        return next(one for one in self.controllers if isinstance(one, kind))

    async def settled(self) -> None:
        """Until no controller has anything to do now; some may wait for a time to come."""
        await until(lambda: all(one.is_idle for one in self.controllers), every=0.001)

    # Faults of the whole server

    async def stop(self) -> None:
        """As by SIGKILL: connections end, new ones are refused, controllers stand still."""
        self.halt()
        await self._server.stop()

    async def start(self, *, controllers_after: float = 0.0, refusals: int = 2) -> None:
        """Again, as measured: older resource versions are too old, the first answers to users
        with limited rights are 403, controllers come back later (seconds of the cluster)."""
        self.store.restart()
        self.access.refusals = refusals if self.access.rbac else 0
        await self._server.start()
        self._awake = asyncio.create_task(self._work_again(controllers_after))

    async def _work_again(self, after: float) -> None:
        await self.time.sleep(after)
        self.resume()

    def halt(self) -> None:
        """Controllers and kubelets stand still, the API goes on."""
        for one in self.controllers:
            one.works.clear()

    def freeze(self) -> None:
        """As by SIGSTOP: it accepts, and answers nothing."""
        self.halt()
        self._server.freeze()

    def thaw(self) -> None:
        self._server.thaw()
        self.resume()

    def resume(self) -> None:
        for one in self.controllers:
            one.works.set()

    def cut_watches(self, *, clean: bool = False) -> int:
        """End every stream: cut off, or as if its time were over. Gives how many there were."""
        return self._server.cut_streams(clean=clean)

    def expire(self) -> None:
        """Every older resource version is too old from now on, as after a restart."""
        self.store.restart()

    # One call

    async def _handle(self, call: Call) -> tuple[int, Json | Stream]:
        call.at = self.time.seconds()
        try:
            located(call)
        except answers.StatusError:
            if (answer := discovered(call.path)) is None:
                await self.faults.before(call)
                raise
            call.verb = "discover"
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

    def _ready(self, name: str) -> None:
        def change(one: Json) -> None:
            one["status"] = node(name)["status"]

        self.change(NODES, name, change, manager="kubelet", subresource="status")


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
