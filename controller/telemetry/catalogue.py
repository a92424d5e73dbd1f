"""The catalogue of metrics. `docs/metrics.md` says the same, and a test compares.

There are few series whatever the size of the pool: a member has series of its own only while it is
in progress (and the one that a rollout halted for); the others are counted by phase.
"""

from enum import StrEnum
from typing import Final

from controller.telemetry.values import Metric


class RolloutState(StrEnum):
    """State of a rollout; the last five are final for a run."""

    RUNNING = "running"
    PAUSED = "paused"
    HALTED = "halted"
    """The automatic stop: from the halt on, also after the process has ended."""
    ROLLING_BACK = "rolling_back"
    """After a halt: its members go back to the former version."""
    STOPPING = "stopping"
    DONE = "done"
    PARTLY_DONE = "partly_done"
    STOPPED = "stopped"
    ABORTED = "aborted"
    REFUSED = "refused"


class Wait(StrEnum):
    """What a member in progress waits for."""

    REQUESTS_IN_FLIGHT = "requests_in_flight"
    STICKY_CLIENTS = "sticky_clients"
    OLD_WORKER = "old_worker"
    LOAD_BALANCER = "load_balancer"
    """Its answer, the effect of a setting, or the next look."""
    CAPACITY = "capacity"
    GATES = "gates"
    OPERATOR = "operator"
    COMMAND = "command"
    UNLESS = "unless"
    PREFLIGHT = "preflight"
    VALIDATION = "validation"
    HEALTH_CHECK = "health_check"
    SLOWSTART = "slowstart"
    SOAK_TIME = "soak_time"


class Bound(StrEnum):
    """Which limit of a gate."""

    MAX = "max"
    MIN = "min"
    MAX_INCREASE = "max_increase"


STATE: Final = Metric(
    "poolroll_rollout_state",
    ("rollout", "state"),
    "1 for the state that the rollout is in, 0 for every other.",
)
STARTED: Final = Metric(
    "poolroll_rollout_started_timestamp_seconds",
    ("rollout",),
    "When the rollout was started, in seconds since the epoch.",
)
FINISHED: Final = Metric(
    "poolroll_rollout_finished_timestamp_seconds",
    ("rollout",),
    "When the run ended, in seconds since the epoch; absent while it goes on.",
)
EXIT_CODE: Final = Metric(
    "poolroll_rollout_exit_code",
    ("rollout",),
    "The exit code of the run; absent while it goes on.",
)
HEARTBEAT: Final = Metric(
    "poolroll_heartbeat_timestamp_seconds",
    ("rollout",),
    "When the rollout last processed an event or a look, in seconds since the epoch.",
)
REFUSED: Final = Metric(
    "poolroll_run_refused_timestamp_seconds",
    ("rollout",),
    "When the last run was refused before it began; absent once one has begun.",
)
MEMBERS: Final = Metric(
    "poolroll_members",
    ("rollout", "phase"),
    "How many members are in the phase.",
)
UNREACHED: Final = Metric(
    "poolroll_member_unreached",
    ("rollout", "member"),
    "1 for each member that was skipped, since it was not reached; absent for every other.",
)
PREPARED: Final = Metric(
    "poolroll_pool_prepared",
    ("rollout",),
    "1 while the pool as a whole is prepared for the rollout, and is to be put back; else 0.",
)
PHASE_AGE: Final = Metric(
    "poolroll_phase_age_seconds",
    ("rollout", "member", "phase", "waits_on"),
    "How long a member in progress has been in its phase, and what it waits for.",
)
GATE_VALUE: Final = Metric(
    "poolroll_gate_value",
    ("rollout", "gate", "member"),
    "The last value that the gate judged, in its own unit; error ratios are 0 to 1.",
)
GATE_LIMIT: Final = Metric(
    "poolroll_gate_limit",
    ("rollout", "gate", "bound"),
    "What the gate allows, in the unit of its value.",
)
GATE_VERDICT: Final = Metric(
    "poolroll_gate_verdict",
    ("rollout", "gate", "member", "verdict"),
    "1 for the last verdict of the gate, 0 for every other.",
)

METRICS: Final = (
    STATE,
    STARTED,
    FINISHED,
    EXIT_CODE,
    HEARTBEAT,
    REFUSED,
    MEMBERS,
    UNREACHED,
    PREPARED,
    PHASE_AGE,
    GATE_VALUE,
    GATE_LIMIT,
    GATE_VERDICT,
)
