"""The commands that are named to go on with, or to end, a rollout."""

import shlex

import click
import pytest

from controller.cli.main import poolroll
from controller.core.plan.plan import Purpose
from controller.report.run.next_commands import NextCommands


@pytest.mark.parametrize(
    ("commands", "run"),
    [
        (NextCommands("web", Purpose.UPGRADE, "/etc/web.yaml"), "poolroll run /etc/web.yaml"),
        (
            NextCommands("web", Purpose.REHEARSAL, "/etc/web.yaml"),
            "poolroll rehearse /etc/web.yaml",
        ),
        (NextCommands("web", Purpose.ROLLBACK, "/etc/web.yaml"), "poolroll rollback /etc/web.yaml"),
        (
            NextCommands(
                "web", Purpose.UPGRADE, "/my files/web.yaml", {"version": "2 b"}, "/srv/st"
            ),
            "poolroll run '/my files/web.yaml' --set 'version=2 b' --state /srv/st",
        ),
    ],
)
def test_run(commands: NextCommands, run: str) -> None:
    """The same command with the same values: with others it would be another rollout."""
    assert commands.run == run


def test_every_command_is_one() -> None:
    """Each can be typed as it stands: the verb is there, and takes these options."""
    commands = NextCommands("web", Purpose.ROLLBACK, "/etc/web.yaml", {"version": "2"}, "/srv/st")
    lines = [
        commands.run,
        commands.run_new,
        commands.resume,
        commands.abort,
        commands.abort_and_restore,
        commands.guard,
    ]
    for line in lines:
        _, verb, *rest = shlex.split(line)
        command = poolroll.get_command(click.Context(poolroll), verb)
        assert command is not None
        command.make_context(verb, rest)
