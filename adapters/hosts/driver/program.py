"""What the process does: its job comes in a variable of the environment, and leaves it at once.

Its output is that of the step, and a last line that says how it ended (`spec.trailer`).
"""

import json
import os
import sys

if __name__ == "__main__":
    _PATH = os.path.abspath(__file__)  # noqa: PTH100
    for _name in ("adapters.hosts.driver", "adapters.hosts", "adapters"):
        _PATH = os.path.dirname(_PATH)  # noqa: PTH120
        _package = sys.modules[_name] = type(sys)(_name)
        _package.__path__ = [_PATH]

from adapters.hosts.driver import spec
from adapters.hosts.driver.asking import ask
from adapters.hosts.driver.rebooting import reboot
from adapters.hosts.driver.stepping import run_step

KINDS = {"step": run_step, "reboot": reboot, "ask": ask}


def write(output: bytes) -> None:
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()


def main() -> None:
    job = json.loads(os.environ.pop(spec.VARIABLE))
    try:
        last = KINDS[job["kind"]](job, write)
    except FileNotFoundError:
        last = spec.trailer(spec.REFUSED, "ssh: command not found; install OpenSSH's client")
    write(last)
    sys.exit(0 if last == spec.trailer(spec.EXIT, "0") else 1)


if __name__ == "__main__":
    main()
