"""One pool, one state folder, and the command `poolroll` at work on them."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from adapters.clock import SystemClock
from adapters.demo.load import Load
from adapters.demo.rollout import merged
from adapters.demo.world import World
from adapters.storage.store import open_tables
from controller.core.phases import Phase
from controller.core.state.state import State
from controller.journal.replay import replay
from controller.records import Record, RolloutRow
from tests.support.command import Done, started
from tests.support.fork_server import Process
from tests.support.runtime import ask, order, stat
from tests.support.waiting import LEAST, until

NAME = "web"
"""Of the rollout, unless a test has another."""

AMPLE = "60s"
"""For what is not meant to take too long, also on a busy machine."""

SLOW_TO = "use-server web1 if { path_beg /slow }"
"""A backend's line: slow requests go to web1."""


class Running:
    """The command as a process. Its output goes to files, so that nothing ever waits for us."""

    def __init__(
        self, folder: Path, number: int, argv: tuple[str, ...], stdout: int | None, **env: str
    ) -> None:
        self._out, self._err = folder / f"{number}.out", folder / f"{number}.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = started(
                argv, out.fileno() if stdout is None else stdout, err.fileno(), env
            )

    async def _ended(self) -> int:
        if isinstance(self.process, Process):
            return await self.process.ended()
        return await asyncio.to_thread(self.process.wait)

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def kill(self) -> None:
        """As `kill -9` does it; return when it is gone."""
        self.process.kill()
        await asyncio.to_thread(self.process.wait)

    async def end(self, within: float = 100.0) -> Done:
        """Wait for its end. A traceback is never right."""
        within = max(within, LEAST)
        try:
            async with asyncio.timeout(within):
                code = await self._ended()
        except TimeoutError:
            why = f"waited {within:g} s in vain for the end of: {self.err}"
            raise AssertionError(why) from None
        done = Done(code, self._out.read_text(), self.err)
        assert "Traceback" not in done.text, done.text
        return done


class Site:
    """What a test drives and looks at."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.state = folder / "state"
        self.go = folder / "go"
        """A held upgrade, or a validation that asks for it, waits for this file."""
        self._ran = folder / "ran"
        self._started: list[Running] = []
        self._journal = open_tables(self.state, SystemClock(), create=True)

    @property
    def endpoint(self) -> str:
        return self.world.unix_endpoints[0]

    # --- the rollout file --------------------------------------------------------------------

    def upgrade(
        self,
        behaviour: Mapping[str, Any] | None = None,
        *,
        by_member: bool = False,
        held: bool = False,
        listens: bool = True,
    ) -> dict[str, Any]:
        """The section `upgrade`: notes each execution, and waits for `go` first when `held`.

        `by_member`: the behaviour is the member's own variable. `listens`: ends when v2 does.
        """
        hold = f'until [ -e "{self.go}" ]; do sleep 0.02; done; ' if held else ""
        script = f'echo "$$POOLROLL_MEMBER_NAME" >> "{self._ran}"; {hold}exec "$$@"'
        argv = self.world.upgrade_argv("v2", behaviour, takes_ms=0)
        argv += ["--behaviour", "${member.vars.behaviour}"] if by_member else []
        argv += ["--wait"] if listens else []
        command = ["/bin/sh", "-c", script, "upgrade", *argv]
        return {"command": command, "timeout": AMPLE}

    def go_ahead(self) -> dict[str, Any]:
        """An entry of `validate` that passes as soon as `go` is there."""
        return {"command": ["/usr/bin/test", "-e", str(self.go)], "within": AMPLE, "every": "50ms"}

    def answers(self, path: str = "/health", within: str = AMPLE) -> dict[str, Any]:
        """An entry of `validate` that asks the member for its version."""
        url = f"http://${{member.address}}:${{member.port}}{path}"
        return {"http": {"url": url, "contains": "${vars.version}"}, "within": within}

    def file(self, **overrides: Any) -> Path:
        """The rollout file in small times, with `overrides` laid upon it."""
        wait = [*self.world.upgrade_argv("v1", takes_ms=0), "--wait"]
        base: dict[str, Any] = {
            "name": NAME,
            "drain": {"timeout": "20s", "sticky": "100ms"},
            "return": {"within": AMPLE},
            "upgrade": self.upgrade(),
            "rollback": {"command": wait},
            "validate": [self.answers()],
            "soak": "200ms",
            "quiet": "halt",
            "gates": [
                {
                    "name": "errors",
                    "haproxy": {"measure": "error_ratio", "scope": "member"},
                    "max": "1%",
                    "every": "100ms",
                }
            ],
        }
        values = merged(base, overrides)
        if values["gates"] and not any("haproxy" in gate for gate in values["gates"]):
            values["gates"] = [*values["gates"], {"name": "builtin", "builtin": False}]
        if values["gates"] and all(
            "builtin" not in gate and gate["name"] != "latency" for gate in values["gates"]
        ):
            values["gates"] = [*values["gates"], {"name": "latency", "builtin": False}]
        # Without a word on it there is no `unless`: None takes the world's own away; and steps
        # stand in the place of a command.
        single = {"command": None} if "steps" in values["upgrade"] else {}
        values["upgrade"] = {"unless": None, **values["upgrade"], **single}
        return self.world.rollout_file(**values)

    # --- the command -------------------------------------------------------------------------

    def start(self, *argv: str, stdout: int | None = None, **env: str) -> Running:
        """`stdout`: a descriptor to write to; `env`: added to the environment."""
        running = Running(self.folder, len(self._started), argv, stdout, **env)
        self._started.append(running)
        return running

    def begin(self, file: Path, *options: str) -> Running:
        """`poolroll run`, under way."""
        return self.start("run", str(file), "--yes", "--state", str(self.state), *options)

    async def run(self, file: Path, *options: str, within: float = 100.0) -> Done:
        """`poolroll run`, to its end."""
        return await self.begin(file, *options).end(within)

    async def command(self, *argv: str) -> Done:
        """Another command on the same state folder, to its end."""
        return await self.start(*argv, "--state", str(self.state)).end()

    async def close(self) -> None:
        self.go.touch()  # a held upgrade ends
        for running in self._started:
            if running.process.poll() is None:
                await running.kill()
        self._journal.close()

    # --- what the journal says ---------------------------------------------------------------

    def rows(self, name: str = NAME) -> list[RolloutRow]:
        """Rollouts, the newest first."""
        return list(self._journal.rollouts(name))

    def rollout(self, name: str = NAME) -> State | None:
        """The newest rollout's state; None before there is any."""
        rows = self.rows(name)
        records = self._journal.records(rows[0].id) if rows else []
        return replay(records)[1] if records else None

    def records(self) -> int:
        """How many the journal holds of the newest rollout."""
        return sum(len(self._journal.records(row.id)) for row in self.rows()[:1])

    def kept(self, kind: str) -> list[Record]:
        """What the newest rollout's journal holds of one kind, oldest first."""
        return [r for r in self._journal.records(self.rows()[0].id) if r.kind == kind]

    def bodies(self, kind: str) -> list[str]:
        return [record.body for record in self.kept(kind)]

    def lateness(self, planned: float) -> float:
        """How many times longer than `planned` (seconds) a member that was taken out again was
        before users: 1, or more on a busy machine, where users wait for us as we do for it. One
        that was halted before its return never was."""
        began = {
            json.loads(one.body)["step"]["member"]: one.at
            for one in self.kept("Intended")
            if '"setting":"put back"' in one.body
        }
        outs = [one for one in self.kept("MemberSet") if '"setting":"remove"' in one.body]
        ended = [(json.loads(one.body)["member"], one.at) for one in outs]
        spans = [(at - began[member]).total_seconds() for member, at in ended if member in began]
        return max([1.0, *(span / planned for span in spans)])

    def phase(self, member: str) -> Phase | None:
        state = self.rollout()
        return state.members[member].phase if state is not None else None

    async def until_phase(self, member: str, phase: Phase, running: Running) -> None:
        seen: list[Record] = []

        def is_there() -> bool:
            """Replayed only when there is something new: in a wait there hardly ever is."""
            nonlocal seen
            assert running.process.poll() is None, running.err
            records = [one for row in self.rows()[:1] for one in self._journal.records(row.id)]
            if records == seen:
                return False
            seen = records
            return replay(records)[1].members[member].phase is phase

        await until(is_there, 60, f"{member} to be {phase}", every=0.02)

    # --- what the world says -----------------------------------------------------------------

    def executions(self) -> Counter[str]:
        """Member → how often its upgrade was begun."""
        return Counter(self._ran.read_text().split()) if self._ran.exists() else Counter()

    async def admin(self, endpoint: str | None = None, backend: str = "web") -> dict[str, int]:
        """Member → HAProxy's bits of its administrative state (management guide, section 9.3,
        `show servers state`): 0 in rotation, 1 maintenance, 8 drain."""
        lines = (
            await ask(endpoint or self.endpoint, f"show servers state {backend}")
        ).splitlines()[1:]
        names = lines[0].removeprefix("# ").split()
        rows = [dict(zip(names, line.split(), strict=True)) for line in lines[1:] if line]
        return {row["srv_name"]: int(row["srv_admin_state"]) for row in rows}

    async def in_flight(self, member: str) -> int:
        return int((await stat(self.endpoint, "web", member))["scur"])

    async def weight(self, member: str) -> int:
        return int((await stat(self.endpoint, "web", member))["weight"])

    async def assert_all(self, version: str) -> None:
        """Every app runs `version`, and every HAProxy has every member in rotation."""
        assert await self.world.member_versions() == dict.fromkeys(self.world.members, version)
        for endpoint in self.world.unix_endpoints:
            assert await self.admin(endpoint) == dict.fromkeys(self.world.members, 0)

    def users(self, rate: float = 100.0, **options: Any) -> Load:
        return Load(self.world.frontends, **{"rate": rate, "clients": 10, **options})

    @asynccontextmanager
    async def in_progress(self) -> AsyncIterator[None]:
        """A slow request that is in flight at web1 until the block ends (see SLOW_TO)."""
        port = self.world.frontends[0]
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(b"GET /slow?ms=25000 HTTP/1.1\r\nHost: demo\r\n\r\n")

            async def has_it() -> bool:
                return await self.in_flight("web1") > 0

            await until(has_it, what="the slow request to reach web1")
            yield
        finally:
            # HAProxy 2.6 does not notice that a user who waits has left.
            await order(self.endpoint, "shutdown sessions server web/web1")
            writer.close()
            with suppress(ConnectionError):  # it may have been cut
                await writer.wait_closed()
