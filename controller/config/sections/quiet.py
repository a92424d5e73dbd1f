"""The key `quiet`: what becomes of a member that no user comes to."""

from controller.config.sections.rollout import Rollout
from controller.config.sections.through import Through

HALT, PASS, PROBE, THROUGH = "halt", "pass", "probe", "through"


def stand_in_of(rollout: Rollout) -> int | None:
    """Which entry of `validate` can stand in for users: one by HTTP that names the member."""
    for at, entry in enumerate(rollout.validations):
        if entry.http is not None and "${member." in entry.http.url:
            return at
    return None


def through_of(rollout: Rollout) -> Through | None:
    """The requests that go through the load balancer, where the file has any."""
    return None if rollout.quiet is None else rollout.quiet.through


def quiet_of(rollout: Rollout) -> str:
    """Where the file does not say: requests of our own, if there is one to send."""
    if through_of(rollout) is not None:
        return THROUGH
    if rollout.quiet is not None:
        return rollout.quiet.mode
    return HALT if stand_in_of(rollout) is None else PROBE
