"""Dry run for `plan`: findings of the preflight and the forecast. Read-only, takes no lock."""

from dataclasses import dataclass

from controller.config import RolloutFile
from controller.lifecycle.findings import Findings
from controller.lifecycle.options import ReadPorts, RunOptions
from controller.lifecycle.preflight import preflight
from controller.lifecycle.required import wanted_line
from controller.preflight.forecast import Forecast, forecast, last_commands


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a run would find and do."""

    findings: Findings
    ahead: Forecast | None = None
    """None where it could not be measured."""


async def dry_run(ports: ReadPorts, file: RolloutFile, options: RunOptions) -> DryRun:
    """Raises ConfigurationError and UsageFault for what can never work, StateError."""
    seen = await preflight(ports, file, options, None)
    seen.notes += wanted_line(file)
    found, plan = seen.survey, seen.left
    if found is None or plan is None or not seen.is_asked:
        return DryRun(seen)
    commands = None
    if ports.journal is not None:
        commands = await last_commands(ports.journal, plan)
    ahead = None
    with seen.refusing():
        ahead = await forecast(
            found,
            plan,
            ports.balancer,
            ports.clock,
            commands=commands,
            intervals=seen.intervals,
            without=options.overrides,
        )
    return DryRun(seen, ahead)
