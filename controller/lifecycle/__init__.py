"""One run of a rollout: begun, or taken up again where it was left.

Holds the lock, finds out from the journal what there is to go on with, refuses what needs a
decision of the operator, and hands over to the loop. No adapter and no word to a terminal belongs
here.
"""

from controller.journal.unfinished import Unfinished, unfinished
from controller.lifecycle.abort import abort_at_rest
from controller.lifecycle.changes import FormerFile, former_file, next_commands
from controller.lifecycle.dry_run import DryRun, dry_run
from controller.lifecycle.findings import Findings
from controller.lifecycle.gates import sampler_of
from controller.lifecycle.look import look_once
from controller.lifecycle.options import Ports, Prepared, ReadPorts, RunOptions
from controller.lifecycle.resume import scope
from controller.lifecycle.run import run

__all__ = [
    "DryRun",
    "Findings",
    "FormerFile",
    "Ports",
    "Prepared",
    "ReadPorts",
    "RunOptions",
    "Unfinished",
    "abort_at_rest",
    "dry_run",
    "former_file",
    "look_once",
    "next_commands",
    "run",
    "sampler_of",
    "scope",
    "unfinished",
]
