"""What the chart renders, as objects."""

from collections.abc import Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML

from tests.support.chart.helm import NAMESPACE, helm

Json = dict[str, Any]


def objects(values: str, *, namespace: str = NAMESPACE, release: str = "poolroll") -> list[Json]:
    """All but the notes. Raises ChartError."""
    made = _made(values, namespace, release)
    texts = [text for name, text in sorted(made.items()) if name != "NOTES.txt"]
    return [one for text in texts for one in deepcopy(_read(text))]


def notes(values: str) -> str:
    return _made(values, NAMESPACE, "poolroll")["NOTES.txt"]


@lru_cache
def _made(values: str, namespace: str, release: str) -> dict[str, str]:
    return helm().render(values, namespace=namespace, release=release)


def of_kind(made: Sequence[Json], kind: str) -> list[Json]:
    return [one for one in made if one["kind"] == kind]


def only(made: Sequence[Json], kind: str) -> Json:
    [one] = of_kind(made, kind)
    return one


def job_spec(made: Sequence[Json]) -> Json:
    """Of the one CronJob."""
    spec: Json = only(made, "CronJob")["spec"]["jobTemplate"]["spec"]
    return spec


def pod_spec(made: Sequence[Json]) -> Json:
    spec: Json = job_spec(made)["template"]["spec"]
    return spec


def run_of(spec: Json) -> Json:
    """The container of the run."""
    [container] = [one for one in spec["containers"] if one["name"] == "poolroll"]
    found: Json = container
    return found


@lru_cache(maxsize=512)  # reading one takes far longer than making it
def _read(text: str) -> list[Json]:
    # As the API server reads it: a number that YAML 1.1 alone sees would be a fault of the chart.
    return [one for one in YAML(typ="safe", pure=True).load_all(text) if one]
