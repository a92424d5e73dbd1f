"""Notes what becomes of the snapshots of members, while a rollout makes and uses them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from controller.config.snapshots import snapshot_id
from controller.core.pool import Member
from controller.core.steps import SNAPSHOT, RunStep
from controller.errors import StateError
from controller.journal.saved import SavedMember, SavedState, note, saved
from controller.ports import Clock, Journal
from controller.runner.patience import MORE, Overdue, within


class Saving:
    """`who`: the machine that a step means; `keep`: how long a snapshot is kept."""

    def __init__(
        self,
        name: str,
        rollout: str,
        journal: Journal,
        clock: Clock,
        by: str,
        who: Callable[[RunStep], Member],
        keep: timedelta | None,
    ) -> None:
        self._name = name
        self._rollout = rollout
        self._journal = journal
        self._clock = clock
        self._by = by
        self._who = who
        self._keep = keep

    async def begins(self, step: RunStep, *, is_new: bool) -> str:
        """Why it must not begin, since nobody would know of it; empty: it may. One that was begun
        before is joined, and noted already."""
        if step.index != SNAPSHOT:
            return ""
        try:
            await within(MORE, self._note(step, SavedState.MAKING, is_first=is_new))
        except (StateError, Overdue) as error:
            return f"could not be noted, so it was not made: {error}" if is_new else ""
        return ""

    async def ended(self, step: RunStep, *, passed: bool, is_known: bool) -> None:
        """`is_known`: nothing of it may run. What cannot be noted stays as it was noted: it is
        listed, and dropped in its time, all the same."""
        if step.index != SNAPSHOT:
            state = SavedState.REVERTED if passed else None
        elif passed:
            state = SavedState.MADE
        else:
            state = SavedState.FAILED if is_known else None
        if state is not None:
            with suppress(StateError, Overdue):
                await within(MORE, self._note(step, state))

    async def _note(self, step: RunStep, state: SavedState, *, is_first: bool = False) -> None:
        id_ = snapshot_id(self._rollout, step.member, step.snapshot or 0)
        known = [] if is_first else await saved(self._journal, self._name)
        one = next((one for one in known if one.id == id_), None) or self._begun(step, id_)
        one = replace(one, state=state, changed=self._clock.wall())
        await note(self._journal, self._name, one)

    def _begun(self, step: RunStep, id_: str) -> SavedMember:
        member, now = self._who(step), self._clock.wall()
        return SavedMember(
            id=id_,
            rollout=self._rollout,
            member=member.name,
            address=member.address,
            port=member.port,
            made=now,
            by=self._by,
            state=SavedState.MAKING,
            keep=self._keep,
        )
