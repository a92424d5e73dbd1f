"""Warnings about a planned outage: nobody who is told, steps that may take longer than it."""

from collections.abc import Iterator
from datetime import timedelta

from controller.config.sections.rollout import Rollout
from controller.config.text.scalars import duration
from controller.core.gates.figures import span


def outage_doubts(rollout: Rollout) -> Iterator[str]:
    """One line each, as `path: what is questionable`."""
    downtime = rollout.pool.downtime
    if downtime is None:
        return
    budget = duration(downtime.budget)
    if not any("over_budget" in one.on for one in rollout.notify):
        yield (
            f"notify: nobody is told when the {span(budget)} of pool.downtime.budget are used up; "
            "add one with on: [over_budget]"
        )
    for path, timeout in _timeouts(rollout):
        if timeout > budget:
            yield (
                f"{path}: a step that hangs is let run for {span(timeout)}, longer than the "
                f"{span(budget)} of pool.downtime.budget, before the way back begins; write a "
                "shorter time"
            )


def _timeouts(rollout: Rollout) -> Iterator[tuple[str, timedelta]]:
    upgrade = rollout.upgrade
    steps = upgrade.steps or []
    if upgrade.command is not None or any(step.reboot is None for step in steps):
        yield "upgrade.timeout", duration(upgrade.timeout)
    for at, step in enumerate(steps):
        if step.reboot is not None:
            yield f"upgrade.steps[{at}].reboot.timeout", duration(step.reboot.timeout)
