"""`check` and `schema`: the rollout file, offline."""

import json
from pathlib import Path

import click

from controller.cli import options
from controller.config import load
from controller.config import schema as file_schema
from controller.report.plan_value import plan_schema


@click.command()
@options.rollout_file
@options.sets
def check(file: Path, **given: tuple[str, ...]) -> None:
    """Find every fault in FILE at once, without asking anything on the network."""
    rollout = load(file, options.pairs(given["set"]))
    for warning in rollout.settings.warnings:
        click.echo(f"{file}: mind: {warning}")
    click.echo(f"{file}: rollout {rollout.settings.name!r} is in order")


@click.command()
@click.argument("what", type=click.Choice(["file", "plan"]), default="file")
def schema(what: str) -> None:
    """Print the JSON Schema of the rollout file, or of what `plan --json` prints."""
    click.echo(json.dumps(file_schema() if what == "file" else plan_schema(), indent=2))
