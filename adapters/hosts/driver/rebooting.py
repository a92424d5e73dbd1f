"""A reboot, seen from outside: asked for once, then watched until the host is up again under
another boot id."""

import time
from dataclasses import dataclass

from adapters.hosts.driver import far, spec
from adapters.hosts.driver.asking import asked
from adapters.hosts.driver.link import Answer
from adapters.hosts.driver.stepping import PAUSE, TRIES, Host, Job, Write, is_over, may_have_run
from adapters.hosts.driver.words import KEYS, Failure, nothing

STARTING = ("initializing", "starting", "stopping", "offline")
"""What `systemctl is-system-running` says of a machine that is not up (systemctl(1))."""
AGAIN = 3.0
"""Seconds between the two looks that must show the same boot: some machines restart twice."""
SOON, RARELY = 60.0, 5.0
"""Seconds: after the first, looks are so far apart."""
LOOK = 20.0
"""Seconds for one look, on top of the time for the connection."""
NEEDED, NOT_NEEDED = "0", "1"


def reboot(job: Job, write: Write) -> bytes:
    """The last line, for `spec.parted`."""
    return _Reboot(job, write).through()


@dataclass
class _Seen:
    """What the last look showed."""

    boot: str = ""
    kernel: str = ""
    system: str = ""
    at: float = 0.0


class _Reboot:
    def __init__(self, job: Job, write: Write) -> None:
        self._job, self._write, self._host = job, write, Host(job)
        self._began = time.monotonic()
        self._until = self._began + float(job["limit"])
        reset = job["reset_after"]
        self._reset_at = None if reset is None else self._began + float(reset)
        self._former = ""
        """The boot id that it had when it was asked."""
        self._boots: list[str] = []
        """The new ones."""
        self._last = _Seen()
        self._trouble = ""
        self._is_gone = False

    def through(self) -> bytes:
        first = self._look(may_retry=True)
        if isinstance(first, Failure):
            return spec.trailer(spec.REFUSED, first.why)
        is_new = first.words("begun") is None and not self._job["joins"]
        return (self._is_needless() if is_new else None) or self._begun() or self._watched()

    # --- asking for it ---------------------------------------------------------------------

    def _is_needless(self) -> bytes | None:
        """How it ends where nothing has to be done, or where that is not known."""
        question = self._job["question"]
        if not question:
            return None
        answer = asked(self._host, question, self._until)
        said = answer.output.decode("utf-8", "replace").strip().rpartition("\n")[2]
        words = answer.words("ended")
        if answer.failure is not None:
            return spec.trailer(spec.REFUSED, answer.failure.why)
        if words == ["exit", NOT_NEEDED]:
            self._tell(f"no reboot is needed{f': {said}' if said else ''}")
            return spec.trailer(spec.EXIT, "0")
        if words != ["exit", NEEDED]:
            code = words[1] if words else "?"
            why = f"whether a reboot is needed is not known (exit code {code})"
            return spec.trailer(spec.FAILED, f"{why}{f': {said}' if said else ''}")
        self._tell(f"a reboot is needed{f': {said}' if said else ''}")
        return None

    def _begun(self) -> bytes | None:
        """Ask for the reboot, or find that it was asked for. How it ends where it was not."""
        first = self._began + TRIES * self._host.patience
        is_possible = False
        while True:
            answer = self._host.ask(
                far.BEGIN,
                min(self._until, time.monotonic() + self._host.patience + LOOK),
                argv=self._job["argv"],
                limit=round(float(self._job["limit"]) + 0.499),
                joins=self._job["joins"],
            )
            if (begun := answer.words("begun")) is not None and begun != [""]:
                self._former = begun[0]
                self._tell(f"asked to go down (boot id {self._former[:8]})")
                return None
            if (why := answer.words("refused")) is not None:
                return spec.trailer(spec.REFUSED, f"{self._host.name}: {' '.join(why)}")
            if answer.words("never") is not None:
                return spec.trailer(spec.NEVER)
            is_possible = is_possible or may_have_run(answer)
            failure = answer.failure or nothing(self._host.name)
            now = time.monotonic() + PAUSE
            if is_over(failure, is_possible) or now >= (self._until if is_possible else first):
                return spec.trailer(spec.UNSEEN if is_possible else spec.REFUSED, failure.why)
            time.sleep(PAUSE)

    # --- watching it -----------------------------------------------------------------------

    def _watched(self) -> bytes:
        while True:
            seen = self._look()
            if isinstance(seen, Failure):
                if seen.kind in KEYS:
                    return spec.trailer(spec.FAILED, f"{seen.why}; asked to go down before")
                self._lost_sight(seen)
            elif (end := self._seen(seen)) is not None:
                return end
            now = time.monotonic()
            if self._reset_at is not None and now >= self._reset_at and not self._boots:
                self._tell(f"not back after {self._passed()}: {self._state()}")
                return spec.trailer(spec.RESET, self._state())
            if now >= self._until:
                return spec.trailer(
                    spec.FAILED, f"{self._state()}, {self._passed()} after it was asked"
                )
            time.sleep(PAUSE if now < self._began + SOON else RARELY)

    def _seen(self, answer: Answer) -> bytes | None:
        boot, kernel = (answer.words("here") or ["", ""])[:2]
        system = (answer.words("system") or ["unknown"])[0]
        former, self._last = self._last, _Seen(boot, kernel, system, time.monotonic())
        self._trouble = ""
        if boot == self._former:
            return self._not_down(answer)
        if boot not in self._boots:
            self._boots.append(boot)
            again = "" if len(self._boots) == 1 else " (it has restarted once more)"
            self._tell(
                f"answers again after {self._passed()}: boot id {boot[:8]}, kernel {kernel}{again}"
            )
            self._is_gone = False
        if system == "maintenance":
            return spec.trailer(
                spec.FAILED, "came up in maintenance mode (systemctl is-system-running)"
            )
        if system in STARTING:
            if former.system != system or former.boot != boot:
                self._tell(f"services: {system}")
            return None
        if former.boot != boot or former.system in STARTING:
            self._last.at = time.monotonic()
            time.sleep(AGAIN)
            return None
        self._tell(f"up after {self._passed()}: kernel {kernel}, services {system}")
        return spec.trailer(spec.EXIT, "0")

    def _not_down(self, answer: Answer) -> bytes | None:
        """It still runs as before. The command may have failed."""
        if self._is_gone:
            self._tell("answers again, under the former boot id: it has not restarted")
            self._is_gone = False
        match answer.words("ended"):
            case ["exit", code] if code != "0":
                self._write(answer.output)
                return spec.trailer(
                    spec.FAILED, f"could not be asked to go down (exit code {code})"
                )
        return None

    def _lost_sight(self, failure: Failure) -> None:
        if not self._is_gone:
            self._tell(f"gone after {self._passed()}: {failure.why}")
        self._is_gone = True
        self._trouble = failure.why

    def _state(self) -> str:
        """As it is, for people."""
        if self._boots and not self._is_gone:
            return f"came back with a new boot id, but its services are {self._last.system}"
        if self._boots:
            return f"came back, and went down again: {self._trouble}"
        if self._is_gone:
            return f"went down and did not come back: {self._trouble}"
        return f"has not gone down (boot id {self._former[:8]} still)"

    # --- both ------------------------------------------------------------------------------

    def _look(self, *, may_retry: bool = False) -> Answer | Failure:
        until = time.monotonic() + TRIES * self._host.patience
        while True:
            limit = time.monotonic() + self._host.patience + LOOK
            answer = self._host.ask(far.LOOK, min(limit, self._until + LOOK))
            if answer.failure is None:
                return answer
            is_last = not may_retry or time.monotonic() >= until
            if is_last or is_over(answer.failure, is_begun=False):
                return answer.failure
            time.sleep(PAUSE)

    def _passed(self) -> str:
        seconds = round(time.monotonic() - self._began)
        return f"{seconds}s" if seconds < 120 else f"{seconds // 60}m {seconds % 60}s"

    def _tell(self, line: str) -> None:
        self._write(f"{line}\n".encode("utf-8", "backslashreplace"))
