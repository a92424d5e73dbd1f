"""Next commands: what an operator types to continue a rollout or to end it, ready to paste."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from shlex import quote
from typing import Final

from controller.core.plan.plan import Purpose
from controller.redaction import MASK
from controller.report.status.values import values_text

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
    stale: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Member → what `rollback.vars` would have to say, where it says otherwise: what the member ran
    before. As long as it does not, `rollback` is refused."""
    stepwise: bool = False
    """Whoever began it is asked before each member, and is when it goes on."""

    @property
    def run(self) -> str:
        return self._begin(_VERBS[self.purpose], *self._asking)

    @property
    def run_new(self) -> str:
        return f"{self._begin('run', *self._asking)} --new"

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

    def rollback(self, upgraded: Collection[str]) -> str:
        """To the former version, in a rollout of its own; where the file names another one, what
        is to be written there first. One file names one version: of several, the others follow."""
        was = {name: self.stale.get(name, {}) for name in upgraded}
        first = next((one for one in was.values() if one), None)
        if first is None:
            return self._begin("rollback")
        those = [name for name, one in was.items() if one == first]
        only = [f"--only {quote(name)}" for name in those] if len(those) < len(was) else []
        begin = self._begin("rollback", *only)
        return f"write {values_text(first)} in `rollback.vars` of {self.file}, then {begin}"

    @property
    def _asking(self) -> tuple[str, ...]:
        return ("--step",) if self.stepwise else ()

    def _begin(self, verb: str, *options: str) -> str:
        sets = [f"--set {quote(f'{key}={_shown(value)}')}" for key, value in self.sets.items()]
        return self._command(verb, quote(self.file), *sets, *options)

    def _command(self, *words: str) -> str:
        state = [f"--state {quote(self.state)}"] if self.state else []
        return " ".join(["poolroll", *words, *state])


def _shown(value: str) -> str:
    """The journal does not keep secrets, so the operator types them."""
    return "…" if value == MASK else value
