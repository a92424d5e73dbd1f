"""The units, as systemd itself reads them."""

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from controller.report.timer.calendar import calendar
from controller.report.timer.text import text
from controller.report.timer.units import Job, guard_service, quoted, service, timer

JOB = Job(
    "web",
    (sys.executable, "run", "/etc/pool roll/50%.yml", "--yes", "--set", 'v=$1 "x" \\'),
    "root",
    "/",
    timedelta(minutes=18),
    "/etc/poolroll/web.env",
)
WHEN = "Mon..Fri 05:00"


def settings(unit: str) -> dict[str, str]:
    lines = (line for line in unit.splitlines() if "=" in line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def test_how_it_is_stopped_and_started() -> None:
    """A first signal reaches poolroll alone and leaves it its time; nothing starts it again but
    the timer; a safe stop is no failure, and a halt, a refusal and a pool that is held are."""
    said = settings(service(JOB))
    assert said["KillMode"] == "mixed"
    assert (said["TimeoutStopSec"], said["TimeoutStartSec"]) == ("1080", "infinity")
    assert (said["Restart"], said["SuccessExitStatus"]) == ("no", "7")
    assert said["EnvironmentFile"] == "/etc/poolroll/web.env"
    assert settings(timer(JOB, [WHEN]))["Persistent"] == "false"


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("run", "run"),
        ("", '""'),
        ("a b", '"a b"'),
        ("50%", '"50%%"'),
        ("$x", '"$$x"'),
        ('a"b\\', '"a\\"b\\\\"'),
        ("it's", '"it\'s"'),
    ],
)
def test_words_of_a_command(word: str, written: str) -> None:
    """Neither a specifier nor a variable is made of them."""
    assert quoted(word) == written


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    """No setting that it does not know, no time that it cannot read, no missing program."""
    job = replace(JOB, guard=(sys.executable, "guard", "web"))
    files = {
        "service": service(job),
        "guard": guard_service(job),
        "timer": timer(job, [WHEN, "daily"]),
    }
    paths = []
    for kind, written in files.items():
        path = tmp_path / f"{JOB.unit}.{kind}".replace(".guard", ".guard.service")
        path.write_text(written)
        paths.append(str(path))
    asked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (asked.returncode, asked.stderr) == (0, "")


def test_each_unit_has_a_name_of_its_own() -> None:
    """Also where rollouts are called `web` and `web-guard`."""
    units = [
        unit
        for name in ("web", "web-guard")
        for one in [replace(JOB, name=name)]
        for unit in (one.unit, one.guard_unit)
    ]
    assert len(set(units)) == 4


def test_all_or_one_of_them() -> None:
    """All with their places; one alone as the file that it is, cron's with what cron needs."""
    when = [(WHEN, calendar(WHEN)), ("05:00 UTC", calendar("05:00 UTC"))]
    whole = text(JOB, when)
    for place in (
        "system/poolroll-web.service",
        "system/poolroll-web.timer",
        "cron.d/poolroll-web",
    ):
        assert f"/etc/{'systemd/' if 'system/' in place else ''}{place}" in whole
    cron = text(JOB, when, "cron").splitlines()
    assert cron[0].startswith("PATH=/usr/local/sbin:")
    assert cron[1].startswith("0 5 * * 1-5 root set -a; . /etc/poolroll/web.env; exec ")
    assert cron[1].endswith(" --quiet")
    assert cron[2] == ("# 05:00 UTC: cron cannot say this (no zones, years, seconds, last days)")
    assert text(JOB, when, "timer") == timer(JOB, [WHEN, "05:00 UTC"])
