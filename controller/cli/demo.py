"""`demo`: a rollout under load on a real HAProxy, all on this machine."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

import click

from controller import bootstrap, bootstrap_demo
from controller.cli import options
from controller.cli.bug import tell_bug
from controller.cli.confirm import before
from controller.cli.interrupts import interrupt
from controller.cli.narrator import Narrating, narrator_for
from controller.cli.say import fitted, say
from controller.cli.signals import Signals
from controller.config import RolloutFile, load
from controller.core.outcome import ExitCode
from controller.errors import UsageFault
from controller.lifecycle import Findings, Ports, Prepared, RunOptions, next_commands
from controller.lifecycle import run as run_session
from controller.preflight.forecast import LOOK
from controller.report.page import page
from controller.report.run.summary import summary
from controller.runner.loop import Runner

RATE: Final = 200
LONGEST: Final = 60
"""Bytes of a folder for temporary files: what stands in it has some 40 more, of at most 107."""
BAD: Final = {"fail_every": 10}
"""v2 fails a tenth of its requests, and its health check stays green."""


@click.command()
@options.option(
    "--bad", is_flag=True, help="v2 fails a tenth of its requests, so the rollout halts."
)
@options.option(
    "--members", type=click.IntRange(2, 20), default=4, show_default=True, help="Number of apps."
)
@options.option(
    "--haproxy",
    metavar="PATH",
    help="The HAProxy binary. Default: from PATH, else from the `demo` extra.",
)
@options.option(
    "--kubernetes",
    is_flag=True,
    help="In the cluster of your kubeconfig instead, in a namespace that is removed afterwards.",
)
@options.option("--image", metavar="IMAGE", help="With --kubernetes: what serves HTTP on port 80.")
@options.yes
@options.log_format
def demo(
    bad: bool,
    members: int,
    haproxy: str | None,
    kubernetes: bool,
    image: str | None,
    log_format: str,
) -> None:
    """Upgrade small app servers behind a real HAProxy from v1 to v2, under load, on loopback."""
    if kubernetes:
        if haproxy:
            raise UsageFault("demo --haproxy: not with --kubernetes")
        sys.exit(bootstrap.run(_demo_in_cluster(bad, members, image or "", log_format)))
    if image:
        raise UsageFault("demo --image: is for --kubernetes")
    sys.exit(bootstrap.run(_demo(bad, members, haproxy, log_format)))


async def _demo_in_cluster(bad: bool, members: int, image: str, log_format: str) -> int:
    with tempfile.TemporaryDirectory(prefix="poolroll-") as folder:
        state = Path(folder) / "state"
        making = bootstrap_demo.demo_cluster(Path(folder), members, image, is_bad=bad)
        say(f"making {members} pods in a namespace of their own …")
        async with making as (where, path):
            say(f"a StatefulSet behind a Service in {where}; nobody uses it: no load is made", "")
            narrator = narrator_for("demo", bootstrap.clock(), log_format)
            code = await _roll(load(path), state, narrator)
            if code in (ExitCode.GATE, ExitCode.HALTED):
                say("", "This namespace ends with the demo. On your own, type a NEXT command.")
        say(f"report: {await _report(state)}")
    return code


async def _demo(bad: bool, members: int, haproxy: str | None, log_format: str) -> int:
    with tempfile.TemporaryDirectory(
        prefix="poolroll-", dir=_short_folder(), ignore_cleanup_errors=True
    ) as folder:
        state = Path(folder) / "state"
        async with (
            bootstrap_demo.demo_world(Path(folder), members, haproxy) as pool,
            bootstrap_demo.demo_prometheus(pool) as url,
            bootstrap_demo.demo_load(pool, RATE) as users,
        ):
            _introduce(members, url)

            def footer() -> str:
                return f"users: {users.tally.served} requests served, {users.tally.failed} failed"

            file = load(bootstrap_demo.demo_file(pool, BAD if bad else None, url))
            narrator = narrator_for("demo", bootstrap.clock(), log_format, footer=footer)
            code = await _roll(file, state, narrator)
            if code in (ExitCode.GATE, ExitCode.HALTED):
                say(
                    "",
                    "This pool ends with the demo. On your own, type one of the NEXT commands.",
                )
            say("", f"{footer()} (p99 {users.tally.p99 * 1000:.0f} ms)")
            versions = await pool.member_versions()
            say("apps:  " + ", ".join(f"{name} {v}" for name, v in versions.items()))
        say(f"report: {await _report(state)}")
    return code


def _short_folder() -> str:
    """The folder for temporary files, or /tmp where a socket in it would have too long a name
    (unix(7)). Raises UsageFault."""
    folder = tempfile.gettempdir()
    if len(os.fsencode(folder)) <= LONGEST:
        return folder
    if os.access("/tmp", os.W_OK | os.X_OK):
        return "/tmp"
    raise UsageFault(
        f"demo: TMPDIR is {folder}: too long for the sockets in it; name a folder with at most "
        f"{LONGEST} characters"
    )


def _introduce(members: int, prometheus: str | None) -> None:
    lines = [
        f"a real HAProxy, {members} apps at v1, {RATE} requests a second with keep-alive, slow "
        "requests and sticky clients"
    ]
    if prometheus is None:
        lines.append("no prometheus on PATH: the only gate uses HAProxy's own counters")
    else:
        lines.append("a real Prometheus scrapes it every second, and is a second gate")
    say(*fitted(lines), "")


async def _report(state: Path) -> str:
    """Write the report outside the demo's temporary folder."""
    async with contextlib.aclosing(bootstrap.read_state(bootstrap.StatePlace(state))) as store:
        (row,) = await store.journal.rollouts()
        text = page(row, await store.journal.records(row.id))
    with tempfile.NamedTemporaryFile(
        "w", prefix="poolroll-demo-", suffix=".html", delete=False, encoding="utf-8"
    ) as kept:
        kept.write(text)
    return kept.name


async def _roll(file: RolloutFile, state: Path, narrator: Narrating) -> int:
    async def begin(prepared: Prepared, seen: Findings) -> bool:
        narrator.watch(prepared.plan)
        lines = await before(ports, prepared, seen, during=LOOK, commands=None)
        say(*fitted(lines), "")
        return True

    async with contextlib.aclosing(
        bootstrap.open_state(bootstrap.StatePlace(state), create=True)
    ) as store:
        ports: Ports = bootstrap.ports(
            file, bootstrap.StatePlace(state), store, bootstrap.secrets_in(file)
        )
        with Signals(after=interrupt) as signals, contextlib.ExitStack() as stack:
            stack.callback(narrator.stop)

            def begun(runner: Runner) -> None:
                signals.hand_to(runner)
                narrator.start()

            ran = await run_session(
                ports,
                file,
                RunOptions(),
                confirm=begin,
                narrators=[narrator],
                questions=None,
                on_start=begun,
            )
    if ran is None:
        return ExitCode.STOPPED
    prepared, after = ran
    now, wall = ports.clock.now(), ports.clock.wall()
    commands = next_commands(ports.folder, prepared.row, prepared.plan)
    say("", *summary(prepared.plan, after, file.settings, now, wall, commands))
    if signals.runner is not None and signals.runner.bug is not None:
        return tell_bug(signals.runner.bug)
    return after.finished.exit_code if after.finished is not None else ExitCode.STOPPED
