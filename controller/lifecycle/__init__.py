"""The lifecycle of a run: start or resume a rollout, run it, abort it.

Takes the lock, loads an unfinished rollout, refuses to resume a halt without an operator's
decision, and starts the loop. No adapters and no terminal output belong here.
"""

from controller.journal.unfinished import Unfinished, complete, lacks_outcome, unfinished
from controller.lifecycle.abort import abort_at_rest
from controller.lifecycle.abort_from_journal import abort_from_journal
from controller.lifecycle.changes import next_commands
from controller.lifecycle.dry_run import DryRun, dry_run
from controller.lifecycle.findings import Findings
from controller.lifecycle.former_file import (
    FormerFile,
    as_it_was_run,
    file_of_pool,
    former_file,
    refuse_other_notices,
)
from controller.lifecycle.gates import planned, sampler_of
from controller.lifecycle.look import look_once, patience
from controller.lifecycle.options import JournalPorts, Ports, Prepared, ReadPorts, RunOptions
from controller.lifecycle.owners import astray
from controller.lifecycle.resume import scope
from controller.lifecycle.run import run

__all__ = [
    "DryRun",
    "Findings",
    "FormerFile",
    "JournalPorts",
    "Ports",
    "Prepared",
    "ReadPorts",
    "RunOptions",
    "Unfinished",
    "abort_at_rest",
    "abort_from_journal",
    "as_it_was_run",
    "astray",
    "complete",
    "dry_run",
    "file_of_pool",
    "former_file",
    "lacks_outcome",
    "look_once",
    "next_commands",
    "patience",
    "planned",
    "refuse_other_notices",
    "run",
    "sampler_of",
    "scope",
    "unfinished",
]
