"""`check` and `schema`: validate the rollout file offline, and print its JSON Schema."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.by_name import by_name
from controller.cli.fit import keep_secret
from controller.cli.show import show, show_json
from controller.config import RolloutFile, load
from controller.config import schema as file_schema
from controller.core.outcome import ExitCode
from controller.errors import ConfigurationError
from controller.report.plan.checks_json import CheckValue, GatesValue, schema_of
from controller.report.plan.json import plan_schema


@click.command()
@options.named_file
@options.sets
@options.as_json
@options.state
def check(file: Path, json: bool, state: str | None, **given: tuple[str, ...]) -> None:
    """Report every fault in FILE at once. Works offline."""
    file, sets = by_name("check", file, state, options.pairs(given["set"]))
    try:
        rollout = load(file, sets)
        rollout.calendar()
    except ConfigurationError as error:
        if not json:
            raise
        _print(CheckValue.of(error.file, None, faults=error.faults))
        sys.exit(ExitCode.USAGE)
    name = rollout.settings.name
    warnings = (*rollout.settings.warnings, *_unheard(rollout))
    if json:
        _print(CheckValue.of(str(file), name, warnings=warnings))
        return
    for warning in warnings:
        show(f"{file}: warning: {warning}")
    show(f"{file}: rollout {name!r} is valid")


def _unheard(rollout: RolloutFile) -> list[str]:
    """Whom a run on this machine could not tell. It may be another one that runs it."""
    keep_secret(bootstrap.secrets_in(rollout))
    refusals, _ = bootstrap.unheard(rollout, bootstrap.bare_commands())
    head = f"{rollout.path}: "
    return [f"{one.removeprefix(head)} (here a run would be refused)" for one in refusals]


def _print(value: CheckValue) -> None:
    """A path that is not UTF-8 comes in escapes."""
    show_json(value.model_dump(mode="python"))


SCHEMAS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "file": file_schema,
    "plan": plan_schema,
    "check": lambda: schema_of(CheckValue, "poolroll check"),
    "gate": lambda: schema_of(GatesValue, "poolroll gate"),
}


@click.command()
@click.argument("what", type=click.Choice(list(SCHEMAS)), default="file")
def schema(what: str) -> None:
    """Print the JSON Schema of the rollout file, or of what `plan`, `check` and `gate` print with
    --json."""
    show_json(SCHEMAS[what]())
