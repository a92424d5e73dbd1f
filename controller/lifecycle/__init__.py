"""One run of a rollout: begun, or taken up again where it was left.

Holds the lock, finds out from the journal what there is to go on with, refuses what needs a
decision of the operator, and hands over to the loop. No adapter and no word to a terminal belongs
here.
"""

from controller.journal.unfinished import Unfinished, unfinished
from controller.lifecycle.abort import abort_at_rest
from controller.lifecycle.changes import onward, onward_in, without_secrets
from controller.lifecycle.dry_run import Foreseen, Lookout, foresee
from controller.lifecycle.gates import sampler_of
from controller.lifecycle.look import glance
from controller.lifecycle.options import Prepared, Wishes, World
from controller.lifecycle.resume import scope
from controller.lifecycle.run import run

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
