"""What every lock must do, whatever it is made of.

Subclass `LockContract` in a test module and give it a fixture `locks`, a function that makes one
lock per user, all sharing what they hold, with a `FixedClock()`.
"""

from collections.abc import Callable
from contextlib import ExitStack, suppress

import pytest

from controller.errors import PoolHeld, StateError
from controller.ports import Lock
from tests.support.journal_contract import WALL

Locks = Callable[[str], Lock]

A1, A2, B1 = ("web", "127.0.0.1:8081"), ("web", "127.0.0.1:8082"), ("api", "127.0.0.1:8081")
SINCE = r"pid \d+ on host \S+, user anna, since 2026-11-22 10:03:11 UTC$"


class LockContract:
    def test_one_holder_per_name(self, locks: Locks) -> None:
        """S10: a second run of the same rollout is refused, and told who holds it since when."""
        anna, bert = locks("anna"), locks("bert")
        with (
            anna.hold_name("web"),
            pytest.raises(PoolHeld, match=r"^rollout 'web' is held by " + SINCE),
            bert.hold_name("web"),
        ):
            pytest.fail("two hold the same name")

    def test_the_end_of_the_block_releases(self, locks: Locks) -> None:
        """Name and pool are free again after the block, also when it ended in an error."""
        anna, bert = locks("anna"), locks("bert")
        with suppress(KeyError), anna.hold_name("web"):
            anna.hold_pool([A1])
            raise KeyError
        assert anna.holder("web") is None
        with bert.hold_name("web"):
            bert.hold_pool([A1])
        with anna.hold_name("web"):
            holder = bert.holder("web")
        assert holder is not None
        assert holder.by == "anna"

    def test_one_holder_per_pool(self, locks: Locks) -> None:
        """S10: another name does not help where one backend and address is in common."""
        anna, bert = locks("anna"), locks("bert")
        with anna.hold_name("web-blue"), bert.hold_name("web"):
            anna.hold_pool([A1, A2])
            with pytest.raises(PoolHeld) as caught:
                bert.hold_pool([B1, A1])
        message = str(caught.value)
        assert message.startswith("pool web (web/127.0.0.1:8081) is held by rollout 'web-blue', ")
        assert message.endswith("user anna, since 2026-11-22 10:03:11 UTC")

    def test_several_in_common_are_counted(self, locks: Locks) -> None:
        """The refusal names one line of the pool and says how many more there are."""
        anna, bert = locks("anna"), locks("bert")
        with anna.hold_name("web-blue"), bert.hold_name("web"):
            anna.hold_pool([A1, A2, B1])
            with pytest.raises(PoolHeld, match=r"^pool api \(api/127.0.0.1:8081 and 2 more\) is"):
                bert.hold_pool([B1, A1, A2])

    def test_a_refused_pool_is_not_held_in_part(self, locks: Locks) -> None:
        """All or none: what was free of a refused pool stays free for others."""
        anna, bert, carl = locks("anna"), locks("bert"), locks("carl")
        with anna.hold_name("a"), bert.hold_name("b"), carl.hold_name("c"):
            anna.hold_pool([A1])
            with pytest.raises(PoolHeld):
                bert.hold_pool([A1, A2])
            carl.hold_pool([A2])

    def test_pools_apart_do_not_meet(self, locks: Locks) -> None:
        """The same address in another backend is another pool."""
        anna, bert = locks("anna"), locks("bert")
        with anna.hold_name("web"), bert.hold_name("api"):
            anna.hold_pool([A1, A2])
            bert.hold_pool([B1])
            holder = anna.holder("api")
        assert holder is not None
        assert holder.by == "bert"

    def test_a_pool_may_grow(self, locks: Locks) -> None:
        """Holding more keys keeps the former ones, and asking again for one's own is fine."""
        anna, bert = locks("anna"), locks("bert")
        with anna.hold_name("web"), bert.hold_name("api"):
            anna.hold_pool([A1])
            anna.hold_pool([A1, A2])
            anna.hold_pool([])
            with pytest.raises(PoolHeld):
                bert.hold_pool([A1])

    def test_a_pool_needs_a_name(self, locks: Locks) -> None:
        """`hold_pool` outside `hold_name` is a bug of the caller and never passes silently."""
        with pytest.raises(RuntimeError):
            locks("anna").hold_pool([A1])

    def test_one_name_at_a_time(self, locks: Locks) -> None:
        """A second name through the same lock is a bug of the caller."""
        anna = locks("anna")
        with anna.hold_name("web"), pytest.raises(RuntimeError), anna.hold_name("api"):
            pytest.fail("two names through one lock")

    def test_the_holder_is_told(self, locks: Locks) -> None:
        """`holder` says who and since when, and nothing about other names."""
        anna, bert = locks("anna"), locks("bert")
        assert bert.holder("web") is None
        with anna.hold_name("web"):
            holder = bert.holder("web")
            assert bert.holder("api") is None
        assert holder is not None
        assert (holder.rollout, holder.by, holder.since) == ("web", "anna", WALL)
        assert bert.holder("web") is None

    def test_a_refusal_is_foretold(self, locks: Locks) -> None:
        """`refusal` says what holding would say, of the name and of the pool, and holds nothing
        itself; nor does it refuse its own."""
        anna, bert = locks("anna"), locks("bert")
        assert bert.refusal("web", [A1]) is None
        with anna.hold_name("web-blue"):
            anna.hold_pool([A1, A2])
            of_name = bert.refusal("web-blue", [])
            of_pool = bert.refusal("web", [B1, A1])
            assert bert.refusal("web", [B1]) is None
            with bert.hold_name("web"):
                bert.hold_pool([B1])
                with pytest.raises(PoolHeld) as caught:
                    bert.hold_pool([A1])
            assert of_pool == str(caught.value)
            with pytest.raises(PoolHeld) as caught, bert.hold_name("web-blue"):
                pytest.fail("two hold the same name")
            assert of_name == str(caught.value)
        assert bert.refusal("web-blue", [A1]) is None

    @pytest.mark.parametrize(
        "name", ["", ".", "../web", "/web", "a/b", "we b", "web\n", "Wéb", "a" * 64]
    )
    def test_only_names_of_rollouts_pass(self, locks: Locks, name: str) -> None:
        """A name that could leave the folder, or is none, is refused everywhere."""
        anna = locks("anna")
        with pytest.raises(StateError, match="not the name of a rollout"):
            anna.holder(name)
        with ExitStack() as stack, pytest.raises(StateError, match="not the name of a rollout"):
            stack.enter_context(anna.hold_name(name))
