"""What events say in one word: an answer, a cause, a verdict."""

from enum import StrEnum


class Answer(StrEnum):
    """What `unless` said."""

    PRESENT = "already there"
    NEEDED = "upgrade needed"
    REFUSED = "refused"
    UNREACHED = "not reached"
    """Nothing came back that says anything of the member."""


class Reply(StrEnum):
    """What the questions of `preflight` found out about a member."""

    HOLDS = "holds"
    FAILS = "fails"
    UNREACHED = "not reached"
    """Nothing came back that says anything of the member."""


class Cause(StrEnum):
    """Why a rollout halted; decides the exit code."""

    GATE = "gate"
    MEMBER = "member"
    FLOOR = "floor"
    BALANCER = "load balancer"
    FOREIGN = "another hand"
    TRAFFIC = "traffic"
    """Users no longer reach the pool since a member was taken out."""
    OCCUPANT = "another occupant"
    """Something else sits in the place of a member."""
    JOURNAL = "journal"
    BUG = "bug"
    """An error of our own."""


class Verdict(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"

    @property
    def rank(self) -> int:
        """The order from best to worst."""
        return (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL).index(self)
