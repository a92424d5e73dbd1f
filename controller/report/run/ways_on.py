"""The ways on after a halt: what to type, and what each does to users, the safest first."""

from collections.abc import Collection, Sequence

from controller.core.events import Cause
from controller.core.phases import EXPOSED, FAILED, HELD_OUT, OVER, Phase
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import Admin
from controller.core.state.parts import MemberState
from controller.core.state.remaining import is_upgraded
from controller.core.state.state import State
from controller.core.steps import Course
from controller.report.members.status import fault, is_changed, was_there
from controller.report.run.about import NOTHING, About
from controller.report.run.gone import without_state
from controller.report.run.next_commands import NextCommands
from controller.report.words import names

UNPROVEN = frozenset({*EXPOSED, Phase.KEPT})
ALL_STAY = "all members stay as they are"


def after_halt(
    plan: Plan,
    state: State,
    commands: NextCommands,
    about: About = NOTHING,
    back: Collection[str] = (),
) -> list[str]:
    """Wait, go back if the file has a `rollback`, end it, go on, install again where going on does
    not. A line in brackets says what the command above it does. `back`: whom the run that still
    goes on takes back by itself."""
    if state.journal.is_gone:
        return without_state(plan, state, commands)
    members = list(state.members.values())
    busy = any(m.progress.unfinished or m.progress.may_run for m in members)
    installed = [m.name for m in members if _is_installed(m)]
    is_upgrade = plan.purpose is Purpose.UPGRADE
    lines = _waiting(plan, members, commands, about, back)
    upgraded = [m.name for m in members if is_upgraded(m) and not m.progress.beyond]
    has_back = plan.rollback is not None and not plan.reverts
    if is_upgrade and has_back and upgraded and not busy:
        back = f"one at a time, puts {names(upgraded)} before users with the former version"
        lines += _way("to go back:", commands.rollback(upgraded), back)
    lines += _no_return(members)
    lines += _ending(plan, state, commands, about)
    then = f"{commands.resume}, then {commands.run}"
    lines += _way("to go on:", then, _taken_out(state) or _going_on(plan, members, about))
    if is_upgrade and installed and not busy:
        lines += _way(
            "to install again:", commands.run_new, _asked_first(plan, installed), " " * 12
        )
    return lines


def _way(label: str, command: str, effect: str, indent: str = " " * 12) -> list[str]:
    return [f"{label:<11} {command}", f"{indent}({effect})"]


def _no_return(members: Sequence[MemberState]) -> list[str]:
    """Nothing brings these back but a person."""
    beyond = [m.name for m in members if m.progress.beyond and m.phase in FAILED]
    if not beyond:
        return []
    is_ = "is" if len(beyond) == 1 else "are"
    return [
        f"NO WAY BACK {names(beyond)} {is_} past the point of no return (reversible: false): mend "
        f"{_them(beyond)} by hand, then go on; or end it"
    ]


def _waiting(
    plan: Plan,
    members: Sequence[MemberState],
    commands: NextCommands,
    about: About,
    back: Collection[str],
) -> list[str]:
    rest = [m for m in members if m.name not in back]
    how = "goes back to its snapshot" if plan.reverts else "is rolled back"
    parts = [f"{name} {how} then, by itself" for name in back]
    stands = _as_it_stands(plan, rest, about)
    parts += [stands] if stands != ALL_STAY or not back else []
    lines = [f"to wait:    type nothing   ({'; '.join(parts)})"]
    changed = [m.name for m in rest if is_changed(m)]
    if changed and not plan.remembers:
        kept = f"keeps {names(changed)} out across reloads, as long as it runs"
        lines += _way("", commands.guard, kept)
    return lines


def _as_it_stands(plan: Plan, members: Sequence[MemberState], about: About) -> str:
    out = [m.name for m in members if _is_out(m)]
    met = [m.name for m in members if _is_met(plan, m)]
    parts = [f"{names(out)} {_stay(out)} out"] if out else []
    parts += [f"users go on meeting {names(met)}{about.what}, not proven"] if met else []
    return "; ".join(parts) or ALL_STAY


def _is_out(m: MemberState) -> bool:
    return m.is_away and m.phase not in UNPROVEN


def _is_met(plan: Plan, m: MemberState) -> bool:
    """Whether users meet it, upgraded and not proven."""
    is_other = m.progress.begun and plan.purpose is not Purpose.REHEARSAL
    return m.phase in UNPROVEN and is_other and not m.placement.kept_out


def _stay(those: Sequence[str]) -> str:
    return "stays" if len(those) == 1 else "stay"


def _ending(plan: Plan, state: State, commands: NextCommands, about: About) -> list[str]:
    members = state.members.values()
    lines = _way("to end it:", commands.abort, _as_it_stands(plan, list(members), about))
    away = [m.name for m in members if m.is_away]
    if away:
        lines += _way("", commands.abort_and_restore, restoring(plan, state, about))
    return lines


def restoring(plan: Plan, state: State, about: About = NOTHING) -> str:
    """What `--restore` does, with a warning where validation passed although users failed."""
    members = [m for m in state.members.values() if m.is_away]
    failed = [m for m in members if m.trial.disproven]
    if not failed:
        those, they = names([m.name for m in members]), "it passes its"
        they = they if len(members) == 1 else "they pass their"
        what = about.what if all(m.progress.step for m in members) else ""
        return f"puts {those}{what} before users again if {they} validation"
    halt = state.halt
    first = next((m for m in failed if halt is not None and m.name == halt.member), failed[0])
    which = "it" if len(failed) == 1 else first.name
    whom = names([m.name for m in failed])
    return (
        f"CAUTION: puts {whom}{about.what} before users again: validation passed, but {which} "
        f"{fault(first)}"
    )


def _is_installed(m: MemberState) -> bool:
    """Whether it failed after steps that ended well, which `resume` does not repeat."""
    has_failed = m.phase in HELD_OUT | {Phase.KEPT}
    return has_failed and m.progress.step > 0 and m.progress.course is Course.UPGRADE


def _going_on(plan: Plan, members: Sequence[MemberState], about: About) -> str:
    out = [m for m in members if _is_out(m)]
    done = [m.name for m in out if _is_installed(m)]
    again = [m.name for m in out if m.name not in done]
    met = [m.name for m in members if _is_met(plan, m)]
    next_ones = [m.name for m in members if m.phase is Phase.WAITING and not m.is_away]
    what = about.what
    parts = [f"validates {names(done)} and puts {_them(done)}{what} before users again"] * bool(
        done
    )
    if ran := [m.name for m in out if m.name in done and not was_there(m)]:
        parts[0] += f"; the steps of {names(ran)} that ended well do not run again"
    if again:
        it, is_ = _them(again), "it is" if len(again) == 1 else "they are"
        proven = f"puts {it}{what} before users once {is_} proven"
        parts.append(f"takes up {names(again)} where {is_.split()[0]} stopped, and {proven}")
    parts += [f"judges {names(met)} anew, before users"] if met else []
    back = [m.name for m in members if m.phase in OVER and m.progress.course is Course.ROLLBACK]
    parts += [f"upgrades {names(back)} again"] if back else []
    parts += [f"goes on with {names(next_ones)}"] if next_ones else []
    return "; ".join(parts) or "takes up what is left"


def _them(those: Sequence[str]) -> str:
    return "it" if len(those) == 1 else "them"


def _asked_first(plan: Plan, installed: Sequence[str]) -> str:
    if not plan.upgrade.has_guard:
        return f"the steps run again, also on {names(installed)}"
    return f"where `unless` says that it is needed, also on {names(installed)}"


def _taken_out(state: State) -> str:
    """What comes before going on, where somebody else took a member out that the rollout had put
    back, or poolroll itself did while nothing could be written."""
    halt = state.halt
    if halt is None or halt.cause is not Cause.FOREIGN or halt.member is None:
        return ""
    m = state.members.get(halt.member)
    lines = [seen.line for _, seen in state.lines_of(halt.member)]
    without = any(line.is_weightless for line in lines)
    is_out = without or any(line.admin is not Admin.READY for line in lines)
    if m is None or m.phase in HELD_OUT or not is_out:
        return ""
    if m.placement.unsure:
        return f"takes it that the run before took {m.name} out, and proves it anew"
    how = "it has weight 0" if without else "it is out"
    return f"put {m.name} back first, by hand: {how}, and a run would halt again"
