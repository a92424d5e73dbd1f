"""Small rollout files for tests: a right one, with one section exchanged or added."""

from controller.config import parse
from controller.errors import ConfigurationError

BASE = (
    "apiVersion: poolroll/v1",
    "name: web",
    'vars: {version: "2.4.1"}',
    'upgrade: {command: [deploy, "${member.name}"]}',
    "pool: {haproxy: {apis: [unix:/run/a.sock], backends: [web]}}",
)


def page(*sections: str) -> str:
    """The right file, one section a line (1 to 5); each of `sections` takes the place of the one
    with the same key, or is added from line 6 on."""
    lines = {line.partition(":")[0]: line for line in (*BASE, *sections)}
    return "\n".join(lines.values()) + "\n"


def faults_of(text: str) -> list[str]:
    """Every fault of a page, as `LINE:COL: path: message`; empty when there is none."""
    try:
        parse(text, "FILE")
    except ConfigurationError as error:
        return [line.removeprefix("FILE:").strip() for line in str(error).splitlines()]
    return []
