"""Aborts a rollout that no process runs."""

from collections.abc import Callable, Sequence

from controller.config import RolloutFile
from controller.core.events import AbortRequested
from controller.core.state.state import State
from controller.errors import ConfigurationError, Refused
from controller.journal.unfinished import Unfinished
from controller.lifecycle.abort_from_journal import abort_from_journal
from controller.lifecycle.begin import began
from controller.lifecycle.options import Ports, Prepared, RunOptions
from controller.lifecycle.run import carry_out
from controller.ports import Hold
from controller.preflight.survey import reach, survey
from controller.runner.loop import Runner
from controller.runner.recorder import Narrator


async def abort_at_rest(
    ports: Ports,
    hold: Hold,
    former: Unfinished,
    file: RolloutFile,
    restore: bool,
    narrators: Sequence[Narrator],
    on_start: Callable[[Runner], None],
) -> State:
    """End for good a rollout that no process runs, with the file as it was run. Without `restore`
    the journal is enough if a load balancer does not answer, or if the file cannot be used."""
    try:
        reached = await reach(ports.balancer, file.settings.selection)
        await hold.add(reached.keys)
        # Can every template be filled?
        await survey(file, reached, None, former.plan.purpose)
    except (Refused, ConfigurationError) as error:
        if restore:
            raise
        return await abort_from_journal(ports, hold, former, error, narrators)
    prepared = Prepared(
        former.row,
        former.plan,
        former.state,
        (began(ports, former.plan, RunOptions()), AbortRequested(ports.by, restore)),
        file,
        is_new=False,
        abandoned=None,
    )
    return await carry_out(ports, hold, prepared, narrators, None, on_start)
