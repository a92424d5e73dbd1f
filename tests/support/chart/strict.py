"""Manifests against Kubernetes' own schemas, as `kubectl create --validate=strict` reads them: an
unknown field is a fault. Without network, from the wheel kubernetes-validate.

The wheel's own `validate` reads a file of some megabytes for each object; here each is read once.
"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

OLDEST: Final = "1.29"
"""As Chart.yaml's kubeVersion says."""
NEWEST: Final = "1.37"


def faults(manifest: dict[str, Any], version: str) -> list[str]:
    """One a line. Raises FileNotFoundError for a kind that this version does not have."""
    api = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", str(manifest["apiVersion"]))
    validator = _validator(version, f"{str(manifest['kind']).lower()}-{api}")
    return [f"{one.json_path}: {one.message}" for one in validator.iter_errors(manifest)]


@cache
def _validator(version: str, name: str) -> Draft202012Validator:
    schema, registry = _read(version, name), _definitions(version)
    return Draft202012Validator(schema, registry=registry)


@cache
def _definitions(version: str) -> Registry[Any]:
    return Resource.from_contents(_read(version, "_definitions")) @ Registry()


def _read(version: str, name: str) -> Any:
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    return json.loads((folder / f"{name}.json").read_text("utf-8"))
