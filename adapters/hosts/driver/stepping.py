"""A step on a host: begun once, joined as often as it takes."""

import os
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from adapters.hosts.driver import far, spec
from adapters.hosts.driver.link import Answer, argv_of, talk
from adapters.hosts.driver.words import FINAL, KEYS, Failure

Job = Mapping[str, Any]
Write = Callable[[bytes], object]

PAUSE = 1.0
"""Seconds between two connections."""
TRIES = 3.0
"""Times `connect_timeout`: so long a host that does not answer at first is tried."""


class Host:
    """One host, and how it is reached."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.name = str(job["access"]["host"])
        self._argv = argv_of(job["access"])
        self.patience = float(job["access"]["connect_timeout"])

    def ask(self, mode: str, until: float, **more: Any) -> Answer:
        nonce = secrets.token_hex(16)
        known = {name: self.job[name] for name in ("key", "places", "env")}
        text = far.script(mode, nonce, **known, **more)
        return talk(self._argv, self.name, nonce, text, until)


def run_step(job: Job, write: Write) -> bytes:
    """The last line, for `spec.parted`."""
    host = Host(job)
    limit = float(job["limit"])
    began = time.monotonic()
    until = began + limit + float(job["grace"])
    first = began + min(limit, TRIES * host.patience)
    is_possible = not job["is_new"]  # a former process may have begun it
    while True:
        answer = host.ask(
            far.STEP,
            until,
            argv=job["argv"],
            limit=round(limit + 0.499),
            ok=job["ok"],
            joins=job["joins"],
        )
        if answer.is_whole:
            return _told(answer, host.name, write)
        failure = answer.failure
        assert failure is not None
        is_possible = is_possible or may_have_run(answer)
        now = time.monotonic() + PAUSE
        if is_over(failure, is_possible) or now >= (until if is_possible else first):
            return spec.trailer(spec.UNSEEN if is_possible else spec.REFUSED, failure.why)
        time.sleep(PAUSE)


def may_have_run(answer: Answer) -> bool:
    """ssh was let in. What it was to start there may have got the whole script."""
    is_refused = answer.failure is not None and answer.failure.kind in FINAL
    return answer.was_in and (bool(answer.lines) or not is_refused)


def is_over(failure: Failure, is_begun: bool) -> bool:
    """Whether another try is not worth it."""
    return failure.kind in (KEYS if is_begun else FINAL)


def _told(answer: Answer, host: str, write: Write) -> bytes:
    write(answer.output)
    for left in (line for line in answer.lines if line[0] == "left"):
        write(os.fsencode(f"\n[poolroll-left {' '.join(left[1:])}]"))
    if (why := answer.words("refused")) is not None:
        return spec.trailer(spec.REFUSED, f"{host}: {' '.join(why)}")
    if answer.words("never") is not None:
        return spec.trailer(spec.NEVER)
    match answer.words("ended"):
        case ["exit", code]:
            return spec.trailer(spec.EXIT, code)
        case ["late"]:
            return spec.trailer(spec.LATE)
        case ["restarted"]:
            return spec.trailer(spec.FAILED, RESTARTED)
        case ["never"]:
            return spec.trailer(spec.REFUSED, f"{host}: it could not be begun within 30s")
        case ["lost", *why]:
            return spec.trailer(spec.LOST, " ".join(why))
        case other:
            return spec.trailer(spec.LOST, f"it said {other!r}")


RESTARTED = (
    "was cut off when its host restarted; a step that restarts it must be of the kind `reboot`"
)
