"""One run of a rollout: begun, or taken up again where it was left.

Holds the lock, finds out from the journal what there is to go on with, refuses what needs a
decision of the operator, and hands over to the loop. No adapter and no word to a terminal belongs
here.
"""

from controller.session.carry_out import abort_at_rest, run
from controller.session.foresee import Foreseen, Lookout, foresee
from controller.session.glance import glance
from controller.session.metrics import sampler_of
from controller.session.past import onward, onward_in, unfinished, without_secrets
from controller.session.standing import scope
from controller.session.values import Prepared, Unfinished, Wishes, World

__all__ = [
    "Foreseen",
    "Lookout",
    "Prepared",
    "Unfinished",
    "Wishes",
    "World",
    "abort_at_rest",
    "foresee",
    "glance",
    "onward",
    "onward_in",
    "run",
    "sampler_of",
    "scope",
    "unfinished",
    "without_secrets",
]
