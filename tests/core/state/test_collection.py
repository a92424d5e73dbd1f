"""What was fetched since a halt, as far as the state knows it: never the outputs."""

from controller.core import events as e
from controller.core.phases import Phase
from controller.core.state.apply import apply
from controller.core.state.collection import Collection
from controller.core.state.state import State
from controller.core.steps import Collect, Course
from tests.support.contexts import HALTED, NOW, PLAN, standing, state_of

STEP = Collect("web1", Course.UPGRADE, 1, "web2")
DONE = Collection(done=(("web2", 0), ("web2", 1)))


def halted(collection: Collection) -> State:
    return state_of(standing(Phase.FAILED), collection=collection, touched=False, **HALTED)


def after(state: State, event: e.Event) -> Collection:
    later = apply(PLAN, state, event, NOW)
    assert not later.touched
    return later.collection


def test_begun_and_ended() -> None:
    begun = after(halted(DONE), e.Intended(STEP))
    assert begun == Collection(STEP, DONE.done)
    ended = e.Collected("web1", 1, "web2", "rpm -qa", "ended with exit code 0", "bash")
    found = after(halted(begun), ended)
    assert found == Collection(None, (*DONE.done, ("web1", 1)))
    assert found.members == ("web2", "web1")


def test_a_new_process() -> None:
    """What was under way is fetched again."""
    assert after(halted(Collection(STEP, DONE.done)), e.RunBegan("me")) == DONE


def test_the_operators_decision() -> None:
    """The next halt is another one."""
    assert after(halted(DONE), e.ResumeRequested("me", "mended")) == Collection()
