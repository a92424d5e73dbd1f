"""The whole rollout file, as it stands on the page."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from controller.config.sections.drain import Drain
from controller.config.sections.gates import DEFAULT_GATE, GateSection
from controller.config.sections.kinds import (
    Argument,
    Duration,
    Label,
    RolloutName,
    Section,
    Text,
    one_of,
)
from controller.config.sections.notify import Heartbeat, Notification
from controller.config.sections.pool import Pool
from controller.config.sections.returning import Comeback
from controller.config.sections.upgrade import Rollback, Upgrade
from controller.config.sections.validation import Validation


class Rollout(Section):
    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["rollback"]},
                {"properties": {"on_failure": {"const": "halt"}}},
            ]
        }
    )

    api_version: Annotated[Literal["poolroll/v1"], one_of("poolroll/v1")] = Field(
        alias="apiVersion", examples=["poolroll/v1"]
    )
    name: RolloutName = Field(description="Identity of the rollout.", examples=["web"])
    owner: Text | None = Field(default=None, description="Shown at a halt.")
    runbook: Text | None = Field(default=None, description="Shown at a halt.")
    vars: dict[Label, Argument] = Field(
        default={}, description="${vars.…}; --set on the command line overrides."
    )
    pool: Pool = Field(examples=["{haproxy: {…}}"])
    drain: Drain = Field(default_factory=Drain)
    upgrade: Upgrade = Field(examples=["{command: [ssh, HOST, …]}"])
    rollback: Rollback | None = Field(default=None, description="The way back.")
    validations: list[Validation] = Field(
        default=[], alias="validate", description="From outside; all must pass."
    )
    comeback: Comeback = Field(default_factory=Comeback, alias="return")
    soak: Duration = Field(default="30s", description="Under full traffic, gates watched.")
    gates: list[GateSection] = Field(
        default=[DEFAULT_GATE], description="Left out: one gate on the error ratio; []: none."
    )
    on_failure: Annotated[
        Literal["halt", "rollback_member", "rollback_all"],
        one_of("halt", "rollback_member", "rollback_all"),
    ] = "halt"
    notify: list[Notification] = Field(default=[], description="Who is told of what.")
    heartbeat: Heartbeat | None = Field(
        default=None, description="A sign of life while a process has the rollout in hand."
    )
