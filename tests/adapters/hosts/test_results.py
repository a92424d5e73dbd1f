"""What the program says of a step's end, and what a host shows, as results. No host is asked."""

from datetime import timedelta

from adapters.hosts.driver import spec
from adapters.hosts.proof import judged
from adapters.hosts.results import result_of
from controller.foreign import Address
from controller.hosts import Access, Proof
from controller.tasks import JobResult
from tests.support.tables import table


def local(output: str, last: bytes = b"", code: int = 1) -> JobResult:
    return JobResult(exit_code=code, output=output + last.decode(), seconds=2.0)


@table(
    "given expected",
    {
        "an exit code": (
            local("out\n", spec.trailer(spec.EXIT, "255")),
            JobResult(exit_code=255, output="out\n", seconds=2.0),
        ),
        "at its timeout": (
            local("", spec.trailer(spec.LATE)),
            JobResult(timed_out=True, seconds=2.0),
        ),
        "not begun": (
            local("", spec.trailer(spec.REFUSED, "web1\n does  not answer")),
            JobResult(fault="web1 does not answer", seconds=2.0),
        ),
        "in a way of its own": (
            local("x", spec.trailer(spec.FAILED, "was cut off")),
            JobResult(failure="was cut off", output="x", seconds=2.0),
        ),
        "out of sight": (
            local("", spec.trailer(spec.UNSEEN, "no route")),
            JobResult(
                failure="was not seen to its end: no route", connections=("ssh",), seconds=2.0
            ),
        ),
        "nobody knows": (
            local("x", spec.trailer(spec.LOST, "its runner was killed")),
            JobResult(lost=True, output="x\nits runner was killed\n", seconds=2.0),
        ),
        "never begun": (
            local("", spec.trailer(spec.NEVER)),
            JobResult(lost=True, seconds=2.0),
        ),
        "the program was killed": (
            local("half", code=137),
            JobResult(lost=True, output="half", connections=("ssh",), seconds=2.0),
        ),
        "the program did not end": (
            JobResult(timed_out=True, seconds=9.0),
            JobResult(timed_out=True, connections=("ssh",), seconds=9.0),
        ),
        "no program": (JobResult(fault="no python"), JobResult(fault="no python")),
        "left behind": (
            local("out\n\n[poolroll-left sleep (7)]", spec.trailer(spec.EXIT, "0"), 0),
            JobResult(exit_code=0, output="out\n", writers=("sleep (7)",), seconds=2.0),
        ),
        "a step that says so itself": (
            local("[poolroll-host exit 0]\n", spec.trailer(spec.EXIT, "4")),
            JobResult(exit_code=4, output="[poolroll-host exit 0]\n", seconds=2.0),
        ),
    },
)
def test_each_end(given: JobResult, expected: JobResult) -> None:
    """One result for each way in which the program says that a step has ended."""
    assert result_of(given) == expected


SHOWN = """kernel - 5.14.0-427.el9.x86_64
package nginx 1.24.0 1.24.0-3.el9 1:1.24.0-3.el9
package zlib 1:1.2.13.dfsg-1
package telnet-server
service nginx active
service cron activating
"""


def proof(packages: dict[str, str], services: tuple[str, ...] = (), kernel: str = "") -> Proof:
    return Proof(Access(Address("web1")), timedelta(seconds=1), kernel, packages, services)


def test_what_is_as_expected() -> None:
    """Versions with or without epoch and revision, globs, and what must not be there."""
    packages = {"nginx": "1.24.*", "zlib": "1.2.13.dfsg", "telnet-server": "absent"}
    right = proof(packages, ("nginx",), "5.14.*")
    assert judged(right, SHOWN) == [
        ("kernel is 5.14.0-427.el9.x86_64", True),
        ("package nginx is 1.24.0-3.el9", True),
        ("package zlib is 1:1.2.13.dfsg-1", True),
        ("package telnet-server is absent", True),
        ("service nginx is active", True),
    ]
    for form in ("1.24.0", "1.24.0-3.el9", "1:1.24.0-3.el9"):
        assert judged(proof({"nginx": form}), SHOWN)[0][1]


def test_what_is_not() -> None:
    """Each is told with what was found; what nobody can tell is not as expected."""
    packages = {"nginx": "1.26.*", "telnet-server": "1.*", "zlib": "absent", "other": "1"}
    wrong = proof(packages, ("cron", "gone"), "6.*")
    assert judged(wrong, SHOWN) == [
        ("kernel is 5.14.0-427.el9.x86_64, expected 6.*", False),
        ("package nginx is 1.24.0-3.el9, expected 1.26.*", False),
        ("package telnet-server is absent, expected 1.*", False),
        ("package zlib is 1:1.2.13.dfsg-1, expected absent", False),
        ("package other is absent, expected 1", False),
        ("service cron is activating, expected active", False),
        ("service gone is unknown, expected active", False),
    ]
    assert not judged(proof({"x": "absent"}), "package x ?\n")[0][1]
