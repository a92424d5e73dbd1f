"""Whether a member that a halt left out is to be taken out once more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core.decide.guard import Guarded, Word, guarded, now_held, put_back_by_hand
from controller.core.plan.plan import Plan
from controller.core.pool import Admin, Health, Incarnation, InstanceView, Line
from controller.core.snapshot import Snapshot, looked
from tests.report.journals import plan
from tests.support.lines import a_line

WAS, NOW = Incarnation("1", 100), Incarnation("2", 200)
PLAN: Plan = replace(plan(3), instances=("lb1", "lb2"), min_available=2)


def shows(instance: str, by: Incarnation, *lines: Line) -> dict[str, Snapshot]:
    view = InstanceView(instance, timedelta(0), by, lines, is_full=True)
    return {instance: looked(Snapshot(instance), view)}


def pool(admin: Admin = Admin.OUT, *, others: Health = Health.PASSING) -> list[Line]:
    rest = [a_line(name, health=others) for name in ("web2", "web3")]
    return [a_line("web1", admin=admin), *rest]


FINE = shows("lb1", WAS, *pool()) | shows("lb2", WAS, *pool())
BACK = shows("lb1", NOW, *pool(Admin.READY)) | shows("lb2", WAS, *pool())
HELD = {"lb1": WAS, "lb2": WAS}


@pytest.mark.parametrize(
    ("snapshots", "held", "word"),
    [
        (FINE, HELD, Word.OUT),
        (BACK, HELD, Word.TAKE_OUT),
        # It was there when poolroll took the member out: somebody put it back.
        (BACK, {"lb1": NOW}, Word.FOREIGN),
        (BACK, {}, Word.FOREIGN),
        (shows("lb1", NOW, *pool(Admin.READY)), HELD, Word.NEEDED),
        (
            shows("lb1", NOW, *pool(Admin.READY, others=Health.FAILING))
            | shows("lb2", WAS, *pool()),
            HELD,
            Word.NEEDED,
        ),
        # Nobody meets it: no load balancer loses anything by it.
        (
            shows("lb1", NOW, *pool(Admin.DRAINING, others=Health.FAILING))
            | shows("lb2", WAS, *pool()),
            HELD,
            Word.TAKE_OUT,
        ),
        ({"lb1": Snapshot("lb1"), "lb2": Snapshot("lb2")}, HELD, Word.OUT),
    ],
)
def test_what_becomes_of_it(
    snapshots: dict[str, Snapshot], held: dict[str, Incarnation], word: Word
) -> None:
    found = guarded(PLAN, "web1", held, snapshots)
    assert found.word is word
    assert bool(found.why) is (word is not Word.OUT)


def test_out_is_out_without_a_word() -> None:
    assert guarded(PLAN, "web1", HELD, FINE) == Guarded(Word.OUT)


def test_who_has_it_out_is_kept_up_to_date() -> None:
    """A look that shows it out says who has it so; one that does not know it says nothing."""
    assert now_held("web1", {}, FINE) == HELD
    assert now_held("web1", HELD, BACK) == HELD
    assert now_held("web9", HELD, FINE) == HELD
    assert now_held("web1", HELD, {"lb1": Snapshot("lb1")}) == HELD


@pytest.mark.parametrize(
    ("snapshots", "held", "by_hand"),
    [
        (FINE, HELD, False),
        (BACK, HELD, False),
        (BACK, {"lb1": NOW}, True),
        # Who had it out is not known, or who shows it.
        (BACK, {}, False),
        ({"lb1": replace(BACK["lb1"], incarnation=None)}, {"lb1": NOW}, False),
    ],
)
def test_who_put_it_back(
    snapshots: dict[str, Snapshot], held: dict[str, Incarnation], by_hand: bool
) -> None:
    """A hand is told from a reload by what had it out: somebody told that very process."""
    assert put_back_by_hand("web1", held, snapshots) is by_hand
