"""`status` finds the load balancers through the rollout file as the journal keeps it."""

import json
from pathlib import Path

import pytest

from tests.cli.test_report import kept, poolroll
from tests.report import journals


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (journals.FILE, "there is no such socket"),
        (
            journals.FILE.replace("haproxy:", "another:"),
            "the rollout file in the journal cannot be read: /srv/rollouts/web.yml:",
        ),
        ("name: [", "the rollout file in the journal cannot be read: /srv/rollouts/web"),
    ],
)
def test_load_balancers_that_cannot_be_asked(tmp_path: Path, file: str, why: str) -> None:
    """One that does not answer, or a file of another version, is no error: the journal is shown,
    and in one line why nothing was seen."""
    kept(tmp_path / "state", journals.halted().records, file=file).close()
    code, out, err = poolroll("status", "web", "--json", "--state", str(tmp_path / "state"))
    assert (code, err) == (0, "")
    value = json.loads(out)
    assert value["status"] == "halted"
    (reason,) = value["seen"]["not_asked"].values()
    assert reason.startswith(why)
    assert "\n" not in reason
