"""What runs before, and what comes."""

from dataclasses import replace

from controller.config import parse
from controller.core.plan.plan import Purpose
from controller.report.plan.versions import variables, version_lines
from tests.config.pages import page
from tests.report.journals import plan

NEW = {"version": "2.4.1", "flavour": "blue"}
OLD = {"version": "2.4.0", "flavour": "blue"}


def test_only_what_changes_is_compared() -> None:
    runs = {"web1": OLD, "web2": OLD, "web3": NEW, "web4": {}}
    assert version_lines(NEW, runs, ["web1", "web2", "web3", "web4", "web5"]) == [
        "",
        "variables",
        "  version=2.4.1, flavour=blue",
        "  web1, web2: version=2.4.0 → 2.4.1",
        "  web3: the same as last time",
        "  web4: version=not set → 2.4.1, flavour=not set → blue",
        "  web5: what they run before is not in the journal",
    ]
    assert version_lines(NEW, runs, ["web1", "web2"])[3:] == ["  all: version=2.4.0 → 2.4.1"]
    assert version_lines({}, runs, ["web1"]) == []


def test_which_variables_count() -> None:
    file = parse(page('rollback: {command: [undo], vars: {version: "2.4.0"}}'), "web.yaml")
    assert variables(file, plan()) == {"version": "2.4.1"}
    assert variables(file, replace(plan(), purpose=Purpose.ROLLBACK)) == {"version": "2.4.0"}
    assert variables(file, replace(plan(), purpose=Purpose.REHEARSAL)) == {}
