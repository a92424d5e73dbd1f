"""The table of members: status, duration of each phase, and what was done to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.gates.figures import span
from controller.core.gates.gate import CounterGate
from controller.core.phases import GRAVE
from controller.core.steps import Course
from controller.report.members.status import member_status
from controller.report.page.model import Action, Series, Story

FIVE: Final = ("drain", "upgrade", "validate", "return", "soak")
OUT: Final = frozenset(FIVE) - {"soak"} | {"out", "undo"}

OUTPUT_ALL: Final = 2_000_000
"""Characters of output in the whole page, so that it opens on a phone."""

OUTPUT_LEAST: Final = 400
OUTPUT_MOST: Final = 40_000

ACTIONS: Final = 40
"""Actions shown of one member; of more, the first and the last."""


@dataclass(frozen=True, slots=True)
class Done:
    """One action on a member, as text."""

    time: str
    what: str
    passed: bool
    output: str
    cut: int
    """Characters of output left out."""


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    address: str
    course: str
    """Empty for the upgrade."""
    status: str
    is_grave: bool
    durations: tuple[str, ...]
    """Of the five phases; empty where there was none."""
    out: str
    """How long it was out of rotation."""
    served: str
    actions: tuple[Done, ...]
    left_out: int
    is_open: bool
    """Something failed, so its output is shown unfolded."""


def members(story: Story) -> tuple[Member, ...]:
    """A row for each member in order of its turn, and one more where it was rolled back."""
    lasted = _lasted(story)
    gates = story.plan.policies.gates
    counted = {g.name for g in gates if isinstance(g, CounterGate) and not g.measure}
    served = {series.member: series for series in story.series if series.gate in counted}
    actions: dict[tuple[str, Course], list[Action]] = {}
    for action in story.actions:
        actions.setdefault((action.member, action.course), []).append(action)
    printed = sum(1 for action in story.actions if action.output)
    room = max(OUTPUT_LEAST, min(OUTPUT_MOST, OUTPUT_ALL // max(1, printed)))
    rows = []
    for member in story.plan.members:
        state = story.state.members[member.name]
        for course in Course:
            key = (member.name, course)
            if course is not Course.UPGRADE and key not in actions and key not in lasted:
                continue
            is_now = course is state.progress.course
            own = actions.get(key, [])
            rows.append(
                Member(
                    name=member.name,
                    address=f"{member.address}:{member.port}",
                    course="" if course is Course.UPGRADE else str(course),
                    status=member_status(story.plan, story.state, state)
                    if is_now
                    else "see its rollback below",
                    is_grave=is_now and state.phase in GRAVE,
                    durations=tuple(_span(lasted.get(key, {}), (kind,)) for kind in FIVE),
                    out=_span(lasted.get(key, {}), OUT),
                    served=_served(served.get(member.name)) if is_now else "",
                    actions=tuple(_done(action, room) for action in _few(own)),
                    left_out=max(0, len(own) - ACTIONS),
                    is_open=any(not action.passed for action in own),
                )
            )
    return tuple(rows)


def _lasted(story: Story) -> dict[tuple[str, Course], dict[str, float]]:
    """(member, direction) → kind of stretch → seconds."""
    lasted: dict[tuple[str, Course], dict[str, float]] = {}
    for stretch in story.stretches:
        kinds = lasted.setdefault((stretch.member, stretch.course), {})
        kinds[stretch.kind] = kinds.get(stretch.kind, 0.0) + stretch.end - stretch.start
    return lasted


def _span(lasted: dict[str, float], kinds: Iterable[str]) -> str:
    parts = [lasted[kind] for kind in kinds if kind in lasted]
    return span(timedelta(seconds=sum(parts))) if parts else ""


def _served(series: Series | None) -> str:
    if series is None:
        return ""
    last = series.samples[-1].event
    return f"{last.total}, {last.errors} failed"


def _few(actions: list[Action]) -> list[Action]:
    return (
        actions
        if len(actions) <= ACTIONS
        else [*actions[: ACTIONS // 2], *actions[-ACTIONS // 2 :]]
    )


def _done(action: Action, room: int) -> Done:
    """Keeps the start and the end of a long output; errors are mostly at the end."""
    output = action.output.strip("\n")
    cut = max(0, len(output) - room)
    if cut:
        output = (
            f"{output[: room // 4]}\n⋯ {cut} characters left out ⋯\n{output[-(room * 3 // 4) :]}"
        )
    seconds = "" if action.seconds is None else f" after {span(timedelta(seconds=action.seconds))}"
    return Done(f"{action.wall:%H:%M:%S}", action.what + seconds, action.passed, output, cut)
