"""Decisions after an error of our own: a question that raises is passed over from then on, and the
others are decided as ever. What nobody can decide about any more is left as it is, and named.

A state that one part of poolroll cannot bear (a figure that overflows, a transition that is
missing) must not leave the rest of the pool where it stands.
"""

from collections.abc import Callable, Iterator, MutableMapping
from functools import partial

from controller.core.decide.bug import halt_for
from controller.core.decide.context import Context, Output
from controller.core.decide.decide import WATCHES, ending, of_member
from controller.core.events import Finished, Halted
from controller.core.outcome import ExitCode, Outcome
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.pool.copies import replace
from controller.core.state.state import Mode, State

Question = Callable[[Context], Output | None]
Spoiled = MutableMapping[str, Exception]
"""Questions that are asked no more → what they raised."""

END = "the end"


def of(member: str) -> str:
    """The question about one member in progress."""
    return f"what becomes of {member}"


def decide_safely(
    plan: Plan, state: State, now: Instant, spoiled: Spoiled
) -> tuple[str, Output | None]:
    """The question that was answered, and its answer. Raises nothing; adds to `spoiled`."""
    if state.mode is Mode.FINISHED:
        return END, None
    ctx = Context(plan, state, now)
    for name, question in _questions(ctx):
        if name in spoiled:
            continue
        try:
            output = question(ctx)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are asked
            spoiled[name] = error
            continue
        if output is not None:
            return name, output
    return END, None if not spoiled or _is_busy(state, spoiled) else given_up(state)


def _questions(ctx: Context) -> Iterator[tuple[str, Question]]:
    yield from ((question.__name__, question) for question in WATCHES)
    for m in ctx.state.members.values():
        yield of(m.name), partial(of_member, m=m)
    yield END, ending


def _is_busy(state: State, spoiled: Spoiled) -> bool:
    """Whether members are still on their way to rest, of which something can be decided."""
    return any(
        m.progress.work is not None or m.order.setting is not None or m.is_in_progress
        for m in state.members.values()
        if of(m.name) not in spoiled
    )


def forced(state: State, event: Halted | Finished, now: Instant) -> State:
    """The state after an event that could not be applied."""
    if isinstance(event, Finished):
        return replace(
            state, mode=Mode.FINISHED, finished=event, halt=state.halt or halt_for(state)
        )
    return replace(state, mode=Mode.HALTED, halt=state.halt or event, halted_at=now)


def given_up(state: State) -> Finished:
    """The end, as things stand."""
    return Finished(Outcome.HALTED, ExitCode.BUG, (state.halt or halt_for(state)).seen)
