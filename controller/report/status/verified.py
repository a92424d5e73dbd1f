"""`history --verify` as text and as JSON."""

from collections.abc import Sequence
from typing import Any

from controller.journal.verify import Verified
from controller.legible import legible_line
from controller.report.words import count


def verified_lines(seen: Sequence[Verified], head: str | None, *, is_known: bool) -> list[str]:
    lines = []
    for one in seen:
        chain = f", the chain ends with {one.head}" if one.head else ", without a chain"
        lines.append(f"{one.rollout}: {count(one.records, 'record')}{chain}")
        lines += [f"  FAULT: {fault}" for fault in one.faults]
        lines += [f"  {note}" for note in one.notes]
    bad = sum(bool(one.faults) for one in seen)
    lines.append(
        f"{count(bad, 'rollout')} of {len(seen)} NOT WHOLE"
        if bad
        else f"whole: {count(len(seen), 'rollout')}"
    )
    if head is not None:
        said = "is in it" if is_known else "is NOT in it: it was written anew, or is another one"
        lines.append(f"the hash {head} {said}")
    return [legible_line(line) for line in lines]


def verified_value(seen: Sequence[Verified], state: str, missing: str | None) -> dict[str, Any]:
    """`missing`: the hash that should be there, and is not."""
    return {
        "state": state,
        "is_whole": missing is None and not any(one.faults for one in seen),
        "missing": missing,
        "rollouts": [
            {
                "id": one.rollout,
                "records": one.records,
                "head": one.head,
                "faults": one.faults,
                "notes": one.notes,
            }
            for one in seen
        ],
    }
