"""Every load balancer is asked before anything is touched, and what they say becomes one survey."""

from collections.abc import Callable, Collection
from dataclasses import replace

import pytest

from controller.core.plan.abilities import Abilities, ByHand
from controller.core.pool import Incarnation, InstanceView
from controller.core.settings import Selection
from controller.errors import PermissionTooLow, Refused
from controller.preflight.survey import reach
from controller.records import Survey
from tests.support.fakes import FakeLoadBalancer
from tests.support.sim import make_sim
from tests.support.virtual import LoopClock, run_virtually

Says = Callable[[str, Collection[str]], Survey]


class Surveyed(FakeLoadBalancer):
    """Two balancers that say what a test wants, with web4 as a backup server."""

    def __init__(self, says: Says) -> None:
        super().__init__(make_sim(4, instances=("lb1", "lb2")), LoopClock())
        self._says = says

    async def look(
        self,
        instance: str,
        members: Collection[str] | None,
        *,
        former: Collection[Incarnation] = (),
    ) -> InstanceView:
        view = await super().look(instance, members, former=former)
        lines = (replace(line, is_backup=line.member == "web4") for line in view.lines)
        return replace(view, lines=tuple(lines))

    async def survey(self, view: InstanceView, selected: Collection[str]) -> Survey:
        return self._says(view.instance, selected)


def test_what_all_say_is_said_once() -> None:
    """Notes, refusals and commands that are alike stand there once, the others in order; they
    speak of the members of the rollout alone."""

    def says(instance: str, selected: Collection[str]) -> Survey:
        assert sorted(selected) == ["web1", "web2"]
        return Survey(
            ("no",),
            ("alike", f"of {instance}"),
            Abilities(limits={(instance, "web", "web1"): 1}),
            ByHand("in", f"out at {instance}"),
        )

    async def reached() -> tuple[Survey, list[str]]:
        balancer = Surveyed(says)
        found = await reach(balancer, Selection(exclude=("web3",)))
        return found.survey, list(balancer.instances)

    survey, (one, other) = run_virtually(reached())
    assert survey == Survey(
        ("no",),
        ("alike", f"of {one}", f"of {other}"),
        Abilities(limits={(one, "web", "web1"): 1, (other, "web", "web1"): 1}),
        ByHand("in", f"out at {one}; out at {other}"),
    )


def test_each_that_may_not_be_set_is_a_reason() -> None:
    """Every instance without permission is named, not only the first."""

    def says(instance: str, _: Collection[str]) -> Survey:
        raise PermissionTooLow(instance, "may only be read")

    with pytest.raises(Refused) as caught:
        run_virtually(reach(Surveyed(says), Selection()))
    assert caught.value.reasons == ("lb1: may only be read", "lb2: may only be read")


def test_the_pool_is_known_by_the_keys_of_all_its_lines() -> None:
    """S10: keys are as the balancers report them, of every line of every instance, whoever is in
    the place, and also of those that are not of the rollout."""

    class Keyed(Surveyed):
        async def look(
            self,
            instance: str,
            members: Collection[str] | None,
            *,
            former: Collection[Incarnation] = (),
        ) -> InstanceView:
            view = await super().look(instance, members, former=former)
            lines = (
                replace(line, key=f"{instance}+{line.member}", occupant=None) for line in view.lines
            )
            return replace(view, lines=tuple(lines))

    balancer = Keyed(lambda instance, selected: Survey())
    reached = run_virtually(reach(balancer, Selection(exclude=("web3",))))
    members = ("web1", "web2", "web3", "web4")
    assert reached.keys == {f"{one}+{name}" for one in balancer.instances for name in members}
