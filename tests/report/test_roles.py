"""Who serves now, of members that differ in that: wherever an operator may look."""

from dataclasses import replace
from typing import Any

from controller.core.events import Finished, RolesSeen
from controller.core.outcome import Outcome
from controller.core.settings import Selection, Settings
from controller.core.state.state import State
from controller.report.board.head import head
from controller.report.board.scene import Size
from controller.report.members.roles import roles_text
from controller.report.run.brief import figures
from controller.report.run.halt import halt_message
from controller.report.run.notices import RolloutNotices
from controller.report.run.sentences import sentence
from controller.report.run.summary import summary
from controller.report.status.brief import brief_line
from controller.report.status.lines import status_lines
from controller.report.status.value import status_value
from tests.report.board.boards import soaking
from tests.report.states import NOW, UP, WALL, commands, halted, member, plan, state
from tests.report.status.test_status import known, seen

ROLES = {"web1": "standby", "web2": "active", "web3": "standby"}
WHO = "web2 is active, web1, web3 are standby"
PLAN = plan()


def of_a_pair(**changes: Any) -> State:
    return state(PLAN, roles=ROLES, **changes)


def test_words() -> None:
    assert roles_text({}) == ""
    assert roles_text(ROLES) == WHO


def test_log() -> None:
    """First who it is, then who it is from now on: a promotion, or a failover by the cluster."""
    first, then = state(PLAN), of_a_pair()
    assert sentence(RolesSeen(ROLES), first, then) == ("", WHO)
    assert sentence(RolesSeen(ROLES), then, then) == ("", f"now {WHO}")


def test_end() -> None:
    over = of_a_pair(finished=Finished(Outcome.DONE, 0, ""))
    assert WHO in summary(PLAN, over, None, NOW, WALL, commands(PLAN))
    assert figures(PLAN, over, NOW).endswith(f"; {WHO}")


def test_halt() -> None:
    """Who is called at night must know which of the two not to touch."""
    lines = halt_message(PLAN, halted(PLAN, roles=ROLES), NOW, WALL, commands=commands(PLAN))
    assert [line for line in lines if line.startswith("CAN WAIT") and line.endswith(f"; {WHO}")]


def test_notices() -> None:
    tidings = RolloutNotices(
        "web-1", PLAN, Settings("web", None, Selection(), PLAN.policies), commands(PLAN)
    )
    before = halted(PLAN, member("web1", "soaking"), roles=ROLES, halt=None)
    after = halted(PLAN, member("web1", "done"), roles=ROLES, halt=None, done=1)
    (one,) = tidings.of(RolesSeen(ROLES), before, after, None, NOW, WALL)
    assert one.event == "member_done"
    assert one.text.endswith(f" done); {WHO}")


def test_board() -> None:
    """Beside how many serve."""
    shown = soaking()
    at = replace(shown.at, state=replace(shown.at.state, roles={"web1": "active"}))
    lines = head(replace(shown, at=at), Size(100, 40))
    assert any("must; web1 is active" in "".join(one.text for one in line) for line in lines)


def test_status() -> None:
    """What is seen now goes before what was told; without a look, the journal knows."""
    told = status_value(known(of_a_pair()), "/srv/state")
    assert f"members, according to the journal; {WHO}:" in status_lines(told)
    assert f", {WHO}" in brief_line(told)
    shown = seen(web1=UP | {"role": "active"}, web2=UP | {"role": "standby"})
    now = status_value(known(of_a_pair(), shown), "/srv/state")
    assert now["seen"]["roles"] == {"web1": "active", "web2": "standby"}
    (line,) = [one for one in status_lines(now) if one.startswith("now, at")]
    assert line.endswith("; web1 is active, web2 is standby")
    nobody = status_value(known(of_a_pair(), seen(web1=UP)), "/srv/state")
    assert nobody["seen"]["roles"] == {}
