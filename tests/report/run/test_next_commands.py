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
        (
            NextCommands("web", Purpose.ROLLBACK, "/etc/web.yaml", stepwise=True),
            "poolroll rollback /etc/web.yaml --step",
        ),
    ],
)
def test_run(commands: NextCommands, run: str) -> None:
    """The same command with the same values: with others it would be another rollout."""
    assert commands.run == run


@pytest.mark.parametrize(
    ("stale", "line"),
    [
        ({}, "poolroll rollback /srv/web.yaml"),
        ({"web1": {}, "web3": {"version": "1"}}, "poolroll rollback /srv/web.yaml"),
        (
            {"web1": {"version": "1"}, "web2": {"version": "1"}},
            "write version=1 in `rollback.vars` of /srv/web.yaml, then "
            "poolroll rollback /srv/web.yaml",
        ),
        (
            {"web1": {"version": "1"}, "web2": {"version": "0"}},
            "write version=1 in `rollback.vars` of /srv/web.yaml, then "
            "poolroll rollback /srv/web.yaml --only web1",
        ),
        (
            {"web2": {"version": "1"}},
            "write version=1 in `rollback.vars` of /srv/web.yaml, then "
            "poolroll rollback /srv/web.yaml --only web2",
        ),
    ],
)
def test_a_way_back_that_works(stale: dict[str, dict[str, str]], line: str) -> None:
    """What `rollback` would be refused for is mended first."""
    commands = NextCommands("web", Purpose.UPGRADE, "/srv/web.yaml", stale=stale)
    assert commands.rollback(("web1", "web2")) == line


def test_every_command_is_one() -> None:
    """Each can be typed as it stands: the verb is there, and takes these options."""
    commands = NextCommands(
        "web", Purpose.ROLLBACK, "/etc/web.yaml", {"version": "2"}, "/srv/st", stepwise=True
    )
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
