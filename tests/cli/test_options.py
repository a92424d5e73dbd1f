"""What options are given, and by whom."""

from collections.abc import Sequence

import click
import pytest
from click.testing import CliRunner

from controller.cli import options
from controller.cli.interrupts import ACTING
from controller.cli.main import poolroll
from controller.errors import UsageFault


@pytest.mark.parametrize("verb", sorted({*ACTING, "prepare", "snapshots", "history"}))
def test_every_verb_that_acts_takes_yes(verb: str) -> None:
    """Whoever scripts writes it everywhere, also where nothing is asked; and its twin never breaks
    a verb."""
    with poolroll.make_context("poolroll", ["--help"], resilient_parsing=True) as ctx:
        command = poolroll.get_command(ctx, verb)
    assert command is not None
    (yes,) = (one for one in command.params if one.name == "yes")
    assert isinstance(yes, click.Option)
    assert (yes.opts, yes.is_flag, yes.envvar) == (["--yes"], True, "POOLROLL_YES")


@click.command()
@options.state
@options.sets
@options.only
def shown(**given: Sequence[str]) -> None:
    click.echo(repr((options.pairs(given["set"]), options.names(given["only"]))))


@pytest.mark.parametrize(
    ("env", "argv", "told"),
    [
        ({"POOLROLL_SET": "a=1 b=2"}, [], ({"a": "1", "b": "2"}, ())),
        ({"POOLROLL_SET": "a='1 2' \"b=x y\" c="}, [], ({"a": "1 2", "b": "x y", "c": ""}, ())),
        ({"POOLROLL_ONLY": "web1 web2,web3"}, [], ({}, ("web1", "web2", "web3"))),
        ({}, ["--only", "web1,web2", "--only", "web1"], ({}, ("web1", "web2"))),
        ({"POOLROLL_SET": "a=1"}, ["--set", "a=two words"], ({"a": "two words"}, ())),
    ],
)
def test_words(env: dict[str, str], argv: list[str], told: object) -> None:
    """The environment's words are split as a shell does it; the command line's are as they are;
    members may have commas between them."""
    done = CliRunner().invoke(shown, argv, env=env)
    assert (done.exit_code, done.output.strip()) == (0, repr(told))


@pytest.mark.parametrize(
    ("env", "argv", "words"),
    [
        ({"POOLROLL_SET": "a='hunter2"}, [], "POOLROLL_SET: an unclosed quote in its value"),
        ({}, ["--only", "web1,"], "--only: empty name"),
        ({}, ["--set", "a=3", "--set", "a=4"], "--set a: given twice, '3' and '4'; keep one"),
        ({}, ["--set", "token=x", "--set", "token=y"], "--set token: given twice; keep one"),
        ({}, ["--set", "=1"], "--set =1: write it as NAME=VALUE"),
        ({}, ["--state", " "], "--state: is empty; name the state folder, or leave the option out"),
        (
            {},
            ["--state", "kubernetes:x.y"],
            "--state: 'kubernetes:x.y' names no namespace; write kubernetes:NAMESPACE",
        ),
        ({"POOLROLL_STATE": "kubernetes:"}, [], "--state: 'kubernetes:' names no namespace"),
    ],
)
def test_faults(env: dict[str, str], argv: list[str], words: str) -> None:
    """One line each, and no secret in it."""
    done = CliRunner().invoke(shown, argv, env=env)
    assert isinstance(done.exception, UsageFault)
    assert str(done.exception).startswith(words)
    assert "hunter2" not in str(done.exception)
