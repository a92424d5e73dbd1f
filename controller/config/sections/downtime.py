"""The section `pool.downtime`: a planned outage, where nothing serves in place of a member."""

from pydantic import ConfigDict, Field

from controller.config.sections.kinds import Argv, Interval, Section


class Hook(Section):
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["command"]}, {"required": ["ssh"]}]}
    )

    command: Argv | None = Field(
        default=None,
        description="An argv list, run without a shell, on the machine that runs poolroll.",
        examples=['[./page.sh, "on", "${member.name}"]'],
    )
    ssh: Argv | None = Field(
        default=None,
        description="The same on the member's host.",
        examples=["[systemctl, start, sorry-page]"],
    )
    timeout: Interval = Field(default="30s", description="Time limit, of at most 90s.")


class Downtime(Section):
    budget: Interval = Field(
        description="How long a member may be out, from `before` until it has passed its "
        "validation. When it is used up, `over_budget` is notified, and the rollout halts as when "
        "the member had failed.",
        examples=["5m"],
    )
    before: Hook | None = Field(
        default=None,
        description="Run once for each member, when its outage begins. If it fails, nothing is "
        "done to the member, and the rollout halts.",
        examples=['{command: [./page.sh, "on"]}'],
    )
    after: Hook | None = Field(
        default=None,
        description="Run once when the member has passed its validation, also after a rollback.",
        examples=['{command: [./page.sh, "off"]}'],
    )
