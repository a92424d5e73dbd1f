"""A question to a host, which may be repeated at will."""

import time

from adapters.hosts.driver import far, spec
from adapters.hosts.driver.link import Answer
from adapters.hosts.driver.stepping import PAUSE, TRIES, Host, Job, Write, is_over


def ask(job: Job, write: Write) -> bytes:
    """The last line, for `spec.parted`."""
    host = Host(job)
    until = time.monotonic() + float(job["limit"])
    answer = asked(host, job["argv"], until)
    write(answer.output)
    if answer.failure is not None:
        return spec.trailer(spec.REFUSED, answer.failure.why)
    words = answer.words("ended")
    return spec.trailer(spec.EXIT, words[1]) if words else spec.trailer(spec.LOST)


def asked(host: Host, argv: list[str], until: float) -> Answer:
    """With a failure where no answer was to be had."""
    first = min(until, time.monotonic() + TRIES * host.patience)
    while True:
        answer = host.ask(far.ASK, until, argv=argv)
        if answer.failure is None or is_over(answer.failure, is_begun=False):
            return answer
        if time.monotonic() >= first:
            return answer
        time.sleep(PAUSE)
