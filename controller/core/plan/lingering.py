"""Load balancers that were reloaded shortly before: what a former worker of theirs may still do."""

from collections.abc import Iterator, Sequence

from controller.core.gates.figures import span
from controller.core.pool import InstanceView
from controller.core.settings import Policies


def lingering_notes(views: Sequence[InstanceView], policies: Policies) -> Iterator[str]:
    """One line for each where no member is taken out yet."""
    patience = policies.drain.timeout
    for view in views:
        if view.lingering:
            yield (
                f"{view.instance} was reloaded, and a lingering worker still serves its last "
                f"connections: no member is taken out before it has ended, for which it gets "
                f"{span(patience)} (drain.timeout)"
            )
        elif view.lingering is None and view.uptime is not None and view.uptime < patience:
            yield (
                f"{view.instance} was started or reloaded {span(view.uptime)} ago, and a lingering "
                "worker could not be seen from here: no member is taken out for another "
                f"{span(patience - view.uptime)} (drain.timeout is {span(patience)})"
            )
