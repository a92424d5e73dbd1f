"""What the program says of a step's end, as a result."""

import re
from dataclasses import replace
from typing import Final

from adapters.hosts.driver import spec
from controller.tasks import JobResult

SSH: Final = ("ssh",)
_CODE: Final = re.compile("[0-9]{1,3}", re.ASCII)
_LEFT: Final = re.compile(r"\n\[poolroll-left ([^\n]{1,200})\]")


AWAY: Final = 255
"""The exit code of ssh where the host was not reached (ssh(1))."""


def answer_of(local: JobResult) -> JobResult:
    """The same for a question. A host that was not reached answers as `ssh` itself does."""
    _, how, detail = spec.parted(local.output)
    if how == spec.AWAY:
        return JobResult(exit_code=AWAY, output=detail, seconds=local.seconds)
    return result_of(local)


def result_of(local: JobResult) -> JobResult:
    """`local`: of the program on this machine. `lost` with a connection: it was cut off before it
    could say how the step has ended, which may run on. A `fault` of `spec.RESET` asks for that."""
    output, how, detail = spec.parted(local.output)
    if local.fault is not None or (not how and local.timed_out):
        return replace(local, connections=SSH if local.timed_out else ())
    if not how:
        return JobResult(lost=True, output=output, seconds=local.seconds, connections=SSH)
    left = tuple(_LEFT.findall(output))
    output = _LEFT.sub("", output)
    bare = JobResult(output=output, seconds=local.seconds, writers=left)
    match how:
        case spec.EXIT:
            return replace(bare, exit_code=int(detail) if _CODE.fullmatch(detail) else 255)
        case spec.LATE:
            return replace(bare, timed_out=True)
        case spec.FAILED:
            return replace(bare, failure=detail)
        case spec.REFUSED | spec.AWAY:
            return replace(bare, fault=detail)
        case spec.RESET:
            return replace(bare, fault=spec.RESET)
        case spec.UNSEEN:
            seen = f"was not seen to its end: {detail}"
            return replace(bare, failure=seen, connections=SSH)
        case _:
            told = f"{output}\n{detail}\n" if detail else output
            return replace(bare, lost=True, output=told)
