"""What the docs tell to type, the program knows."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from controller.cli.main import poolroll
from controller.config import parse
from tests.docs.test_links import PAGES

_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_BEFORE = frozenset({"sudo", "exec", "|", "&&", ";"})
_ENDS = frozenset({"|", "||", "&&", ";", ">", "2>", "&", "#"})


def typed(text: str) -> Iterator[list[str]]:
    """The words after `poolroll`, of each time that it is typed."""
    for block in _BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if not line.startswith(("$ ", "# ")):
                continue
            words = shlex.split(line[2:].partition("   #")[0])
            for at, word in enumerate(words):
                is_first = at == 0 or words[at - 1] in _BEFORE
                if is_first and word.rpartition("/")[2] == "poolroll":
                    rest = words[at + 1 :]
                    end = next((i for i, one in enumerate(rest) if one in _ENDS), len(rest))
                    yield rest[:end]


COMMANDS = sorted({tuple(words) for page in PAGES for words in typed(page.read_text("utf-8"))})


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_it_is_known(words: tuple[str, ...]) -> None:
    """The verb, and each option."""
    verb, *rest = words
    if verb.startswith("-"):
        return
    context = click.Context(poolroll)
    command = poolroll.get_command(context, verb)
    assert command is not None, verb
    command.make_parser(click.Context(command)).parse_args(list(rest))


def test_enough_are_found() -> None:
    assert len(COMMANDS) > 20


FILES = [
    (page.name, block)
    for page in PAGES
    for block in re.findall(
        r"^```yaml\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    if block.startswith("apiVersion: poolroll/v1\n")
]


@pytest.mark.parametrize(("page", "block"), FILES, ids=lambda value: str(value).partition("\n")[0])
def test_files_are_right(page: str, block: str) -> None:
    """A whole rollout file is one that `check` has nothing to say about."""
    assert parse(block, page).settings.warnings == ()


def test_files_are_found() -> None:
    assert {"cron.md"} <= {page for page, _ in FILES}
