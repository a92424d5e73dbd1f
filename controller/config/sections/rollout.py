"""The top level of the rollout file."""

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
from controller.config.sections.returning import Return
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
    name: RolloutName = Field(
        description="Name of the rollout, for all commands.", examples=["web"]
    )
    owner: Text | None = Field(default=None, description="Whom to call; shown at a halt.")
    runbook: Text | None = Field(default=None, description="Your runbook; shown at a halt.")
    vars: dict[Label, Argument] = Field(
        default={}, description="${vars.…}; --set on the command line overrides them."
    )
    pool: Pool = Field(
        description="The members and their load balancers.", examples=["{haproxy: {…}}"]
    )
    drain: Drain = Field(default_factory=Drain, description="How a member is drained.")
    upgrade: Upgrade = Field(
        description="What upgrades one member.", examples=["{command: [ssh, HOST, …]}"]
    )
    rollback: Rollback | None = Field(
        default=None, description="How to go back to the former version."
    )
    validations: list[Validation] = Field(
        default=[], alias="validate", description="Probes from outside; all must pass."
    )
    returning: Return = Field(
        default_factory=Return, alias="return", description="How a member comes back."
    )
    soak: Duration = Field(
        default="30s", description="How long gates watch a member under full traffic."
    )
    gates: list[GateSection] = Field(
        default=[DEFAULT_GATE],
        description="What stops the rollout. Left out: one gate on the error ratio; []: none. "
        "Beside gates that only ask a metrics system that one stays on, but for an entry "
        "{name: errors, builtin: false}.",
    )
    on_failure: Annotated[
        Literal["halt", "rollback_member", "rollback_all"],
        one_of("halt", "rollback_member", "rollback_all"),
    ] = Field(default="halt", description="What is done after a failure.")
    notify: list[Notification] = Field(
        default=[], description="Who is notified, and of which events."
    )
    heartbeat: Heartbeat | None = Field(
        default=None, description="A sign of life while a process runs the rollout."
    )
