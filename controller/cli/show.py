"""What is said on a terminal, in a pipe or in a log: legible, and without the secrets of the
rollout, whoever says it. Nothing else in this package prints."""

import json
from typing import Any, Final

import click

from controller.legible import as_json_text, legible
from controller.secrets import NONE, Secrets

_secrets: Secrets = NONE

INDENT: Final = 2


def keep_secret(secrets: Secrets) -> None:
    """From now on."""
    global _secrets
    _secrets = secrets


def fit(text: str) -> str:
    """To be shown: for whatever has a writer of its own."""
    return legible(_secrets.hidden(text))


def show(text: str, *, err: bool = False, nl: bool = True) -> None:
    click.echo(fit(text), err=err, nl=nl)


def show_raw(text: str) -> None:
    """A file that somebody asked for, as it is: a page, a starter, a Role."""
    click.echo(text, nl=False)


def show_json(data: Any, indent: int | None = INDENT) -> None:
    """Plain data."""
    click.echo(as_json_text(json.dumps(_hidden(data), indent=indent, ensure_ascii=False)))


def _hidden(data: Any) -> Any:
    match data:
        case str():
            return _secrets.hidden(data)
        case dict():
            return {key: _hidden(value) for key, value in data.items()}
        case list() | tuple():
            return [_hidden(one) for one in data]
        case _:
            return data
