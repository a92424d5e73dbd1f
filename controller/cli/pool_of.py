"""The load balancers of a rollout file that the journal keeps, for commands that look at them."""

from controller import bootstrap
from controller.config import RolloutFile
from controller.errors import ConfigurationError, PoolrollError
from controller.lifecycle import astray
from controller.ports import LoadBalancer


def pool_of(
    file: RolloutFile | ConfigurationError, place: bootstrap.StatePlace
) -> LoadBalancer | str:
    """Or why they are not asked: others may have written that file."""
    try:
        if isinstance(file, ConfigurationError):  # written by another version of poolroll
            raise file
        if stranger := astray(file, is_ours=bootstrap.is_ours(place)):
            return stranger
        return bootstrap.balancer(file.settings, place)
    except PoolrollError as error:
        first = str(error).partition("\n")[0]
        return f"the rollout file in the journal cannot be read: {first}"
