"""The environment that commands find: ours, without poolroll's options and without what holds a
secret of the rollout."""

import os
from collections.abc import Collection
from typing import Final

from adapters.commands.processes import MARK

_OURS: Final = "POOLROLL_"
"""Begins the twins of options: `--set` may hold a secret, and another poolroll would obey them."""


def inherited(without: Collection[str]) -> dict[str, str]:
    """`without`: names of variables. What a step is known by stays: a command that runs poolroll is
    a part of the step."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in without and (name == MARK or not name.startswith(_OURS))
    }
