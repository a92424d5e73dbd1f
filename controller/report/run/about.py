"""What the rollout file says of a rollout, for people who have to decide about it."""

from dataclasses import dataclass

from controller.core.plan.plan import Plan, Purpose
from controller.core.settings import Settings

VERSION = "version"
"""The variable that most rollout files name what is installed by."""


@dataclass(frozen=True, slots=True)
class About:
    version: str = ""
    """What an upgrade installs; empty where that is not known, or nothing is."""
    owner: str = ""
    runbook: str = ""

    @property
    def what(self) -> str:
        """` with v3`: what a member that was upgraded serves."""
        return f" with {self.version}" if self.version else ""

    @property
    def call(self) -> str:
        """Whom to call, and where it says what to do."""
        runbook = f"runbook: {self.runbook}" if self.runbook else ""
        return "; ".join(filter(None, (self.owner, runbook)))


NOTHING = About()


def about(settings: Settings | None, plan: Plan) -> About:
    """None: the rollout file cannot be read."""
    if settings is None:
        return NOTHING
    is_upgrade = plan.purpose is Purpose.UPGRADE
    version = settings.vars.get(VERSION, "") if is_upgrade else ""
    return About(version, settings.owner or "", settings.runbook or "")
