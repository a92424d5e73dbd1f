"""Every transition of a member, in one table.

Theory of operation
-------------------
A member walks five phases: drain, upgrade, validate, return, soak. The states below are finer,
since a crash, a reload or an out-of-band change may come between two of them:

    WAITING     not begun, in rotation as found (or out, and ours, from an earlier run)
    ASKING      `unless` is asked whether the member is already there
    DUE         its turn: waits for capacity, for gates, for the operator's word
    DRAINING    no new balanced traffic; work in flight ends, sticky clients may still come
    HOLDING     being put out altogether
    OUT         read back as out; watched until nothing is in flight (S3)
    UPGRADING   the steps run, one after the other
    PROVING     `unless` is asked again: as proof, or because a step's end was lost
    VALIDATING  probed from outside
    CHECKING    the load balancer's own health check starts again; no user reaches the member (S4)
    RETURNING   being put in rotation, as found or at the first step of a ramp
    RAMPING     in rotation at a share of its weight, gates watched
    SOAKING     in rotation under full traffic, gates watched
    DONE        upgraded and returned (or, on the way back, rolled back and returned)
    SKIPPED     was already there
    LEFT        out because of somebody else, or not reached, and left as found (S8)

Off the path:

    RESTORING   goes back as it was: its upgrade had not begun
    REMOVING    is taken out again: it failed on its way back or under traffic (S6)
    FAILED      out, and left out
    KEPT        in rotation, upgraded, not proven: S2 forbade taking it out, somebody else
                changed it, or its soak was cut short
    STUCK       its way back failed too: out, for a human

A transition that is not in the table raises and changes nothing. `course` (upgrade or rollback)
is not a state: a rollback walks the same path with other commands.
"""

from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    WAITING = "waiting"
    ASKING = "asking"
    DUE = "due"
    DRAINING = "draining"
    HOLDING = "holding"
    OUT = "out"
    UPGRADING = "upgrading"
    PROVING = "proving"
    VALIDATING = "validating"
    CHECKING = "checking"
    RETURNING = "returning"
    RAMPING = "ramping"
    SOAKING = "soaking"
    DONE = "done"
    SKIPPED = "skipped"
    LEFT = "left out"
    RESTORING = "restoring"
    REMOVING = "removing"
    FAILED = "failed"
    KEPT = "kept"
    STUCK = "stuck"


class Move(StrEnum):
    """What happened to a member, as far as its phase is concerned."""

    ASK = "ask"
    ANSWER_NEEDED = "needed"
    ANSWER_PRESENT = "already there"
    CALL = "its turn"
    STAND_DOWN = "stand down"
    FIND_OUT = "found out, ours"
    LEAVE = "out by another hand"
    DRAIN = "drain"
    HOLD = "hold"
    HELD = "held"
    UPGRADE = "run a step"
    PROVE = "prove"
    VALIDATE = "validate"
    CHECK = "check"
    PUT_BACK = "put back"
    RAMP = "returned in part"
    RETURNED = "returned"
    PASS = "passed"
    RESTORE = "restore"
    RESTORED = "restored"
    REMOVE = "remove"
    REMOVED = "removed"
    FAIL = "fail"
    KEEP = "keep"
    RETRY = "try again"
    SOAK_AGAIN = "soak again"
    ROLL_BACK = "roll back"
    GIVE_UP = "give up"
    RETIRE = "retire"
    GO = "gone from the pool"
    RELAPSE = "out anew"


P, M = Phase, Move

TABLE: Final[dict[tuple[Phase, Move], Phase]] = {
    (P.WAITING, M.ASK): P.ASKING,
    (P.WAITING, M.CALL): P.DUE,
    (P.WAITING, M.GO): P.LEFT,
    (P.WAITING, M.LEAVE): P.LEFT,  # not reached
    (P.WAITING, M.RELAPSE): P.WAITING,
    (P.ASKING, M.ASK): P.ASKING,
    (P.ASKING, M.ANSWER_NEEDED): P.DUE,
    (P.ASKING, M.ANSWER_PRESENT): P.SKIPPED,
    (P.ASKING, M.STAND_DOWN): P.WAITING,
    (P.DUE, M.STAND_DOWN): P.WAITING,
    (P.DUE, M.FIND_OUT): P.HOLDING,
    (P.DUE, M.LEAVE): P.LEFT,
    (P.DUE, M.DRAIN): P.DRAINING,
    (P.DUE, M.UPGRADE): P.UPGRADING,  # where only the step itself takes it out
    # drain
    (P.DRAINING, M.DRAIN): P.DRAINING,
    (P.DRAINING, M.HOLD): P.HOLDING,
    (P.DRAINING, M.RESTORE): P.RESTORING,
    (P.DRAINING, M.KEEP): P.KEPT,
    (P.HOLDING, M.HOLD): P.HOLDING,
    (P.HOLDING, M.HELD): P.OUT,
    (P.HOLDING, M.RESTORE): P.RESTORING,
    (P.HOLDING, M.FAIL): P.FAILED,
    (P.HOLDING, M.KEEP): P.KEPT,
    (P.OUT, M.RESTORE): P.RESTORING,
    (P.OUT, M.HOLD): P.HOLDING,
    (P.OUT, M.FAIL): P.FAILED,
    (P.OUT, M.KEEP): P.KEPT,
    # upgrade
    (P.OUT, M.UPGRADE): P.UPGRADING,
    (P.OUT, M.PROVE): P.PROVING,
    (P.OUT, M.VALIDATE): P.VALIDATING,
    (P.UPGRADING, M.UPGRADE): P.UPGRADING,
    (P.UPGRADING, M.PROVE): P.PROVING,
    (P.UPGRADING, M.RETIRE): P.DONE,
    (P.UPGRADING, M.VALIDATE): P.VALIDATING,
    (P.UPGRADING, M.RESTORE): P.RESTORING,  # after its snapshot, before the first step
    (P.UPGRADING, M.FAIL): P.FAILED,
    (P.UPGRADING, M.KEEP): P.KEPT,
    (P.PROVING, M.UPGRADE): P.UPGRADING,
    (P.PROVING, M.PROVE): P.PROVING,
    (P.PROVING, M.VALIDATE): P.VALIDATING,
    (P.PROVING, M.RESTORE): P.RESTORING,
    (P.PROVING, M.FAIL): P.FAILED,
    (P.PROVING, M.KEEP): P.KEPT,
    # validate
    (P.VALIDATING, M.VALIDATE): P.VALIDATING,
    (P.VALIDATING, M.CHECK): P.CHECKING,
    (P.VALIDATING, M.RESTORE): P.RESTORING,
    (P.VALIDATING, M.FAIL): P.FAILED,
    (P.VALIDATING, M.KEEP): P.KEPT,
    # return
    (P.CHECKING, M.CHECK): P.CHECKING,
    (P.CHECKING, M.PUT_BACK): P.RETURNING,
    (P.CHECKING, M.RESTORE): P.RESTORING,
    (P.CHECKING, M.HOLD): P.HOLDING,
    (P.CHECKING, M.REMOVE): P.REMOVING,
    (P.CHECKING, M.KEEP): P.KEPT,
    (P.RETURNING, M.PUT_BACK): P.RETURNING,
    (P.RETURNING, M.CHECK): P.CHECKING,
    (P.RETURNING, M.RESTORE): P.RESTORING,
    (P.RETURNING, M.KEEP): P.KEPT,
    (P.RETURNING, M.RAMP): P.RAMPING,
    (P.RETURNING, M.RETURNED): P.SOAKING,
    (P.RETURNING, M.HOLD): P.HOLDING,
    (P.RETURNING, M.REMOVE): P.REMOVING,
    (P.RAMPING, M.PUT_BACK): P.RAMPING,
    (P.RAMPING, M.RETURNED): P.SOAKING,
    (P.RAMPING, M.RESTORE): P.RESTORING,
    (P.RAMPING, M.REMOVE): P.REMOVING,
    (P.RAMPING, M.KEEP): P.KEPT,
    (P.RAMPING, M.RELAPSE): P.WAITING,
    # soak
    (P.SOAKING, M.RETURNED): P.SOAKING,
    (P.SOAKING, M.PASS): P.DONE,
    (P.SOAKING, M.REMOVE): P.REMOVING,
    (P.SOAKING, M.KEEP): P.KEPT,
    (P.SOAKING, M.RELAPSE): P.WAITING,
    # gone from the pool, where members may come and go
    (P.DUE, M.GO): P.LEFT,
    (P.DRAINING, M.GO): P.LEFT,
    (P.HOLDING, M.GO): P.LEFT,
    (P.OUT, M.GO): P.LEFT,
    (P.UPGRADING, M.GO): P.LEFT,
    (P.PROVING, M.GO): P.LEFT,
    (P.VALIDATING, M.GO): P.LEFT,
    (P.CHECKING, M.GO): P.LEFT,
    (P.RETURNING, M.GO): P.LEFT,
    (P.RAMPING, M.GO): P.LEFT,
    (P.SOAKING, M.GO): P.LEFT,
    (P.RESTORING, M.GO): P.LEFT,
    (P.FAILED, M.GO): P.LEFT,
    (P.STUCK, M.GO): P.LEFT,
    # off the path, and back to it
    (P.RESTORING, M.RESTORE): P.RESTORING,
    (P.RESTORING, M.RESTORED): P.WAITING,
    (P.RESTORING, M.FAIL): P.FAILED,
    (P.REMOVING, M.REMOVE): P.REMOVING,
    (P.REMOVING, M.REMOVED): P.FAILED,
    (P.REMOVING, M.FAIL): P.FAILED,
    (P.REMOVING, M.KEEP): P.KEPT,
    (P.FAILED, M.RETRY): P.WAITING,
    (P.STUCK, M.RETRY): P.WAITING,
    (P.KEPT, M.RETRY): P.WAITING,
    (P.DONE, M.RETRY): P.WAITING,
    (P.DONE, M.RELAPSE): P.WAITING,
    (P.SKIPPED, M.RETRY): P.WAITING,
    (P.SKIPPED, M.RELAPSE): P.WAITING,
    (P.LEFT, M.RETRY): P.WAITING,
    (P.KEPT, M.SOAK_AGAIN): P.SOAKING,
    (P.KEPT, M.RELAPSE): P.WAITING,
    (P.WAITING, M.VALIDATE): P.VALIDATING,
    (P.FAILED, M.VALIDATE): P.VALIDATING,
    (P.KEPT, M.VALIDATE): P.VALIDATING,
    (P.STUCK, M.VALIDATE): P.VALIDATING,
    (P.WAITING, M.RESTORE): P.RESTORING,
    (P.FAILED, M.RESTORE): P.RESTORING,
    (P.KEPT, M.RESTORE): P.RESTORING,
    (P.FAILED, M.ROLL_BACK): P.WAITING,
    (P.KEPT, M.ROLL_BACK): P.WAITING,
    (P.DONE, M.ROLL_BACK): P.WAITING,
    (P.SKIPPED, M.ROLL_BACK): P.WAITING,
    (P.WAITING, M.ROLL_BACK): P.WAITING,
    (P.FAILED, M.GIVE_UP): P.STUCK,
}


class IllegalMove(AssertionError):
    """A transition that the table does not have: a bug, and nothing was changed."""


def after(phase: Phase, move: Move) -> Phase:
    """The phase that `move` leads to. Raises IllegalMove."""
    try:
        return TABLE[phase, move]
    except KeyError:
        raise IllegalMove(f"a member that is {phase} cannot {move}") from None


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    arrows = [f"    {a} --> {b}: {move}" for (a, move), b in TABLE.items() if a is not b]
    again = [f"    {a} --> {b}: {move} (again)" for (a, move), b in TABLE.items() if a is b]
    return "\n".join(["stateDiagram-v2", "    [*] --> waiting", *arrows, *again])
