"""The kind of a rollout, and its variables."""

from collections.abc import Mapping

from controller.config import RolloutFile, parse
from controller.config.values.filling import variables
from controller.core.plan.plan import Plan, Purpose
from controller.errors import ConfigurationError
from controller.legible import legible_line
from controller.records import RolloutRow

VALUE_MOST = 60
"""Characters of one value in a line."""

VALUES_MOST = 8
"""Variables in one line; the report shows the rollout file with all of them."""


def kept_file(row: RolloutRow) -> RolloutFile | ConfigurationError:
    """The rollout file as the journal has it, or why this version does not understand it."""
    try:
        return parse(row.file, row.path, row.sets)
    except ConfigurationError as error:
        return error


def kind(plan: Plan) -> str:
    """`upgrade`, `rehearsal` or `rollback`."""
    return str(plan.purpose)


def values(row: RolloutRow, file: RolloutFile | ConfigurationError, plan: Plan) -> dict[str, str]:
    """What `${vars.…}` meant, `--set` included; secrets are `***`, as the journal has them.
    `file`: see `kept_file`."""
    if isinstance(file, ConfigurationError):
        return dict(row.sets)
    own = rollback_values(file) if plan.purpose is Purpose.ROLLBACK else {}
    return {**file.settings.vars, **own}


def values_of_row(row: RolloutRow, purpose: str) -> dict[str, str]:
    """The same, for whoever has no plan."""
    file = kept_file(row)
    if isinstance(file, ConfigurationError):
        return dict(row.sets)
    own = rollback_values(file) if purpose == Purpose.ROLLBACK else {}
    return {**file.settings.vars, **own}


def rollback_values(file: RolloutFile) -> dict[str, str]:
    """What `${vars.…}` means on the way back, where `rollback` says so."""
    back = file.rollout.rollback
    return dict(variables(back.vars)) if back is not None else {}


def values_text(found: Mapping[str, str]) -> str:
    """`version=2.4.1, flavour=blue`, in one line."""
    shown = [f"{name}={_cut(value)}" for name, value in found.items()]
    more = [f"and {len(shown) - VALUES_MOST} more"] if len(shown) > VALUES_MOST else []
    return legible_line(", ".join([*shown[:VALUES_MOST], *more]))


def _cut(value: str) -> str:
    return value if len(value) <= VALUE_MOST else f"{value[:VALUE_MOST]}…"
