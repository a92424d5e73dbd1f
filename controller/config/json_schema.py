"""The JSON Schema of the rollout file, generated from the models."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema, to_jsonable_python

from controller.config.sections.rollout import Rollout


class _Schema(GenerateJsonSchema):
    """Without null: a key has a value, or is left out."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        drawn = super().default_schema(schema)
        if drawn.get("default", ...) is None:
            del drawn["default"]
        return drawn

    def encode_default(self, dft: Any) -> Any:
        return to_jsonable_python(dft, exclude_none=True)


def schema() -> dict[str, Any]:
    """For editors and linters. Only `check` finds faults in templates and between keys."""
    drawn = Rollout.model_json_schema(schema_generator=_Schema)
    return {"$schema": _Schema.schema_dialect, **drawn, "title": "poolroll rollout file"}
