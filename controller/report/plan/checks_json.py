"""Output of `check --json` and `gate --json`; the models are their published schemas (`schema
check`, `schema gate`)."""

from collections.abc import Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema

from controller.errors import Fault


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FaultValue(_Value):
    line: int | None = Field(description="From 1; null where there is no place in the file.")
    column: int | None
    path: str = Field(description="Dotted path of the key; empty for the file as a whole.")
    message: str = Field(description="What is wrong, and how to fix it.")


class CheckValue(_Value):
    """Output of `poolroll check FILE --json`."""

    file: str
    name: str | None = Field(description="Name of the rollout; null where there are faults.")
    faults: list[FaultValue] = Field(description="Empty: the file is valid.")
    warnings: list[str]

    @classmethod
    def of(
        cls,
        file: str,
        name: str | None,
        *,
        faults: Sequence[Fault] = (),
        warnings: Sequence[str] = (),
    ) -> Self:
        return cls(file=file, name=name, faults=list(map(_fault, faults)), warnings=list(warnings))


class GateValue(_Value):
    name: str
    scope: str = Field(description="What it judges in a rollout: member or pool.")
    member: str | None = Field(description="The member that was judged; null: the whole pool.")
    verdict: str | None = Field(description="pass, fail or inconclusive; null: see faults.")
    reason: str
    limit: str = Field(description="The limit of the gate, in words.")
    errors: int | None
    requests: int | None
    value: float | None
    queries: dict[str, str] = Field(description="The queries to the metrics system.")
    evaluated_at: str | None = Field(description="By the clock of the metrics system.")
    faults: list[str] = Field(description="Why the gate can never work.")
    counts: bool = Field(
        description="Whether it decides the exit code where it is inconclusive, too."
    )


class GatesValue(_Value):
    """Output of `poolroll gate FILE --json`; with --watch repeatedly, one per line."""

    name: str = Field(description="Name of the rollout.")
    gates: list[GateValue]
    exit_code: int


def schema_of(model: type[BaseModel], title: str) -> dict[str, Any]:
    schema = model.model_json_schema(mode="serialization")
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema, "title": title}


def _fault(fault: Fault) -> FaultValue:
    place = (fault.line, fault.column) if fault.line else (None, None)
    return FaultValue(line=place[0], column=place[1], path=fault.path, message=fault.message)
