"""The commands that are named to go on with, or to end, a rollout."""

import shlex

import click
import pytest

from controller.cli.main import poolroll
from controller.core.plan.plan import Purpose
from controller.report.run.next_commands import Onward


@pytest.mark.parametrize(
    ("onward", "run"),
    [
        (Onward("web", Purpose.UPGRADE, "/etc/web.yaml"), "poolroll run /etc/web.yaml"),
        (Onward("web", Purpose.REHEARSAL, "/etc/web.yaml"), "poolroll rehearse /etc/web.yaml"),
        (Onward("web", Purpose.ROLLBACK, "/etc/web.yaml"), "poolroll rollback /etc/web.yaml"),
        (
            Onward("web", Purpose.UPGRADE, "/my files/web.yaml", {"version": "2 b"}, "/srv/st"),
            "poolroll run '/my files/web.yaml' --set 'version=2 b' --state /srv/st",
        ),
    ],
)
def test_run(onward: Onward, run: str) -> None:
    """The same command with the same values: with others it would be another rollout."""
    assert onward.run == run


def test_every_command_is_one() -> None:
    """Each can be typed as it stands: the verb is there, and takes these options."""
    onward = Onward("web", Purpose.ROLLBACK, "/etc/web.yaml", {"version": "2"}, "/srv/st")
    lines = [onward.run, onward.run_anew, onward.resume, onward.abort, onward.abort_and_restore]
    for line in lines:
        _, verb, *rest = shlex.split(line)
        command = poolroll.get_command(click.Context(poolroll), verb)
        assert command is not None
        command.make_context(verb, rest)
