"""What a pool of hosts means for a rollout: found out before anything is touched. Pure."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from controller.core.plan.abilities import Abilities, ByHand
from controller.core.pool import Check, InstanceView
from controller.pools.scripted import BACKEND, ScriptedPool
from controller.records import Survey
from controller.tasks import Command
from controller.typed import for_any, typed

NONE: Final = timedelta(0)


def survey_of(
    pool: ScriptedPool, view: InstanceView, unstartable: Callable[[Command], str | None]
) -> Survey:
    """`view`: of all members. `unstartable`: see `Commands.unstartable`."""
    scripts = pool.hosts[0].scripts
    refusals = tuple(
        f"pool.hosts.{key}: {why}"
        for key, command in (("out", scripts.out), ("in", scripts.back))
        if (why := unstartable(command)) is not None
    )
    shows_flight = all(line.in_flight is not None for line in view.lines)
    counts = all(line.counters is not None for line in view.lines)
    notes = []
    if not shows_flight:
        notes.append(
            f"`state` does not say what is in flight: a member counts as quiet once it was out for "
            f"{pool.settle.total_seconds():g}s (drain.settle); a request that takes longer IS CUT "
            "by the upgrade"
        )
    if not all(line.check is Check.RUNNING for line in view.lines):
        notes.append(
            "`state` does not say whether a member is healthy: every member that is in rotation "
            "counts as one that serves, and only `validate` proves an upgraded one"
        )
    abilities = Abilities(
        unweighted={BACKEND: "is reached by scripts, which know no weights"},
        settle=NONE if shows_flight else pool.settle,
        counts=counts,
        cuts=False,
        remembers=True,
        pace=pool.every,
    )
    out, each_out = for_any({host.name: typed(host.scripts.out) for host in pool.hosts})
    back, each_back = for_any({host.name: typed(host.scripts.back) for host in pool.hosts})
    by_hand = ByHand(back, out, f"in {scripts.out.cwd}", each_back, each_out)
    return Survey(refusals, tuple(notes), abilities, by_hand)
