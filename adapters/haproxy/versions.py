"""Tested HAProxy versions, and warnings about others. Pure.

Nothing in this folder depends on the version: columns and keys are found by name, refusals by their
words, permission by `show cli level`. The replies of 2.2, 2.6, 2.8, 3.0 and 3.2 differ only in
these points, as far as they are used here:

- 2.2 has no `Start_time_sec` in `show info`; the start is calculated from `Uptime_sec`.
- 2.2 ends a line of `show servers state` after `srvrecord`; later versions add five columns.
- `show stat` has 99 columns in 2.2 and 207 in 3.2; all that are used are in 2.2 already.
- 2.2 to 2.4 may run as several processes (`nbproc`, gone in 2.5): see `require_one_process`.
- 2.2 knows no `add server`; where it is known, such a server reads like any other.
"""

import re
from typing import Final

from controller.errors import Unsupported

OLDEST: Final = (2, 2)
NEWEST: Final = (3, 2)
"""Of those tested. There is no warning for versions in between, whose neighbours answer alike."""

_RELEASE = re.compile(r"v?([0-9]{1,4})\.([0-9]{1,4})(?![0-9])(.*)", re.ASCII | re.DOTALL)


def doubt(version: str) -> str | None:
    """A warning about a version in one line, or None when it was tested.

    `version` as `show info` has it: `2.6.12-1+deb12u4`, `3.3-dev5-1a2b3c`, `2.6.0-1.0.0-290.780`
    (HAProxy Enterprise), or any text of a custom build.
    """
    release = _RELEASE.match(version)
    if release is None:
        return f"HAProxy calls itself {version[:40]!r}, which is not a version number; {_REHEARSE}"
    number = (int(release[1]), int(release[2]))
    span = f"{_text(OLDEST)} to {_text(NEWEST)}"
    if number < OLDEST:
        what = f"older than any that poolroll was tested with ({span})"
    elif number > NEWEST:
        what = f"newer than any that poolroll was tested with ({span})"
    elif release[3].startswith("-dev"):
        what = "a development version, which poolroll was not tested with"
    else:
        return None
    return f"HAProxy {version[:40]} is {what}; {_REHEARSE}"


def require_one_process(instance: str, processes: int) -> None:
    """`processes`: `Nbproc` of `show info`. Of several, each keeps states and counters of its own,
    and a socket shows the one that happened to answer (management guide of 2.4, section 9.3;
    configuration manual, `nbproc`): what is set reaches a part of the users.

    Raises Unsupported.
    """
    if processes > 1:
        raise Unsupported(
            instance,
            f"it runs as {processes} processes (nbproc), and each answer comes from one of them: "
            "a member would keep serving behind the others; use `nbthread` instead of `nbproc`",
        )


_REHEARSE = "`poolroll rehearse` takes every member out and back without upgrading"


def _text(number: tuple[int, int]) -> str:
    return ".".join(map(str, number))
