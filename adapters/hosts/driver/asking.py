"""A question to a host, which may be repeated at will."""

import time

from adapters.hosts.driver import far, spec
from adapters.hosts.driver.link import Answer
from adapters.hosts.driver.stepping import PAUSE, TRIES, Host, Job, Write, is_over
from adapters.hosts.driver.words import PASSING


def ask(job: Job, write: Write) -> bytes:
    """The last line, for `spec.parted`."""
    host = Host(job)
    until = time.monotonic() + float(job["limit"])
    answer = asked(host, job["argv"], until, job["patience"])
    write(answer.output)
    if (failure := answer.failure) is not None:
        return spec.trailer(spec.AWAY if failure.kind in PASSING else spec.REFUSED, failure.why)
    words = answer.words("ended")
    return spec.trailer(spec.EXIT, words[-1]) if words else spec.trailer(spec.LOST)


def asked(host: Host, argv: list[str], until: float, patience: float | None = None) -> Answer:
    """With a failure where no answer was to be had. `patience`: seconds after which no other
    connection is tried."""
    patience = TRIES * host.patience if patience is None else patience
    first = min(until, time.monotonic() + patience)
    while True:
        answer = host.ask(far.ASK, until, argv=argv)
        if answer.failure is None or is_over(answer.failure, is_begun=False):
            return answer
        if time.monotonic() >= first:
            return answer
        time.sleep(PAUSE)
