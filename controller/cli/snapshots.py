"""`snapshots`: lists the snapshots of members, and drops those whose time is over."""

import contextlib
import sys
from pathlib import Path

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.by_name import by_name
from controller.cli.fit import keep_secret
from controller.cli.show import show, show_json
from controller.cli.state_folder import known
from controller.config import load
from controller.core.outcome import ExitCode
from controller.errors import Refused, UsageFault
from controller.journal.saved import SavedMember, saved
from controller.lifecycle.snapshots import drop_expired
from controller.report.status.snapshots import snapshot_lines, snapshot_value
from controller.report.words import count


@click.command()
@click.argument("name", required=False, metavar="[NAME|FILE]")
@options.option("--drop-expired", is_flag=True, help="Drop those whose time is over. Needs a name.")
@options.yes
@options.sets
@options.as_json
@options.state
def snapshots(
    name: str | None, drop_expired: bool, json: bool, state: str | None, **given: tuple[str, ...]
) -> None:
    """List the snapshots of members that rollouts have made, or those of NAME.

    With --drop-expired, those whose time (`snapshot.keep`) is over are dropped first, by
    `snapshot.drop` of the rollout file. One that cannot be dropped is told, and tried next time.
    """
    code: int = ExitCode.DONE
    if drop_expired:
        if name is None:
            raise UsageFault("snapshots --drop-expired: whose? Name the rollout, or its file")
        name, code = _drop(name, state, options.pairs(given["set"]))
    _show(name, state, as_json=json)
    sys.exit(code)


def _drop(name: str, state: str | None, sets: dict[str, str]) -> tuple[str, int]:
    """The name of the rollout, and the exit code: refused where one is still there."""
    path, sets = by_name("snapshots", Path(name), state, sets)
    file = load(path, sets)
    keep_secret(bootstrap.secrets_in(file))
    if file.rollout.snapshot is None or file.rollout.snapshot.drop is None:
        raise Refused(f"{path} has no snapshot.drop: there is nothing to drop snapshots with")
    place = bootstrap.state_place(state, file.state)

    async def dropped() -> int:
        if not await bootstrap.has_state(place):
            raise Refused(bootstrap.no_state(place))
        async with contextlib.aclosing(bootstrap.open_state(place, create=False)) as store:
            ports = bootstrap.ports(file, place, store, bootstrap.secrets_in(file))
            async with ports.lock.hold(file.settings.name):
                done = await drop_expired(ports, file, _tell)
        for one in done.waiting:
            _tell(f"snapshot {one.id} of {one.member} stays: rollout {one.rollout} has not ended")
        _tell(f"{count(len(done.dropped), 'snapshot')} dropped")
        return ExitCode.REFUSED if done.failed else ExitCode.DONE

    return file.settings.name, bootstrap.run(dropped())


def _tell(line: str) -> None:
    show(line, err=True)


def _show(name: str | None, state: str | None, *, as_json: bool) -> None:
    every, place = bootstrap.run(_every(name, state))
    if as_json:
        values = [snapshot_value(one, each) for one, those in every.items() for each in those]
        show_json({"state": str(place), "snapshots": values})
        return
    show(f"{place.what}")
    show("\n".join(snapshot_lines(every, bootstrap.clock().wall())))


async def _every(
    name: str | None, state: str | None
) -> tuple[dict[str, list[SavedMember]], bootstrap.StatePlace]:
    async with known(state) as (store, place):
        names = sorted(row.name for row in await store.journal.newest())
        if name is not None and name not in names:
            listed = ", ".join(names) or "none"
            raise Refused(f"no rollout {name!r} in {place}; known names: {listed}")
        wanted = names if name is None else [name]
        return {one: await saved(store.journal, one) for one in wanted}, place
