"""The starter file and the JSON Schema say what the models say."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from controller.config import parse, schema, starter
from controller.config.starting.starters import KINDS
from controller.config.text.document import read
from controller.core.gates.gate import CounterGate, Scope, TimingGate
from controller.core.gates.quiet import Quiet
from controller.core.settings import Policies
from controller.errors import UsageFault


def timing_gate() -> TimingGate:
    return TimingGate("latency", Scope.MEMBER, failures=2, is_builtin=True)


def _uncommented(kind: str = "haproxy") -> str:
    """The starter with every key in force; of `command` and `steps`, the first."""
    lines = starter(kind).splitlines()
    return "\n".join(
        re.sub(r"^( *)# (?=(- )?[a-z_]+:( |$))", r"\1", line)
        for line in lines
        if not line.lstrip("# ").startswith("steps:") or "instead" not in line
    )


@pytest.mark.parametrize("kind", KINDS)
def test_starter_is_right(kind: str) -> None:
    """What `init` prints passes `check`, without a warning."""
    assert parse(starter(kind), "web.yaml").settings.warnings == ()


def test_starter_shows_the_defaults() -> None:
    """Uncommented, the keys that claim to show defaults change nothing."""
    full = parse(_uncommented(), "web.yaml").settings
    bare = parse(starter("haproxy"), "web.yaml").settings
    policies = full.policies
    assert policies.min_available is not None
    assert policies.skips is not None
    assert Policies(gates=policies.gates, quiet=Quiet.THROUGH) == Policies(
        **{
            name: getattr(policies, name)
            for name in Policies.__dataclass_fields__
            if name not in ("min_available", "skips")
        }
    )
    first, second, *examples = policies.gates
    defaults = (CounterGate("errors", Scope.MEMBER, 0.01), timing_gate())
    assert isinstance(second, TimingGate)
    assert (first, replace(second, is_builtin=True)) == bare.policies.gates == defaults
    assert [gate.name for gate in examples] == ["error-ratio", "response-time", "alerts"]


def _keys(drawn: dict[str, Any], schema_: dict[str, Any]) -> Iterator[str]:
    for key, inner in drawn.get("properties", {}).items():
        yield key
        for target in (inner, inner.get("items", {}), *inner.get("anyOf", ())):
            name = target.get("$ref", "").rpartition("/")[2]
            yield from _keys(schema_["$defs"].get(name, {}), schema_)


def test_starter_shows_every_key() -> None:
    """No key of the models is missing from the starters, and they have no other."""
    drawn = schema()
    shown = {str(trail[-1]) for kind in KINDS for trail in read(_uncommented(kind)).keys}
    own = {"version", "web1", "rack", "Host", "Authorization", "env"}
    own |= {"Cookie", "X-Scope-OrgID", "ics"}
    own |= {"spec", "containers", "image", "boot_id", "kubelet_version"}
    in_place_of_command = {"when", "needed", "reset", "reversible"}
    assert shown - own == set(_keys(drawn, drawn)) - in_place_of_command


def test_other_starters() -> None:
    """There is one for each kind of pool; asking for another says so."""
    with pytest.raises(UsageFault, match="unknown kind of pool"):
        starter("nginx")


def test_schema_is_closed_and_has_no_null() -> None:
    """As in `check`, unknown keys are wrong and no key takes nothing."""
    drawn = schema()
    assert drawn["$schema"].startswith("https://json-schema.org/")
    assert drawn["required"] == ["apiVersion", "name", "pool"]
    for section in (drawn, *drawn["$defs"].values()):
        assert section["additionalProperties"] is False
    assert "null" not in str(drawn)
    assert "None" not in str(drawn)


def test_schema_shows_defaults_as_they_are_written() -> None:
    """A default is the text that one would write, not a value of ours."""
    drawn = schema()
    assert drawn["properties"]["soak"]["default"] == "30s"
    assert drawn["$defs"]["Drain"]["properties"]["timeout"]["default"] == "5m"
