"""What the documentation says of metrics is what there is; and the alerts do what they say."""

import re
import shutil
import subprocess
from enum import StrEnum
from pathlib import Path

import pytest

from controller.core.events import Verdict
from controller.core.phases import Phase
from controller.telemetry.catalogue import METRICS, Bound, RolloutState, Wait

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "metrics.md"
RULES = ROOT / "charts" / "poolroll" / "rules" / "alerts.yaml"
RULE_TESTS = ("alerts.test.yml", "alerts_history.test.yml")


def rows(first: str) -> dict[str, list[str]]:
    """The table whose first heading is `first`: what stands first in a row → the other cells."""
    lines = PAGE.read_text("utf-8").splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith(f"| {first} |"))
    table: dict[str, list[str]] = {}
    for line in lines[begin + 2 :]:
        if not line.startswith("| "):
            break
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        table[name.strip("`")] = cells
    return table


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]*)`", cell)


def test_documented_metrics_are_those_exported() -> None:
    """Every metric with its labels, in the order of the catalogue, and no other."""
    documented = {name: tuple(words(cells[0])) for name, cells in rows("metric").items()}
    assert documented == {metric.name: metric.labels for metric in METRICS}


def test_units_stand_in_the_names() -> None:
    """What is documented in seconds says so in its name, and the other way round."""
    for name, cells in rows("metric").items():
        assert name.endswith("_seconds") is cells[1].startswith("seconds"), name
        assert name.endswith("_timestamp_seconds") is cells[1].endswith("since the epoch"), name


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("state", RolloutState),
        ("phase", Phase),
        ("waits_on", Wait),
        ("bound", Bound),
        ("verdict", Verdict),
    ],
)
def test_documented_label_values(label: str, kind: type[StrEnum]) -> None:
    """Every value that a bounded label can have, and no other."""
    assert words(rows("label")[label][0]) == [one.replace(" ", "_") for one in kind]


def test_documented_alerts_are_those_in_the_rules() -> None:
    """Each alert of the rules is explained, and what they ask for is exported."""
    text = RULES.read_text("utf-8")
    assert list(rows("alert")) == re.findall(r"alert: (\w+)", text)
    assert set(re.findall(r"poolroll_\w+", text)) <= {metric.name for metric in METRICS}


def test_links_lead_somewhere() -> None:
    """Every relative link has its file."""
    targets = re.findall(r"\]\(([^)]+)\)", PAGE.read_text("utf-8"))
    assert targets
    for target in targets:
        assert (PAGE.parent / target).exists(), target


@pytest.mark.parametrize("name", RULE_TESTS)
def test_alerts(name: str) -> None:
    """Stuck, halted and silent fire when they should, and a rollout that goes well wakes nobody,
    as Prometheus itself evaluates the rules."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.fail("no promtool on PATH: install the system's package `prometheus`")
    done = subprocess.run(
        [promtool, "test", "rules", name],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
