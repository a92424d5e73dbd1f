"""The commands with which an operator goes on with a rollout, or ends it: ready to be pasted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from shlex import quote
from typing import Final

from controller.core.plan import Purpose

_VERBS: Final = {
    Purpose.UPGRADE: "run",
    Purpose.REHEARSAL: "rehearse",
    Purpose.ROLLBACK: "rollback",
}


@dataclass(frozen=True, slots=True)
class Onward:
    """One rollout, as commands name it."""

    name: str
    purpose: Purpose
    file: str
    """Path of the rollout file."""
    sets: Mapping[str, str] = field(default_factory=dict)
    """What `--set` said: another value would be another rollout."""
    state: str = ""
    """The state folder, where commands would not look there by themselves."""

    @property
    def run(self) -> str:
        return self._begin(_VERBS[self.purpose])

    @property
    def run_anew(self) -> str:
        return f"{self._begin('run')} --new"

    @property
    def resume(self) -> str:
        return self._command("resume", self.name, "--reason '…'")

    @property
    def abort(self) -> str:
        return self._command("abort", self.name)

    @property
    def abort_and_restore(self) -> str:
        return f"{self.abort} --restore"

    def _begin(self, verb: str) -> str:
        sets = [f"--set {quote(f'{key}={value}')}" for key, value in self.sets.items()]
        return self._command(verb, quote(self.file), *sets)

    def _command(self, *words: str) -> str:
        state = [f"--state {quote(self.state)}"] if self.state else []
        return " ".join(["poolroll", *words, *state])
