"""Members that the pool lets go in one order alone."""

import pytest

from controller.core.plan.abilities import Abilities
from controller.core.plan.order import in_order, last, not_serving, out_of_order
from controller.core.plan.plan import Purpose
from controller.core.pool import Admin, Health
from controller.core.settings import Order, Policies, Selection, Settings
from tests.core.plan.test_propose import NAMES, views
from tests.core.test_snapshot import line
from tests.support.contexts import a_plan
from tests.support.tables import table

WHY = "it goes from the top down"
DOWN = Abilities(ordered=("web3", "web2", "web1"), ordered_why=WHY)
TURN = ("web3", "web2", "web1")


@table(
    "turn selection abilities said",
    {
        "in its order": (TURN, Selection(), DOWN, ""),
        "any order will do": (TURN[::-1], Selection(), Abilities(), ""),
        "a canary that is not on top": (
            ("web1", "web3", "web2"),
            Selection(),
            DOWN,
            "web1 cannot be upgraded before web3, web2",
        ),
        "one in the middle alone": (
            TURN,
            Selection(only=("web2",)),
            DOWN,
            "web2 cannot be upgraded before web3",
        ),
        "the one on top alone": (TURN, Selection(only=("web3",)), DOWN, ""),
        "the canaries alone": (
            ("web2", "web3", "web1"),
            Selection(canaries=("web2",), canaries_only=True),
            DOWN,
            "web2 cannot be upgraded before web3",
        ),
        "those before it are there already": (
            TURN,
            Selection(only=("web1",)),
            Abilities(ordered=("web1",), ordered_why=WHY),
            "",
        ),
        "one that has it already": (
            ("web3", "web2"),
            Selection(),
            Abilities(ordered=("web2", "web1"), ordered_why=WHY),
            "",
        ),
        "one that is left out": (
            ("web2", "web1"),
            Selection(),
            DOWN,
            "web2 cannot be upgraded before web3",
        ),
    },
)
def test_out_of_order(
    turn: tuple[str, ...], selection: Selection, abilities: Abilities, said: str
) -> None:
    """The first one that would come before its time is named, with those that must go first."""
    refusals = out_of_order(turn, selection, abilities, Purpose.UPGRADE)
    assert refusals == ((f"{said}: {WHY}",) if said else ())
    assert out_of_order(turn, selection, abilities, Purpose.ROLLBACK) == ()


@pytest.mark.parametrize("own", [DOWN, Abilities()])
def test_two_balancers_of_one_pool(own: Abilities) -> None:
    """What one of them says holds."""
    both = own | DOWN
    assert (both.ordered, both.ordered_why) == (DOWN.ordered, WHY)


def settings(order: Order = Order.DOWN_FIRST, canaries: tuple[str, ...] = ()) -> Settings:
    return Settings("web", None, Selection(canaries=canaries), Policies(order=order))


@table(
    "canaries ours order",
    {
        "down first": ((), (), ["b1", "a1", "a2", "b2"]),
        "canaries before": (("b2",), (), ["b2", "b1", "a1", "a2"]),
        "a canary that is down": (("a2", "b1"), (), ["a2", "b1", "a1", "b2"]),
        "ours before all": (("a2",), ("b2",), ["b2", "a2", "b1", "a1"]),
    },
)
def test_order(canaries: tuple[str, ...], ours: tuple[str, ...], order: list[str]) -> None:
    """Who is out because of us, the canaries, those that do not serve, the others."""
    assert in_order(NAMES, settings(canaries=canaries), ours, ("b1",)) == order


FAILING = line("b1", health=Health.FAILING)


@table(
    "made abilities down",
    {
        "down everywhere": (settings(), Abilities(), ("b1",)),
        "as the balancer lists them": (settings(Order.LISTED), Abilities(), ()),
        "where the pool has an order": (settings(), DOWN, ()),
    },
)
def test_who_does_not_serve(made: Settings, abilities: Abilities, down: tuple[str, ...]) -> None:
    """No load balancer sends users there, and nothing else prescribes an order."""
    seen = views(FAILING)
    everywhere = [seen[1], seen[1]]
    assert not_serving(NAMES, everywhere, made, abilities) == down
    assert not_serving(NAMES, seen, made, abilities) == ()  # one of them still does
    assert not_serving(NAMES, views(line("b1", admin=Admin.READY)), made, abilities) == ()


def test_last() -> None:
    """These after all others, which keep their order."""
    made = last(a_plan(4), ("web1", "web3"))
    assert [one.name for one in made.members] == ["web2", "web4", "web1", "web3"]
    assert last(a_plan(), ()) == a_plan()
