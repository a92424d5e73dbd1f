"""What is taken for a step of the process before, which could not write it."""

from typing import Any

from controller.core.decide.drift import contested, is_ready
from controller.core.decide.membership import watch_members
from controller.core.decide.schedule import begin
from controller.core.decide.unwritten import reclaimed
from controller.core.decide.wind_down import settle
from controller.core.events import Halted, MemberKept, MemberRelapsed
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.steps import Setting
from tests.support.contexts import (
    DRAINS,
    FOUND,
    HALTED,
    OUT,
    PUTTING_BACK,
    RELOADED,
    a_context,
    ago,
    standing,
    the,
)
from tests.support.tables import table

OURS = MemberRelapsed("web1", "lb1", FOUND, is_unwritten=True)


def agreed(phase: Phase = Phase.SOAKING, **changes: Any) -> Any:
    """The operator was asked about it."""
    values: dict[str, Any] = {"unsure": True, "reclaim": True, "former": FOUND}
    return standing(phase, **values | changes)


@table(
    "m given expected",
    {
        "out": (agreed(), {"shows": OUT}, OURS),
        "out, and waiting": (agreed(Phase.WAITING), {"shows": OUT}, OURS),
        "out at one": (agreed(), {"at": {"lb1": OUT}}, OURS),
        "back": (agreed(), {}, None),
        "draining": (agreed(), {"shows": DRAINS}, None),
        "out, draining at one": (agreed(), {"shows": OUT, "at": {"lb2": DRAINS}}, None),
        "not seen whole": (agreed(), {"shows": OUT, "silent": {"lb2": ago(1)}}, None),
        "not agreed": (agreed(reclaim=False), {"shows": OUT}, None),
        "known to be out": (agreed(Phase.RAMPING), {"shows": OUT}, None),
        "never out before": (agreed(former=None), {"shows": OUT}, None),
        "in another phase": (agreed(Phase.DUE), {"shows": OUT}, None),
        "being set": (agreed(setting=Setting.HOLD), {"shows": OUT}, None),
    },
)
def test_reclaimed(m: Any, given: dict[str, Any], expected: MemberRelapsed | None) -> None:
    assert reclaimed(a_context(m, **given)) == expected


def test_is_asked_before_what_is_in_progress() -> None:
    assert watch_members(a_context(agreed(), shows=OUT)) == OURS


def test_is_restored_by_an_abort() -> None:
    ctx = a_context(agreed(Phase.KEPT), shows=OUT, **PUTTING_BACK)
    assert begin(ctx) == OURS


def test_every_line_is_seen_first() -> None:
    ctx = a_context(agreed(), at={"lb1": OUT}, silent={"lb2": ago(1)})
    assert contested(ctx, the(ctx), is_ready) is None


@table(
    "given expected",
    {
        "out": ({"shows": OUT}, "web1 is out of rotation at lb1"),
        "at one": ({"at": {"lb2": OUT}}, "web1 is out of rotation at lb2"),
        "known": ({"shows": OUT, "unsure": False}, "somebody else changed web1 at lb1"),
    },
)
def test_how_it_is_said(given: dict[str, Any], expected: str) -> None:
    m = standing(Phase.SOAKING, unsure=given.pop("unsure", True))
    ctx = a_context(m, **given)
    output = contested(ctx, the(ctx), is_ready)
    assert isinstance(output, Halted)
    assert output.seen.startswith(expected)


def test_how_it_is_said_of_one_that_is_back() -> None:
    m = standing(Phase.OUT, unsure=True)
    ctx = a_context(m, shows={"admin": Admin.READY})
    output = contested(ctx, the(ctx), lambda line: False)
    assert isinstance(output, Halted)
    assert output.seen.startswith("web1 is in rotation at lb1, and not as the journal has it")


@table(
    "unsure given expected",
    {
        "out": (True, {"shows": OUT}, True),
        "out since a reload": (True, {"shows": OUT, "workers": {"lb1": RELOADED}}, True),
        "in rotation": (True, {}, False),
    },
)
def test_is_left_at_a_halt(unsure: bool, given: dict[str, Any], expected: bool) -> None:
    m = standing(Phase.SOAKING, unsure=unsure, since=ago(1), warmed_at=ago(1))
    ctx = a_context(m, **given, **HALTED)
    output = settle(ctx, the(ctx))
    assert isinstance(output, MemberKept) is expected
    if isinstance(output, MemberKept):
        assert output.is_out
        assert "or the run before" in output.why
