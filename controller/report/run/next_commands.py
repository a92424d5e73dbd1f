"""Next commands: what an operator types to continue a rollout or to end it, ready to paste."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from shlex import quote
from typing import Final

from controller.core.events import Cause
from controller.core.phases import HELD_OUT, Phase
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import Admin
from controller.core.state.parts import MemberState
from controller.core.state.remaining import is_upgraded
from controller.core.state.state import State
from controller.core.steps import Course
from controller.redaction import MASK
from controller.report.members.status import fault
from controller.report.words import names

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
    def resume(self) -> str:
        return self._command("resume", self.name, "--reason '…'")

    @property
    def abort(self) -> str:
        return self._command("abort", self.name)

    @property
    def abort_and_restore(self) -> str:
        return f"{self.abort} --restore"

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


def after_halt(plan: Plan, state: State, commands: NextCommands) -> list[str]:
    """What to type about a rollout that halted: go on, install again where going on does not, end
    it, or go back if the file has a `rollback`."""
    members = state.members.values()
    busy = any(m.progress.unfinished or m.progress.may_run for m in members)
    installed = [m.name for m in members if _is_installed(m)]
    is_upgrade = plan.purpose is Purpose.UPGRADE
    remark = _taken_out(state) or _not_repeated(state)
    lines = [f"to go on:  {commands.resume}, then {commands.run}{remark}"]
    if is_upgrade and installed and not busy:
        lines.append(f"to install again: {commands.run_new}{_asked_first(plan, installed)}")
    lines.append(f"to end it: {commands.abort}   ({restoring(state)})")
    has_back = is_upgrade and plan.rollback is not None and any(is_upgraded(m) for m in members)
    if has_back and not busy:
        lines.append(f"to go back: {commands.rollback}")
    return lines


def _is_installed(m: MemberState) -> bool:
    """Whether it failed after steps that ended well, which `resume` does not repeat."""
    has_failed = m.phase in HELD_OUT | {Phase.KEPT}
    return has_failed and m.progress.step > 0 and m.progress.course is Course.UPGRADE


def _asked_first(plan: Plan, installed: Sequence[str]) -> str:
    if not plan.upgrade.has_guard:
        return f"   (the steps run again, also on {names(installed)})"
    return f"   (where `unless` says that it is needed, also on {names(installed)})"


def _not_repeated(state: State) -> str:
    """What of those that are left out does not run again."""
    done = [m.name for m in state.members.values() if _is_installed(m) and m.is_away]
    return f"   (the steps of {names(done)} that ended well do not run again)" if done else ""


def _taken_out(state: State) -> str:
    """What comes before going on, where somebody else took a member out that the rollout had put
    back, or poolroll itself did while nothing could be written."""
    halt = state.halt
    if halt is None or halt.cause is not Cause.FOREIGN or halt.member is None:
        return ""
    m = state.members.get(halt.member)
    shown = [seen.line.admin for _, seen in state.lines_of(halt.member)]
    if m is None or m.phase in HELD_OUT or all(admin is Admin.READY for admin in shown):
        return ""
    if m.placement.unsure:
        return f"   (takes it that the run before took {m.name} out, and proves it anew)"
    return f"   (put {m.name} back first, by hand: it is out, and a run would halt again)"


def restoring(state: State) -> str:
    """What `--restore` would do, with a warning where validation passed although users failed."""
    failed = [m for m in state.members.values() if m.trial.disproven and m.is_away]
    if not failed:
        return "--restore also puts back members that pass their validation"
    halt = state.halt
    first = next((m for m in failed if halt is not None and m.name == halt.member), failed[0])
    which = "it" if len(failed) == 1 else first.name
    whom = names([m.name for m in failed])
    return f"CAUTION: --restore puts back {whom}: validation passed, but {which} {fault(first)}"
