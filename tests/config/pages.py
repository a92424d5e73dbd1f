"""Small rollout files for tests: a right one, with one section exchanged or added."""

from collections.abc import Sequence

from controller.config import parse
from controller.errors import ConfigurationError

BASE = (
    "apiVersion: poolroll/v1",
    "name: web",
    'vars: {version: "2.4.1"}',
    'upgrade: {command: [deploy, --, "${member.name}"]}',
    "pool: {haproxy: {apis: [unix:/run/a.sock], backends: [web]}}",
)


PODS = (
    *BASE[:3],
    'upgrade: {template: {spec: {containers: [{name: web, image: "web:${vars.version}"}]}}}',
    "pool: {kubernetes: {service: web}}",
)


def page(*sections: str) -> str:
    """The right file, one section a line (1 to 5); each of `sections` takes the place of the one
    with the same key, or is added from line 6 on."""
    return _with(BASE, sections)


def pods_page(*sections: str) -> str:
    """The same for the pods behind a Service."""
    return _with(PODS, sections)


def _with(base: Sequence[str], sections: Sequence[str]) -> str:
    lines = {line.partition(":")[0]: line for line in (*base, *sections)}
    return "\n".join(lines.values()) + "\n"


def faults_of(text: str) -> list[str]:
    """Every fault of a page, as `LINE:COL: path: message`; empty when there is none."""
    try:
        parse(text, "FILE")
    except ConfigurationError as error:
        return [line.removeprefix("FILE:").strip() for line in str(error).splitlines()]
    return []
