"""What the operator asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StopRequested:
    """SIGTERM, SIGINT, SIGHUP, or a `no` at a question."""

    why: str
    at_once: bool = False
    """The second signal: do not wait for a running step."""


@dataclass(frozen=True, slots=True)
class PauseRequested:
    by: str
    request: int = 0
    """Its number, when it came through the state folder: each is heard once."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ResumeRequested:
    by: str
    reason: str
    request: int = 0
    """Its number, when it came through the state folder: each is heard once."""


@dataclass(frozen=True, slots=True)
class AbortRequested:
    by: str
    restore: bool
    request: int = 0
    """Its number, when it came through the state folder: each is heard once."""
