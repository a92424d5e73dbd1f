"""Events and plans are masked where they are text, and nowhere else."""

from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest

from controller.core import events as e
from controller.core.events import Event, Observation
from controller.core.outcome import Outcome
from controller.core.plan.abilities import ByHand
from controller.core.pool import Member
from controller.journal.masked import TEXTS, masked_event, masked_plan
from controller.secrets import Secrets
from tests.support.contexts import a_plan

SECRETS = Secrets(frozenset({"canary-1"}))

NAMES = {
    *("member", "by", "fingerprint", "gate", "condemned", "members", "only", "instance", "was"),
    *("where", "kept", "alerts", "evidence_at", "incarnations", "notices", "beside", "roles"),
}
"""Fields that name something, or that nobody but a program reads."""


@pytest.mark.parametrize(
    "kind", [*get_args(Event), *get_args(Observation)], ids=lambda k: k.__name__
)
def test_every_text_is_known(kind: type) -> None:
    """A field that is added to an event is said to be text for people, or a name."""
    hints = get_type_hints(kind)
    for one in fields(kind):
        is_text = str in _parts(hints[one.name])
        if is_text and one.name not in NAMES:
            assert one.name in TEXTS.get(kind, ()), f"{kind.__name__}.{one.name}"


def _parts(hint: Any) -> set[Any]:
    return {hint} | {part for inner in get_args(hint) for part in _parts(inner)}


def test_texts_are_masked_and_names_are_not() -> None:
    """Single texts, lists of them, and what stands at a key."""
    assert masked_event(e.Validated("canary-1", False, "said canary-1"), SECRETS) == e.Validated(
        "canary-1", False, "said ***"
    )
    run = e.RunBegan("me", overrides={"canary-1": "for canary-1"})
    assert masked_event(run, SECRETS).overrides == {"canary-1": "for ***"}
    ended = e.Finished(Outcome.HALTED, 4, "canary-1", ("a", "canary-1"))
    assert masked_event(ended, SECRETS).told == ("a", "***")
    called = e.MemberCalled("canary-1")
    assert masked_event(called, SECRETS) is called


def test_a_plan() -> None:
    """Variables of members go into the journal without secrets."""
    member = Member("m1", "10.0.0.1", 80, "h", {"token": "canary-1", "rack": "a"})
    kept = masked_plan(a_plan(members=(member,)), SECRETS)
    assert kept.members[0].vars == {"token": "***", "rack": "a"}
    assert kept.members[0].name == "m1"
    ran = {"m1": {"token": "canary-1", "version": "v1"}}
    kept = masked_plan(a_plan(before=ran), SECRETS)
    assert kept.before == {"m1": {"token": "***", "version": "v1"}}


def test_what_is_typed_by_hand() -> None:
    """A command of the rollout file may have a secret in it."""
    hand = ByHand("in canary-1", "out", "in /srv", {"m1": "ssh m1 canary-1"}, {})
    assert masked_plan(a_plan(by_hand=hand), SECRETS).by_hand == ByHand(
        "in ***", "out", "in /srv", {"m1": "ssh m1 ***"}, {}
    )
