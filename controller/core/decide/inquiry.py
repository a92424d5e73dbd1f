"""What `preflight` asks of a member just before it is taken out, and what follows from the reply.

Nothing was done to such a member yet, so a question that fails halts before it is touched. It was
answered before the rollout began, too; since then a disk may have filled up.
"""

from datetime import timedelta
from typing import Final

from controller.core.decide.context import Context, Output
from controller.core.decide.steps_for import questions_of
from controller.core.decide.unreached import not_reached
from controller.core.events import Answer, Cause, Halted, Reply
from controller.core.state.parts import MemberState
from controller.core.steps import Course

LIMIT: Final = "every question of `preflight` must hold just before a member is taken out"

HOLDS_FOR: Final = timedelta(minutes=1)
"""A member that has waited longer than this since it was asked, for capacity or a gate, is asked
again."""


def asked(ctx: Context, m: MemberState) -> Output | None:
    """The questions, where they are still to be asked; None: it may go."""
    if not _is_to_be_asked(ctx, m):
        return None
    is_recent = ctx.now - m.inquiry.replied_at < HOLDS_FOR
    if m.inquiry.reply is Reply.HOLDS and is_recent:
        return None
    return questions_of(ctx, m)


def _is_to_be_asked(ctx: Context, m: MemberState) -> bool:
    """Whether nothing was done to it in this rollout yet. The questions are about a member as it
    was before: one that a step may have changed is brought to its end without them."""
    p, shape = m.progress, ctx.shape(m)
    if not shape.has_questions or p.course is Course.ROLLBACK or p.unfinished:
        return False
    is_only_inherited = not p.attempt and p.step < shape.steps
    return not p.begun or is_only_inherited


def refused(ctx: Context, m: MemberState) -> Output:
    """What follows for a member that was asked, and has gone back to wait (`is_refused`)."""
    p = m.progress
    if p.answer is Answer.UNREACHED:
        return not_reached(ctx, m, p.detail)
    if p.answer is Answer.REFUSED:
        return Halted(
            Cause.MEMBER,
            p.detail,
            "`unless` must exit with 0 or with a code in go_on",
            m.name,
        )
    if m.inquiry.reply is Reply.UNREACHED:
        return not_reached(ctx, m, m.inquiry.said)
    return Halted(Cause.MEMBER, f"{m.name}: {m.inquiry.said}", LIMIT, m.name)
