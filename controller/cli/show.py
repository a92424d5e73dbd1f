"""What is said on a terminal, in a pipe or in a log: legible, and without the secrets of the
rollout, whoever says it. Nothing else in this package prints."""

import json
from typing import Any, Final

import click

from controller.cli.fit import fit, hidden
from controller.legible import as_json_text

INDENT: Final = 2


def show(text: str, *, err: bool = False, nl: bool = True) -> None:
    click.echo(fit(text), err=err, nl=nl)


def show_raw(text: str) -> None:
    """A file that somebody asked for, as it is: a page, a starter, a Role."""
    click.echo(text, nl=False)


def show_json(data: Any, indent: int | None = INDENT) -> None:
    """Plain data."""
    click.echo(as_json_text(json.dumps(hidden(data), indent=indent, ensure_ascii=False)))
