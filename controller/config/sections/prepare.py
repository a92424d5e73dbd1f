"""The section `prepare`: what is done to members days ahead, while they serve users."""

from pydantic import Field

from controller.config.sections.kinds import Count, Interval, Section
from controller.config.sections.snapshot import Age, Errand


class Prepare(Section):
    steps: list[Errand] = Field(
        min_length=1,
        description="Commands that `poolroll prepare` runs for each member, which serves users "
        "meanwhile: downloads, say. They must restart nothing.",
        examples=["[{ssh: [dnf, -y, upgrade, --downloadonly]}]"],
    )
    fingerprint: Errand | None = Field(
        default=None,
        description="Prints what is prepared, like the newest version that is to be had. Asked "
        "after the steps, and again by `prepare --check`, `plan` and `run`: what differs then is "
        "prepared no longer.",
    )
    valid: Age = Field(
        default="7d", description="How long it holds, like 12h or 7d; then `run` refuses."
    )
    parallel: Count = Field(default=5, description="How many members at the same time.")
    timeout: Interval = Field(default="15m", description="Time limit of each command.")
