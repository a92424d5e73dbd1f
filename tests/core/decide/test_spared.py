"""Who is spared by a halt over another member."""

from dataclasses import replace
from typing import Any

from controller.core.decide.finish import finish
from controller.core.decide.spared import is_spared
from controller.core.decide.wind_down import settle
from controller.core.events import (
    AbortRequested,
    Cause,
    JournalSeen,
    MemberKept,
    SoakEnded,
    StopRequested,
)
from controller.core.phases import Phase
from controller.core.pool import Health
from controller.core.settings import OnFailure
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode
from controller.core.steps import Setting
from tests.support.contexts import HALT, HALTED, a_context, a_plan, ago, standing, the
from tests.support.tables import Expected, saying, sets, table

CHECKING = standing(Phase.CHECKING)
SINCE: dict[str, Any] = {"since": ago(0.5)}
"""It came into its phase after the halt."""
FAILED = standing(Phase.FAILED, "web2")


@table(
    "m state spared",
    {
        "its check runs": (CHECKING, {}, True),
        "it is put back": (standing(Phase.RETURNING), {}, True),
        "it soaks since then": (standing(Phase.SOAKING, **SINCE), {}, True),
        "it ramps since then": (standing(Phase.RAMPING, **SINCE), {}, True),
        "it soaked before": (standing(Phase.SOAKING), {}, False),
        "it is not validated": (standing(Phase.VALIDATING), {}, False),
        "nothing was done to it": (standing(Phase.CHECKING, begun=False), {}, False),
        "somebody changed it": (standing(Phase.CHECKING, foreign=True), {}, False),
        "it failed before users": (standing(Phase.SOAKING, condemned=True, **SINCE), {}, False),
        "a halt over itself": (CHECKING, {"halt": replace(HALT, member="web1")}, False),
        "a halt over nobody": (CHECKING, {"halt": replace(HALT, member=None)}, False),
        "a halt over a gate": (CHECKING, {"halt": replace(HALT, cause=Cause.GATE)}, False),
        "one failed before users": (CHECKING, {"halt": replace(HALT, condemned=("web2",))}, False),
        "no halt": (CHECKING, {"halt": None}, False),
        "a stop": (CHECKING, {"stop": StopRequested("SIGTERM")}, False),
        "an abort": (CHECKING, {"abort": AbortRequested("me", restore=True)}, False),
        "a bug": (CHECKING, {"bug": "KeyError"}, False),
        "no journal": (CHECKING, {"journal": JournalSeen(fault="full")}, False),
        "another way to rest": (CHECKING, {"mode": Mode.ROLLING_BACK}, False),
        "too late": (CHECKING, {"halted_at": ago(9999)}, False),
    },
)
def test_who_is_spared(m: MemberState, state: dict[str, Any], spared: bool) -> None:
    ctx = a_context(m, FAILED, **HALTED | state)
    assert is_spared(ctx, m) is spared


def test_where_another_one_failed_before_users() -> None:
    """Meanwhile, at its own gate."""
    other = standing(Phase.FAILED, "web3", disproven="failed gate 'errors'")
    assert not is_spared(a_context(CHECKING, FAILED, other, **HALTED), CHECKING)


def test_where_all_is_rolled_back() -> None:
    plan = a_plan(on_failure=OnFailure.ROLLBACK_ALL)
    assert not is_spared(a_context(CHECKING, FAILED, plan=plan, **HALTED), CHECKING)


@table(
    "m shown move end",
    {
        "its check has passed": (CHECKING, {}, sets(Setting.PUT_BACK), None),
        "it soaks": (standing(Phase.SOAKING, **SINCE), {}, None, None),
        "its soak is over": (
            standing(Phase.SOAKING, **SINCE, warmed_at=ago(999)),
            {},
            saying(SoakEnded, ""),
            None,
        ),
        # It is left as it is: its gate decides, and the halt is told.
        "it falls ill": (
            standing(Phase.SOAKING, **SINCE),
            {"shows": {"health": Health.FAILING}},
            None,
            saying(MemberKept, "its soak cut short by the halt"),
        ),
    },
)
def test_it_goes_on_its_way(
    m: MemberState, shown: dict[str, Any], move: Expected, end: Expected
) -> None:
    """And the rollout waits for it, for as long as it may be proven."""
    m = replace(m, since=ago(3)) if m.phase is Phase.SOAKING else m
    ctx = a_context(m, FAILED, **HALTED | {"halted_at": ago(4)}, **shown)
    assert settle(ctx, the(ctx)) == move
    if move is None:
        assert finish(ctx) == end
