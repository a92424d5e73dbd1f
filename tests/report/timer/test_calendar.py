"""Times of systemd, and what cron makes of them."""

import shutil
import subprocess

import pytest

from controller.report.timer.calendar import Unreadable, calendar
from controller.report.timer.cron import fields, line

KNOWN = [
    ("Mon..Fri 05:00", "0 5 * * 1-5"),
    ("05:00", "0 5 * * *"),
    ("*-*-* 05:00:00", "0 5 * * *"),
    ("Sun 03:30", "30 3 * * 0"),
    ("Sat,Sunday 10:05", "5 10 * * 6,0"),
    ("Sat,Sun,Mon 1:00", "0 1 * * 1,6,0"),
    ("Tue", "0 0 * * 2"),
    ("daily", "0 0 * * *"),
    ("weekly", "0 0 * * 1"),
    ("quarterly", "0 0 1 1,4,7,10 *"),
    ("*-*-01 04:00", "0 4 1 * *"),
    ("*-*-1..7 04:00", "0 4 1-7 * *"),
    ("*-10-05..20/5 4:00", "0 4 5-20/5 10 *"),
    ("*-*-* *:0/15", "0-59/15 * * * *"),
    ("*-*-* 22..23:0/20", "0-59/20 22-23 * * *"),
    ("05:00 Europe/Berlin", None),
    ("Mon *-*-1..7 05:00", None),
    ("2026-12-24 05:00", None),
    ("*-02~01", None),
    ("05:00:30", None),
]


@pytest.mark.parametrize(("written", "cron"), KNOWN)
def test_what_cron_can_say(written: str, cron: str | None) -> None:
    """And what it cannot: zones, years, seconds, last days, weekdays of certain dates."""
    assert fields(calendar(written)) == cron


@pytest.mark.parametrize(
    "written",
    [
        *("", "  ", "never", "every night", "25:00", "05:60", "5", "05:00 Mon", "Mon Tue 05:00"),
        *(
            "*-13-01",
            "*-*-32",
            "05:04..00",
            "05:00/0",
            "*..3:00",
            "05:00\nExecStart=x",
            "1-2-3-4",
        ),
        *("UTC", "Mon..", "Sat..Mon 05:00", "*:*/20", "05", "05:00:00:00", "05:00 nowhere"),
    ],
)
def test_what_is_no_time(written: str) -> None:
    """A word that systemd would ignore or refuse ends here."""
    with pytest.raises(Unreadable):
        calendar(written)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_reads_the_same() -> None:
    """All that is known here is known there."""
    known = [written for written, _ in KNOWN]
    asked = subprocess.run(
        ["systemd-analyze", "calendar", *known], capture_output=True, text=True, check=False
    )
    assert (asked.returncode, asked.stderr) == (0, "")


def test_a_line_survives_its_shell() -> None:
    """Cron ends a command at a `%`, and a shell reads the rest."""
    made = line("0 5 * * *", "kim", ["/opt/a b/poolroll", "run", "50%", "$x"], "/etc/a b.env")
    assert made == (
        r"0 5 * * * kim set -a; . '/etc/a b.env'; exec '/opt/a b/poolroll' run 50\% '$x'"
    )
