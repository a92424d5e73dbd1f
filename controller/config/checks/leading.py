"""Warnings about what a load balancer says at the beginning of an argument, where a program could
take it for an option."""

from collections.abc import Iterator, Sequence
from typing import Final

from controller.config.sections.rollout import Rollout
from controller.config.sections.snapshot import ERRANDS, Errand
from controller.config.sections.upgrade import Upgrade, is_placeholder
from controller.config.text.places import Trail, dotted
from controller.config.values.filling import LEADING, is_after_dashes

_MEND: Final = (
    'a name there that begins with a dash would be refused; write "--" before it, or it as '
    "--NAME=${…}"
)

NAMED: Final = 6
"""Places that are named; of more, their number."""


def leading_doubts(rollout: Rollout) -> Iterator[str]:
    """One line for all of them, as `paths: what is questionable`: the mend is the same."""
    found = {
        dotted((*trail, at)): name
        for trail, argv in _commands(rollout)
        for at, name in _first(argv)
    }
    if not found:
        return
    places, which = list(found), " or ".join(dict.fromkeys(found.values()))
    more = len(places) - NAMED
    shown = ", ".join(places[:NAMED]) + (f" and {more} more" if more > 0 else "")
    begins = "begins" if len(places) == 1 else "begin"
    yield f"{shown}: {begins} with {which}, which others name: {_MEND}"


def _first(argv: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The first word of a command that a program could take for an option."""
    for at, word in enumerate(argv):
        found = LEADING.match(word)
        if found is not None and at > 0 and not is_after_dashes(argv, at):
            yield at, found.group()
            return


def _commands(rollout: Rollout) -> Iterator[tuple[Trail, Sequence[str]]]:
    for course, section in (("upgrade", rollout.upgrade), ("rollback", rollout.rollback)):
        if section is not None and not is_placeholder(section):
            yield from _of(section, (course,))
    for name in ERRANDS if rollout.snapshot is not None else ():
        errand = getattr(rollout.snapshot, name) or Errand()
        yield ("snapshot", name, "command"), errand.command or ()
        yield ("snapshot", name, "ssh"), errand.ssh or ()
    for at, step in enumerate(rollout.prepare.steps if rollout.prepare is not None else ()):
        yield ("prepare", "steps", at, "command"), step.command or ()
        yield ("prepare", "steps", at, "ssh"), step.ssh or ()
    for at, question in enumerate(rollout.preflight):
        yield ("preflight", at, "command"), question.command or ()
        yield ("preflight", at, "ssh"), question.ssh or ()
    for at, thing in enumerate(rollout.collect):
        yield ("collect", at, "command"), thing.command or ()
        yield ("collect", at, "ssh"), thing.ssh or ()
    for at, entry in enumerate(rollout.validations):
        yield ("validate", at, "command"), entry.command or ()


def _of(section: Upgrade, trail: Trail) -> Iterator[tuple[Trail, Sequence[str]]]:
    yield (*trail, "command"), section.command or ()
    for at, step in enumerate(section.steps or ()):
        yield (*trail, "steps", at, "command"), step.command or ()
        yield (*trail, "steps", at, "ssh"), step.ssh or ()
    if section.unless is not None:
        yield (*trail, "unless", "command"), section.unless.command or ()
        yield (*trail, "unless", "ssh"), section.unless.ssh or ()
