"""Members that the pool lets go in one order alone."""

import pytest

from controller.core.plan.abilities import Abilities
from controller.core.plan.order import out_of_order
from controller.core.plan.plan import Purpose
from controller.core.settings import Selection
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
