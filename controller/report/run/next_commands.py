"""Next commands: what an operator types to continue a rollout or to end it, ready to paste."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from shlex import quote
from typing import Final

from controller.core.plan.plan import Purpose
from controller.redaction import MASK

_VERBS: Final = {
    Purpose.UPGRADE: "run",
    Purpose.REHEARSAL: "rehearse",
    Purpose.ROLLBACK: "rollback",
}


@dataclass(frozen=True, slots=True)
class NextCommands:
    """The commands about one rollout."""

    name: str
    purpose: Purpose
    file: str
    """Path of the rollout file."""
    sets: Mapping[str, str] = field(default_factory=dict)
    """Values of `--set`: with another value it would be another rollout."""
    state: str = ""
    """The state folder, unless it is the default."""

    @property
    def run(self) -> str:
        return self._begin(_VERBS[self.purpose])

    @property
    def run_new(self) -> str:
        return f"{self._begin('run')} --new"

    @property
    def run_anyway(self) -> str:
        """Outside of its windows."""
        return f"{self.run} --ignore-windows --reason '…'"

    @property
    def resume(self) -> str:
        return self._command("resume", self.name, "--reason '…'")

    @property
    def abort(self) -> str:
        return self._command("abort", self.name)

    @property
    def abort_and_restore(self) -> str:
        return f"{self.abort} --restore"

    @property
    def collected(self) -> str:
        return self._command("output", self.name, "--collected")

    @property
    def guard(self) -> str:
        return self._command("guard", self.name)

    @property
    def rollback(self) -> str:
        """To the former version, in a rollout of its own."""
        return self._begin("rollback")

    def _begin(self, verb: str) -> str:
        sets = [f"--set {quote(f'{key}={_shown(value)}')}" for key, value in self.sets.items()]
        return self._command(verb, quote(self.file), *sets)

    def _command(self, *words: str) -> str:
        state = [f"--state {quote(self.state)}"] if self.state else []
        return " ".join(["poolroll", *words, *state])


def _shown(value: str) -> str:
    """The journal does not keep secrets, so the operator types them."""
    return "…" if value == MASK else value
