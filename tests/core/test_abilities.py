"""What several load balancers can do together."""

from datetime import timedelta

from controller.core.plan.abilities import Abilities


def test_together_they_ask_for_the_most_care() -> None:
    """What one of them says holds for the pool; of two waits the longer one counts."""
    one = Abilities(
        sticky={"web": "cookie SRV"},
        limits={("lb1", "web", "web1"): 5},
        prefers_idle=frozenset({("lb1", "web")}),
        settle=timedelta(seconds=2),
        pace=timedelta(seconds=1),
    )
    other = Abilities(
        sticky={"api": "stick table"},
        unweighted={"web": "is static"},
        limits={("lb2", "web", "web1"): 7},
        settle=timedelta(seconds=1),
        pace=timedelta(seconds=3),
    )
    assert one | other == Abilities(
        sticky={"web": "cookie SRV", "api": "stick table"},
        unweighted={"web": "is static"},
        limits={("lb1", "web", "web1"): 5, ("lb2", "web", "web1"): 7},
        prefers_idle=frozenset({("lb1", "web")}),
        settle=timedelta(seconds=2),
        pace=timedelta(seconds=3),
    )


def test_what_only_one_can_do_neither_is_trusted_with() -> None:
    """Counting and cutting need both; the higher of two floors holds."""
    both = Abilities(floor=2) | Abilities(counts=False, cuts=False, floor=3)
    assert (both.counts, both.cuts, both.floor) == (False, False, 3)
    assert (Abilities() | Abilities(floor=1)).floor == 1
    assert (Abilities() | Abilities(leak="a rule")).leak == "a rule"
    assert (Abilities() | Abilities()).floor is None
