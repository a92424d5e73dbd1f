"""One pod on its node: started, probed, restarted, ended, and what is said of it meanwhile."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.kubernetes.client import Client, Fault
from tests.support.kubernetes.nodes.running import Running, behaviour, launch, readiness
from tests.support.kubernetes.nodes.status import Shown, status_of

Json = dict[str, Any]
AGAIN = 0.3
"""Seconds before what could not be told is told again."""


@dataclass(slots=True)
class Home:
    """What the pods of one node share."""

    api: Client
    host: str
    address: Callable[[], str]
    """A new one at each call."""
    pace: float
    real_processes: bool
    backoff: float
    """Seconds before the second restart; twice as long each further time, ten times at most."""
    up: asyncio.Event = field(default_factory=asyncio.Event)
    finished: Callable[[Json, int], None] = lambda pod, code: None
    """Told of a pod that ran to its end, as a Job's does, and its exit code."""


class Pod:
    """One pod; `run` returns when it is gone."""

    def __init__(self, home: Home, pod: Json) -> None:
        self._home = home
        self._pod = pod
        self.shown = Shown()
        self._stop = asyncio.Event()
        self._news = asyncio.Event()
        self._gone = asyncio.Event()
        self._told = asyncio.Event()
        self._telling = asyncio.Lock()
        self._app: Running | None = None
        meta = pod["metadata"]
        self.path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"

    def seen(self, pod: Json) -> None:
        """The newest of it."""
        gates = pod["spec"].get("readinessGates")
        if gates and pod.get("status", {}).get("conditions") != self._pod.get("status", {}).get(
            "conditions"
        ):
            self._pod = pod
            self._say()
        self._pod = pod
        if self._is_contradicted(pod):
            self._say()
        if "deletionTimestamp" in pod["metadata"]:
            self._stop.set()

    def _is_contradicted(self, pod: Json) -> bool:
        """Whether somebody else, as the node controller, took from it that it is Ready."""
        said = {c["type"]: c["status"] for c in pod.get("status", {}).get("conditions") or ()}
        ours = self.shown.conditions.get("Ready", {}).get("status")
        return ours == "True" and said.get("Ready") == "False" and self._told.is_set()

    def vanish(self) -> None:
        """Its object is gone: what is left of it is killed."""
        self._gone.set()
        self._stop.set()
        if self._app:
            self._app.kill()

    def crash(self) -> None:
        """Its machine has stopped."""
        if self._app:
            self._app.kill()

    async def run(self) -> None:
        teller = asyncio.create_task(self._tell())
        try:
            await self._live()
            if not self._gone.is_set() and self._stop.is_set():
                await self._flushed()
                await self._delete()
            elif not self._gone.is_set():
                await self._ended()
        finally:
            with suppress(TimeoutError):  # a call that is cut leaves its connection behind
                async with asyncio.timeout(1), self._telling:
                    teller.cancel()
            teller.cancel()
            if self._app and not self._app.ended.done():
                self._app.kill()
                await asyncio.wait([self._app.ended])

    async def _live(self) -> None:
        shown, one = self.shown, self.shown.container
        wait = 0.0
        code = 0
        if self._stop.is_set():  # deleted before it began
            shown.phase = "Failed"
            return
        self._say()
        while True:
            await self._home.up.wait()
            if self._stop.is_set():
                break
            was, shown.address = shown.address, self._home.address()
            shown.moved = bool(was)
            code = await self._container()
            if not self._home.up.is_set():
                one.again()
                continue
            if self._stop.is_set() or not self._restarts(code):
                break
            if wait:
                one.wait("CrashLoopBackOff")
                self._say()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), wait)
                if self._stop.is_set():
                    break
            wait = min(wait * 2 or self._home.backoff, self._home.backoff * 10)
            one.again()
        shown.phase = "Failed" if code else "Succeeded"
        self._say()

    def _restarts(self, code: int) -> bool:
        policy = self._pod["spec"].get("restartPolicy", "Always")
        return policy == "Always" or (policy == "OnFailure" and code != 0)

    async def _container(self) -> int:
        """Run it once; its exit code."""
        shown, one = self.shown, self.shown.container
        self._app = app = await launch(self._pod, shown.address, process=self._home.real_processes)
        one.run()
        shown.phase = "Running"
        probe = asyncio.create_task(self._probe(shown.address))
        stop = asyncio.create_task(self._stopped())
        try:
            self._say()
            either: list[asyncio.Future[Any]] = [app.ended, stop]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            asked = stop.done()
            if asked:
                await self._end(app)
            code = await app.ended
        finally:
            probe.cancel()
            stop.cancel()
        memory = code == 137 and not asked and behaviour(self._pod).oom is not None
        reason = "OOMKilled" if memory else "Error" if code else "Completed"
        if self._home.up.is_set():
            one.end(code, reason)
            self._say()
        else:
            one.end(255, "Unknown")
        return code

    async def _stopped(self) -> None:
        await self._stop.wait()

    async def _end(self, app: Running) -> None:
        """preStop, SIGTERM, and SIGKILL when its grace is over."""
        grace = float(self._pod["metadata"].get("deletionGracePeriodSeconds", 30))
        hook = self._pod["spec"]["containers"][0].get("lifecycle", {}).get("preStop", {})
        sleep = float(hook.get("sleep", {}).get("seconds", 0))
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                if sleep:
                    await asyncio.wait([app.ended], timeout=sleep)
                app.terminate()
                await asyncio.shield(app.ended)
        app.kill()

    async def _probe(self, host: str) -> None:
        one = self.shown.container
        probe = readiness(self._pod, host, self._home.pace)
        if probe is None:
            one.ready = True
            self._say()
            return
        await asyncio.sleep(probe.delay)
        row = 0
        while True:
            good = await probe.ask()
            row = row + 1 if good != one.ready else 0
            if row >= (probe.successes if good else probe.failures):
                one.ready, row = good, 0
                self._say()
            await asyncio.sleep(probe.period)

    def _say(self) -> None:
        self._told.clear()
        self._news.set()

    async def _flushed(self) -> None:
        """What there is to tell of it has been told, or nobody wants to know."""
        told = asyncio.create_task(self._told.wait())
        gone = asyncio.create_task(self._gone.wait())
        try:
            await asyncio.wait([told, gone], return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
            gone.cancel()

    async def _tell(self) -> None:
        """Report each change, the newest only, for as long as it takes."""
        while True:
            await self._news.wait()
            await self._home.up.wait()
            self._news.clear()
            body = {
                "metadata": {"uid": self._pod["metadata"]["uid"]},
                "status": status_of(self._pod, self.shown, self._home.host),
            }
            try:
                async with self._telling:
                    await self._home.api.strategic(f"{self.path}/status", body)
            except Fault as fault:
                if fault.status in (404, 409, 422):  # it is gone, or another has its name
                    self._told.set()
                    continue
                await self._later()
            except httpx.HTTPError:
                await self._later()
            else:
                self.shown.moved = False
                if not self._news.is_set():
                    self._told.set()

    async def _later(self) -> None:
        await asyncio.sleep(AGAIN)
        self._news.set()

    async def _delete(self) -> None:
        """It has ended: its object goes."""
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": self._pod["metadata"]["uid"]}}
        while not self._gone.is_set():
            try:
                await self._home.api.delete(self.path, body)
            except Fault as fault:
                if fault.status in (404, 409):
                    return
            except httpx.HTTPError:
                pass
            else:
                return
            await asyncio.sleep(AGAIN)

    async def _ended(self) -> None:
        """It ran to its end: its object stays until somebody deletes it."""
        await self._flushed()
        ended = self.shown.container.state.get("terminated", {})
        self._home.finished(self._pod, int(ended.get("exitCode", 0)))
        await self._stop.wait()
        if not self._gone.is_set():
            await self._delete()
