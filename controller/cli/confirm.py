"""What is shown before confirmation: what is left to do, and what is at stake."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from controller.cli.ask import ask, ask_for
from controller.cli.details import details
from controller.cli.loaded import load_the_rest
from controller.cli.narrator import Narrating
from controller.cli.say import fitted, say
from controller.config import RolloutFile
from controller.core.plan.plan import Plan, Purpose
from controller.errors import BalancerError
from controller.lifecycle import Findings, Ports, Prepared, RunOptions, next_commands
from controller.preflight.forecast import BRIEF_LOOK, LOOK, forecast, forecast_lines, last_commands
from controller.report.plan.hosts import host_lines
from controller.report.plan.text import going_on, plan_text, share
from controller.report.run.notices import RolloutNotices
from controller.report.words import names
from controller.runner.notify import NoticeSender
from controller.telemetry.measure import Subject
from controller.telemetry.meter import Meter

MANY: Final = 20
"""With more members than that, the name of the rollout is typed."""


class Confirmation:
    """Shows what a run is about to do, and asks whether it may begin."""

    def __init__(
        self,
        ports: Ports,
        options: RunOptions,
        narrator: Narrating,
        notices: NoticeSender,
        meter: Meter,
        *,
        notes: Sequence[str],
        yes: bool,
        quiet: bool = False,
    ) -> None:
        """`notes`: for the operator to mind; `yes`: the answer was given already; `quiet`: nothing
        is shown."""
        self.prepared: Prepared | None = None
        self._ports = ports
        self._options = options
        self._narrator = narrator
        self._notices = notices
        self._meter = meter
        self._notes = notes
        self._yes = yes
        self._quiet = quiet

    async def __call__(self, prepared: Prepared, seen: Findings) -> bool:
        ports, row, plan = self._ports, prepared.row, prepared.plan
        self.prepared = prepared
        await self._meter.open(Subject(plan, row.started))
        commands = await last_commands(ports.journal, plan)
        self._narrator.watch(plan, commands, row.id)
        lines = await before(
            ports,
            prepared,
            seen,
            during=BRIEF_LOOK if self._yes else LOOK,
            is_watched=self._yes,
            commands=commands,
            without=self._options.overrides,
            more_notes=self._notes,
            is_verbose=self._options.is_verbose,
        )
        if not self._quiet:
            say(*fitted(lines))
        following = replace(next_commands(ports.folder, row, plan), stepwise=self._options.stepwise)
        self._notices.watch(RolloutNotices(row.id, plan, prepared.file.settings, following))
        load_the_rest()
        asked = question(seen, plan, is_new=prepared.is_new)
        if not self._yes and must_be_named(prepared.file, seen):
            return await ask_for(plan.name, asked)
        return self._yes or await ask(asked)


def must_be_named(file: RolloutFile, seen: Findings) -> bool:
    """Whether a y typed by habit is not enough: many members, or the file says so."""
    assert seen.left is not None, "asked without a plan"
    return len(seen.left.members) > MANY or file.rollout.confirm == "name"


async def before(
    ports: Ports,
    prepared: Prepared,
    seen: Findings,
    *,
    during: timedelta,
    commands: timedelta | None,
    without: Collection[str] = (),
    more_notes: Sequence[str] = (),
    is_watched: bool = False,
    is_verbose: bool = False,
) -> list[str]:
    """`during`: how long requests are counted; `is_watched`: the run begins right afterwards, so
    that what is seen of the traffic meanwhile need not be watched again (`seen.watched`);
    `commands`: what they took for one member the last time; `without`: gates that the operator
    overrides; `more_notes`: for the operator to mind. Raises BalancerError, where a rollout is to
    begin."""
    found, plan = seen.survey, seen.left
    assert found is not None, "prepared without a survey"
    assert plan is not None, "prepared without a plan"
    lines: list[str] = []
    if not prepared.is_new:
        lines = [*going_on(prepared.plan, prepared.row, prepared.state), ""]
        if not plan.members:
            return lines[:-1]
    try:
        ahead = await forecast(
            found,
            plan,
            ports.balancer,
            ports.clock,
            during=during,
            commands=commands,
            intervals=seen.intervals,
            without=without,
            is_watched=is_watched,
        )
    except BalancerError as error:
        if prepared.is_new:
            raise
        more = ["at stake", f"  not known now: {error}"]  # the run tolerates that for a while
    else:
        more = forecast_lines(plan, ahead)
        seen.watched = ahead.seen
    shown = details(prepared.file, seen, plan, is_verbose=is_verbose)
    lines += plan_text(
        plan,
        prepared.file.settings,
        [*seen.notes, *more_notes],
        {},
        more,
        whole=prepared.plan,
        aside=seen.aside,
        present=shown.present,
        versions=shown.versions,
        work=shown.work,
        hosts=host_lines(seen.hosts, is_verbose=is_verbose),
        through=shown.through,
    )
    return lines


def question(seen: Findings, whole: Plan, *, is_new: bool) -> str:
    """What the operator is asked. `whole`: of which a run does what is left."""
    plan = seen.left
    assert plan is not None, "asked without a plan"
    verb = {
        Purpose.UPGRADE: "upgrade",
        Purpose.REHEARSAL: "take out and put back, without upgrading,",
        Purpose.ROLLBACK: "roll back",
    }[plan.purpose]
    again = "" if is_new else "go on: "
    which = ""
    if len(plan.members) < len(whole.members):
        which = f" ({names([member.name for member in plan.members])})"
    return (
        f"{again}{verb} {share(plan, whole)} of {names(plan.backends)}{which}, "
        f"at most {plan.max_unavailable} out at a time?"
    )
