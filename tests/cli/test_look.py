"""Looking at a rollout from another shell: `status`, `explain`, `output`."""

from pathlib import Path

import pytest

from tests.cli.test_report import kept, poolroll
from tests.cli.test_report import state as state
from tests.report import journals


def test_status_for_those_who_watch_many(state: Path) -> None:
    """One line a pool; an exit code for a plugin; one way at a time."""
    code, out, _ = poolroll("status", "--brief", "--state", str(state))
    assert (code, out.count("\n")) == (0, 1)
    assert out.startswith("web: HALTED, upgrade to 2.4.1, ")
    code, out, _ = poolroll("status", "--check", "--state", str(state))
    assert (code, out.splitlines()[0]) == (1, "POOLROLL WARNING - web of 1 pool")
    code, _, err = poolroll("status", "--check", "--brief", "--state", str(state))
    assert code == 2, err


def test_a_check_of_nothing_is_unknown(tmp_path: Path) -> None:
    """Never an all-clear: 3, as plugins have it."""
    assert poolroll("status", "--check", "--state", str(tmp_path / "none"))[0] == 3


@pytest.mark.parametrize("name", [(), ("web",)])
def test_explain(state: Path, name: tuple[str, ...]) -> None:
    """What halted, what the runbook says of it, and what to type."""
    code, out, _ = poolroll("explain", *name, "--state", str(state))
    assert code == 0
    lines = out.splitlines()
    assert [line[:8].strip() for line in lines[:3]] == ["HALTED", "SEEN", "LIMIT"]
    assert any(line.startswith("MEANS: ") for line in lines)
    assert any(line.startswith("NEXT      to wait:") for line in lines)


def test_explain_without_a_halt(tmp_path: Path) -> None:
    kept(tmp_path / "state", journals.halted().records[:1]).close()
    code, out, _ = poolroll("explain", "--state", str(tmp_path / "state"))
    assert (code, out) == (0, f"no rollout is halted in {tmp_path / 'state'}\n")


@pytest.mark.parametrize("verb", ["explain", "status", "events", "report"])
def test_a_look_at_no_such_name(verb: str, state: Path) -> None:
    """A name that was mistyped is no all-clear."""
    code, out, err = poolroll(verb, "wbe", "--state", str(state))
    assert (code, out) == (3, "")
    assert "no rollout wbe in" in err
    assert "known names: web" in err


def test_the_whole_runbook_is_there() -> None:
    code, out, _ = poolroll("explain", "--all")
    assert (code, out.startswith("# It halted, now what?")) == (0, True)
