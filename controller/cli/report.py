"""`report`: write one self-contained HTML page about a rollout."""

import errno
import os
from pathlib import Path

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.show import show, show_json, show_raw
from controller.cli.state_folder import find, known
from controller.errors import UsageFault
from controller.journal.instead import instead_of
from controller.records import RolloutRow
from controller.report.page import page


@click.command()
@click.argument("name", metavar="NAME|ID")
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    envvar="POOLROLL_OUTPUT",
    show_envvar=True,
    help="File to write; `-` is standard output. Default: the rollout's id with `.html`.",
)
@options.as_json
@options.state
def report(name: str, output: str | None, json: bool, state: str | None) -> None:
    """Write one HTML page about a rollout: the newest of NAME, or the one with ID.

    It shows a timeline, what each gate saw, each member, and what happened and why. The page
    needs no network.
    """
    text, row, place = bootstrap.run(_page(name, state))
    if output == "-":
        show_raw(text)
        show(f"rollout {row.id}, {place.what}", err=True)
        return
    path = Path(output) if output else Path(f"{row.id}.html")
    _write(path, text)
    if json:
        value = {"state": str(place), "id": row.id, "file": str(path.absolute())}
        show_json(value)
    else:
        show(f"{path}: rollout {row.id}, {place.what}")


async def _page(name: str, state: str | None) -> tuple[str, RolloutRow, bootstrap.StatePlace]:
    async with known(state) as (store, place):
        row = await find(store.journal, place, name)
        instead = await instead_of(store.journal, row)
        return page(row, await store.journal.records(row.id), instead), row, place


def _write(path: Path, text: str) -> None:
    """Raises UsageFault, also for a link, which could lead to any file of this user; those of /dev
    are the system's."""
    follow = 0 if path.is_relative_to("/dev") else os.O_NOFOLLOW
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | follow, 0o666)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        if getattr(error, "errno", None) == errno.ELOOP:
            why = "it is a symbolic link; name the file itself"
        raise UsageFault(f"report: cannot write {path}: {why}") from error
