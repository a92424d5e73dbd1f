"""Stopping a child process in its tracks."""

import os
import signal


def freeze(pid: int) -> None:
    """Return when every thread of this child has stopped (waitid(2), WSTOPPED): until then it may
    still answer."""
    os.kill(pid, signal.SIGSTOP)
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)


def thaw(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)
