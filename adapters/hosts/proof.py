"""What a host must show when its steps have ended: kernel, packages, services."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Final

from controller.hosts import HostCommand, Proof
from controller.ports import Clock
from controller.tasks import JobResult

ABSENT: Final = "absent"
PAUSE: Final = timedelta(seconds=2)
WITHIN: Final = timedelta(seconds=60)
"""Services that are still starting have so long."""
SCRIPT: Final = r"""
echo "kernel - $(uname -r)"
while [ "$1" != -- ]; do
  found= asked=
  # A host may have the tool of another distribution, too: one that knows the package is believed.
  if command -v dpkg-query > /dev/null; then
    asked=1
    found=$(dpkg-query -W -f '${db:Status-Status} ${Version} ' -- "$1" 2> /dev/null)
    case $found in installed\ *) found=${found#installed } ;; *) found= ;; esac
  fi
  if [ -z "$found" ] && command -v rpm > /dev/null; then
    asked=1
    forms='%{VERSION} %{VERSION}-%{RELEASE} %{EPOCH}:%{VERSION}-%{RELEASE} '
    found=$(rpm -q --qf "$forms" -- "$1" 2> /dev/null) || found=
  fi
  if [ -n "$asked" ]; then :
  elif command -v apk > /dev/null; then
    found=$(apk list --installed -- "$1" 2> /dev/null | sed -n "s/^$1-\([0-9][^ ]*\) .*/\1/p")
  elif command -v pacman > /dev/null; then
    found=$(pacman -Q -- "$1" 2> /dev/null | cut -d ' ' -f 2)
  else
    found='?'
  fi
  echo "package $1 $found"
  shift
done
shift
for unit in "$@"; do
  echo "service $unit $(systemctl is-active -- "$unit" 2> /dev/null || :)"
done
"""
"""For /bin/sh: packages, `--`, services. Prints what there is, a line for each."""


async def prove(
    proof: Proof, ask: Callable[[HostCommand], Awaitable[JobResult]], clock: Clock
) -> JobResult:
    """Exit code 0 where the host shows all of it; services may still be on their way up."""
    argv = ("/bin/sh", "-c", SCRIPT, "expect", *proof.packages, "--", *proof.services)
    question = HostCommand(proof.access, argv, proof.timeout, proof.env)
    until = clock.now() + min(WITHIN, proof.timeout)
    while True:
        result = await ask(question)
        if result.exit_code != 0:
            return result
        lines = judged(proof, result.output)
        failing = [line for line, is_well in lines if not is_well]
        output = "".join(f"{line}\n" for line, _ in lines)
        if not failing:
            return JobResult(exit_code=0, output=output, seconds=result.seconds)
        is_service = all(line.startswith("service ") for line in failing)
        if not is_service or clock.now() >= until:
            why = f"is not as expected: {'; '.join(failing)}"
            return JobResult(failure=why, output=output, seconds=result.seconds)
        await clock.sleep(PAUSE)


def judged(proof: Proof, output: str) -> list[tuple[str, bool]]:
    """What is shown, a line for each thing expected, and whether it is right."""
    shown: dict[tuple[str, str], list[str]] = {}
    for line in output.splitlines():
        kind, _, rest = line.partition(" ")
        name, _, told = rest.partition(" ")
        shown.setdefault((kind, name), told.split())
    lines: list[tuple[str, bool]] = []
    if proof.kernel:
        kernel = (shown.get(("kernel", "-")) or ["unknown"])[0]
        lines.append(_line("kernel", kernel, proof.kernel, fnmatchcase(kernel, proof.kernel)))
    for name, wanted in proof.packages.items():
        found = shown.get(("package", name), [])
        is_well = not found if wanted == ABSENT else any(_fits(one, wanted) for one in found)
        lines.append(_line(f"package {name}", _version(found), wanted, is_well))
    for unit in proof.services:
        state = (shown.get(("service", unit)) or ["unknown"])[0]
        lines.append(_line(f"service {unit}", state, "active", state == "active"))
    return lines


def _line(what: str, found: str, wanted: str, is_well: bool) -> tuple[str, bool]:
    return f"{what} is {found}" + ("" if is_well else f", expected {wanted}"), is_well


def _version(found: list[str]) -> str:
    return found[min(1, len(found) - 1)] if found else ABSENT


def _fits(version: str, wanted: str) -> bool:
    """With or without the epoch, and the revision of the distribution."""
    bare = version.partition(":")[2] or version
    forms = (version, bare, bare.rpartition("-")[0] or bare)
    return any(fnmatchcase(form, wanted) for form in forms)
