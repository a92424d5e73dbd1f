"""`poolroll run` and `abort` with metrics: a real rollout, scraped, written and pushed."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

from controller.cli.operator import abort
from controller.cli.run import run
from controller.core.phases import Phase
from tests.adapters.notify.receiver import receiver
from tests.adapters.telemetry.scrape import (
    labels_of,
    quiet_address,
    scraped,
    series,
    state_of,
    value,
)
from tests.e2e.conftest import MakeSite
from tests.e2e.site import Running
from tests.support.open_files import open_files
from tests.support.waiting import until

LISTENING = "0A"
"""The state of a listening socket (Linux, proc_net_tcp.rst)."""


def listening(running: Running) -> set[str]:
    """Every address and port that the process listens at, in hexadecimal as the kernel has it."""
    proc = Path("/proc") / str(running.process.pid)
    links = open_files(running.process.pid)
    found = set()
    for table in ("tcp", "tcp6"):
        path = proc / "net" / table
        lines = path.read_text().splitlines()[1:] if path.exists() else []
        for _, local, _, state, *rest in map(str.split, lines):
            if state == LISTENING and f"socket:[{rest[5]}]" in links:
                found.add(local)
    return found


def as_kernel_has_it(host: str, port: int) -> str:
    return f"{socket.inet_aton(host)[::-1].hex().upper()}:{port:04X}"


def assert_lints(text: str) -> None:
    """Prometheus' own checks of names and units find nothing."""
    promtool = shutil.which("promtool")
    assert promtool is not None, "no promtool on PATH: install the system's package `prometheus`"
    done = subprocess.run(
        [promtool, "check", "metrics"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def test_scraped_written_and_pushed(site: MakeSite) -> None:
    """While a step runs the page says so, and the process listens at loopback alone; at the end
    file and gateway have how it ended. A second run meets the lock, not the port."""
    one = await site(2)
    host, port = quiet_address()
    path = one.folder / "poolroll.prom"
    file = one.file(upgrade=one.upgrade(held=True), gates=[])
    async with receiver() as gateway:
        ways = ("--metrics-listen", f"{host}:{port}", "--metrics-textfile", str(path))
        running = one.begin(file, *ways, "--push-gateway", gateway.url)
        await one.until_phase("web1", Phase.UPGRADING, running)
        found = await scraped(host, port)
        assert state_of(found) == ["running"]
        about = {"rollout": "web", "member": "web1", "phase": "upgrading", "waits_on": "command"}
        assert labels_of(found, "poolroll_phase_age_seconds") == [about]
        assert value(found, "poolroll_members", rollout="web", phase="waiting") == 1
        assert listening(running) == {as_kernel_has_it(host, port)}
        assert (await one.run(file, *ways)).code == 6
        assert state_of(series(path.read_text())) == ["running"]
        one.go.touch()
        done = await running.end()
        assert done.code == 0, done.text
    last = gateway.got[-1]
    assert last.path.endswith("/metrics/job/poolroll/rollout/web")
    for text in (path.read_text(), last.body.decode()):
        end = series(text)
        assert state_of(end) == ["done"]
        assert value(end, "poolroll_rollout_exit_code", rollout="web") == 0
        assert value(end, "poolroll_members", rollout="web", phase="done") == 2
    assert_lints(path.read_text())


async def test_killed_then_aborted(site: MakeSite) -> None:
    """What a kill leaves says that the rollout is unfinished; `abort` with the same option says
    how it ended. A gateway that is not there is one line, and changes nothing."""
    one = await site(2)
    path = one.folder / "poolroll.prom"
    host, port = quiet_address()
    running = one.begin(
        one.file(upgrade=one.upgrade(held=True), gates=[]), "--metrics-textfile", str(path)
    )
    await one.until_phase("web1", Phase.UPGRADING, running)
    await until(path.exists, what="the first write")
    await running.kill()
    left = series(path.read_text())
    assert state_of(left) == ["running"]
    assert value(left, "poolroll_rollout_finished_timestamp_seconds", rollout="web") is None
    one.go.touch()
    gateway = f"http://me:s3cret@{host}:{port}"
    done = await one.command(
        "abort", "web", "--metrics-textfile", str(path), "--push-gateway", gateway
    )
    assert done.code == 0, done.text
    assert state_of(series(path.read_text())) == ["aborted"]
    assert done.err.count("--push-gateway") == 1
    assert "s3cret" not in done.text


async def test_refused_before_anything_is_touched(site: MakeSite) -> None:
    """A port in use, a folder that is not there, a URL that is none, by option or environment:
    exit 2 with the reason, and no rollout has begun."""
    one = await site(2)
    file = one.file()
    host, port = quiet_address()
    with socket.socket() as taken:
        taken.bind((host, port))
        taken.listen()
        busy = await one.run(file, "--metrics-listen", f"{host}:{port}")
    begin = ("run", str(file), "--yes", "--state", str(one.state))
    folder = await one.start(*begin, POOLROLL_METRICS_TEXTFILE=str(one.folder / "no/x.prom")).end()
    url = await one.start(*begin, POOLROLL_PUSH_GATEWAY="gateway:9091").end()
    assert [done.code for done in (busy, folder, url)] == [2, 2, 2]
    assert f"--metrics-listen {host}:{port}: cannot listen there: Address already" in busy.err
    assert "x.prom: No such file or directory" in folder.err
    assert "--push-gateway: write it as http://HOST:PORT" in url.err
    assert one.rows() == []
    await one.assert_all("v1")


def test_not_imported_without_need() -> None:
    """Without one of the options the library is not loaded: help stays quick."""
    ask = (
        "import sys; from controller import bootstrap; from controller.telemetry.values import "
        "OutletOptions; import controller.cli.run; bootstrap.meter('web', OutletOptions(), print); "
        "sys.exit('prometheus_client' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", ask], check=False, timeout=240)
    assert done.returncode == 0


def test_each_option_has_a_twin() -> None:
    """`run` and `abort` take each way out by option and by environment."""
    twins = {"POOLROLL_METRICS_LISTEN", "POOLROLL_METRICS_TEXTFILE", "POOLROLL_PUSH_GATEWAY"}
    for command in (run, abort):
        assert twins <= {option.envvar for option in command.params}
