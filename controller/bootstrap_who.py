"""The operator, as records name them."""

import os
import pwd
import re
import socket

from controller import foreign

_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}\$?")


def who() -> str:
    """The operator, for records: `user@host`, of the real user id. Anybody can set what `sudo` says
    in the environment, so that is only a remark."""
    uid = os.getuid()
    try:
        user: str = foreign.user(pwd.getpwuid(uid).pw_name)
    except (KeyError, ValueError):  # without a name, in a container, or one that is none
        user = str(uid)
    behind = os.environ.get("SUDO_USER", "")
    remark = f" (sudo: {behind})" if _USER.fullmatch(behind) else ""
    return f"{user}@{socket.gethostname()}{remark}"
