"""`history --verify`: whether the journal is whole."""

from collections.abc import Sequence

from controller import bootstrap
from controller.cli.show import show, show_json
from controller.cli.state_folder import known
from controller.cli.wanted import wanted
from controller.core.outcome import ExitCode
from controller.errors import UsageFault
from controller.journal.verify import Verified, verified
from controller.report.status.verified import verified_lines, verified_value


def verify(name: str | None, state: str | None, head: str | None, *, as_json: bool) -> int:
    """Print what was found; the exit code. `head`: a hash that was kept elsewhere."""
    if head is not None and (len(head) != 64 or head.strip("0123456789abcdef")):
        raise UsageFault(
            "history --head: 64 hexadecimal digits, as notices and the report have them"
        )
    seen, place = bootstrap.run(_verified(name, state))
    is_known = head is None or any(head in (*one.hashes, one.head) for one in seen)
    if as_json:
        show_json(verified_value(seen, str(place), head if not is_known else None))
    else:
        show(place.what)
        show("\n".join(verified_lines(seen, head, is_known=is_known)))
    is_whole = is_known and not any(one.faults for one in seen)
    return ExitCode.DONE if is_whole else ExitCode.REFUSED


async def _verified(
    name: str | None, state: str | None
) -> tuple[Sequence[Verified], bootstrap.StatePlace]:
    async with known(state) as (store, place):
        rows = await wanted(store.journal, place, name)
        every = await store.journal.rollouts(rows[0].name if name is not None else None)
        found = await verified(store.journal, every, forgets=place.cluster is not None)
        meant = {row.id for row in rows}
        return [one for one in found if one.rollout in meant], place
