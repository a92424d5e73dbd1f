"""What a member ran before the rollout, where that decides how it comes back."""

from collections.abc import Sequence

from controller.core.plan.plan import Plan, Purpose
from controller.core.state.parts import MemberState
from controller.report.run.next_commands import NextCommands
from controller.report.words import names


def of_unknown(plan: Plan, members: Sequence[MemberState], commands: NextCommands) -> list[str]:
    """What is to be typed for members that passed as no version, where one is not known."""
    tried = [m.name for m in members if m.progress.restore_tried and m.name not in plan.before]
    if not tried or plan.purpose is not Purpose.UPGRADE:
        return []
    it = "it" if len(tried) == 1 else "them"
    return [
        f"which version {names(tried)} ran before the rollout is not known to the journal, so "
        f"nothing was validated as that: to bring {it} back with it, `{commands.run} --set "
        "NAME=VALUE` with the values of that version"
    ]
