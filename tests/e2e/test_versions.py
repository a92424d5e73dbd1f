"""HAProxys that are not here, by what one like them once said."""

from pathlib import Path

import pytest

from tests.adapters.haproxy.replay import replayed
from tests.e2e.site import Running
from tests.support.command import Done

FILE = """
apiVersion: poolroll/v1
name: web
pool: {{haproxy: {{apis: ["unix:{socket}"], backends: [web]}}}}
upgrade: {{command: [/bin/true]}}
validate: [{{command: [/bin/true]}}]
"""


async def planned(folder: Path, socket: Path) -> Done:
    file = folder / "web.yml"
    file.write_text(FILE.format(socket=socket))
    running = Running(folder, 0, ("plan", str(file), "--state", str(folder / "state")), None)
    return await running.end()


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (
            "3.3-dev5-1a2b3c",
            "HAProxy 3.3-dev5-1a2b3c is newer than any that poolroll was tested with",
        ),
        ("1.8.27", "HAProxy 1.8.27 is older than any that poolroll was tested with"),
        ("2.6.0-1.0.0-290.780", ""),
    ],
)
async def test_a_version_never_tried_is_said(short_folder: Path, version: str, words: str) -> None:
    """A note, and no refusal; none for an enterprise build of one that was. (What was recorded is
    refused for its names: one machine has many.)"""
    socket = short_folder / "s"
    async with replayed(socket, "2.6", calls_itself=version):
        done = await planned(short_folder, socket)
    assert words in done.out
    assert ("was tested with" in done.out) is bool(words)
    assert "was tested with" not in done.out.partition("REFUSED")[2]


async def test_several_processes_are_refused(short_folder: Path) -> None:
    """Behind `nbproc`, a member would go on serving: exit 3, with the mend."""
    socket = short_folder / "s"
    async with replayed(socket, "2.2", "processes"):
        done = await planned(short_folder, socket)
    assert (done.code, "use `nbthread` instead of `nbproc`" in done.text) == (3, True), done.text


async def test_the_socket_of_a_master_is_refused(short_folder: Path) -> None:
    """The other socket that people have: exit 3, and which one to name instead."""
    socket = short_folder / "s"
    async with replayed(socket, "3.2", "master"):
        done = await planned(short_folder, socket)
    assert (done.code, "name a `stats socket`" in done.text) == (3, True), done.text
