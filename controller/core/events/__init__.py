"""What has happened: events, in the past tense.

Every event but a look is journalled; the class name is the kind of its record, so a class that is
renamed needs a row in `controller.journal.former`.
"""

from controller.core.events.concluded import (
    MemberCalled,
    MemberFailed,
    MemberFoundOut,
    MemberGone,
    MemberJoined,
    MemberKept,
    MemberLeft,
    MemberMoved,
    MemberRelapsed,
    MemberRenewed,
    MemberRetired,
    MemberReturned,
    MemberStoodDown,
    MemberStuck,
    OutageSpent,
    RampEnded,
    RestoreBegan,
    SoakEnded,
    StepsUndone,
)
from controller.core.events.looks import (
    BugSeen,
    JournalSeen,
    Looked,
    LookFailed,
    ProbeSeen,
    ProbeSent,
    RequestsSeen,
    SightLost,
    UseSeen,
    WindowSeen,
)
from controller.core.events.operator import (
    AbortRequested,
    PauseRequested,
    ResumeRequested,
    StopRequested,
)
from controller.core.events.outcomes import (
    Collected,
    ForeignHandSeen,
    GuardAnswered,
    MemberInherited,
    MemberSet,
    OperatorAnswered,
    QuestionsAnswered,
    RampRefused,
    SettingFailed,
    StepEnded,
    Validated,
)
from controller.core.events.run import (
    CapacityBack,
    CapacityShort,
    FileKept,
    Finished,
    GateSampled,
    Halted,
    InstanceRestarted,
    Intended,
    JournalStalled,
    LockLost,
    PoolClosed,
    PoolOpened,
    PoolStepFailed,
    RolesSeen,
    RollbackBegan,
    RunBegan,
)
from controller.core.events.vocabulary import Answer, Cause, Reply, Verdict

Observation = (
    Looked
    | LookFailed
    | UseSeen
    | ProbeSeen
    | ProbeSent
    | WindowSeen
    | JournalSeen
    | RequestsSeen
    | BugSeen
    | SightLost
)

ConcludedOfMember = (
    MemberCalled
    | MemberStoodDown
    | MemberFoundOut
    | StepsUndone
    | MemberLeft
    | MemberGone
    | MemberMoved
    | MemberRelapsed
    | MemberRenewed
    | MemberRetired
    | MemberReturned
    | RampEnded
    | OutageSpent
    | SoakEnded
    | MemberFailed
    | MemberKept
    | MemberStuck
    | RestoreBegan
)

MemberEvent = (
    MemberInherited
    | MemberSet
    | SettingFailed
    | RampRefused
    | GuardAnswered
    | QuestionsAnswered
    | StepEnded
    | Validated
    | OperatorAnswered
    | ForeignHandSeen
    | ConcludedOfMember
)
"""What changes one member, and (but for `known` workers) nothing else."""

Event = (
    RunBegan
    | FileKept
    | Intended
    | Halted
    | RollbackBegan
    | Finished
    | InstanceRestarted
    | CapacityShort
    | CapacityBack
    | RolesSeen
    | GateSampled
    | Collected
    | MemberJoined
    | PoolOpened
    | PoolClosed
    | PoolStepFailed
    | StopRequested
    | PauseRequested
    | ResumeRequested
    | AbortRequested
    | JournalStalled
    | LockLost
    | MemberEvent
)
"""All that a journal holds."""


__all__ = [
    "AbortRequested",
    "Answer",
    "BugSeen",
    "CapacityBack",
    "CapacityShort",
    "Cause",
    "Collected",
    "ConcludedOfMember",
    "Event",
    "FileKept",
    "Finished",
    "ForeignHandSeen",
    "GateSampled",
    "GuardAnswered",
    "Halted",
    "InstanceRestarted",
    "Intended",
    "JournalSeen",
    "JournalStalled",
    "LockLost",
    "LookFailed",
    "Looked",
    "MemberCalled",
    "MemberEvent",
    "MemberFailed",
    "MemberFoundOut",
    "MemberGone",
    "MemberInherited",
    "MemberJoined",
    "MemberKept",
    "MemberLeft",
    "MemberMoved",
    "MemberRelapsed",
    "MemberRenewed",
    "MemberRetired",
    "MemberReturned",
    "MemberSet",
    "MemberStoodDown",
    "MemberStuck",
    "Observation",
    "OperatorAnswered",
    "OutageSpent",
    "PauseRequested",
    "PoolClosed",
    "PoolOpened",
    "PoolStepFailed",
    "ProbeSeen",
    "ProbeSent",
    "QuestionsAnswered",
    "RampEnded",
    "RampRefused",
    "Reply",
    "RequestsSeen",
    "RestoreBegan",
    "ResumeRequested",
    "RolesSeen",
    "RollbackBegan",
    "RunBegan",
    "SettingFailed",
    "SightLost",
    "SoakEnded",
    "StepEnded",
    "StepsUndone",
    "StopRequested",
    "UseSeen",
    "Validated",
    "Verdict",
    "WindowSeen",
]
