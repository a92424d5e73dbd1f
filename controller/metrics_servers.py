"""The metrics servers that gates ask, and the secrets that let us in. Values only.

They come from the rollout file by the name of the gate, and stay out of plans and the journal
(S12).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

POOL: Final = "pool:"
"""In place of a URL: the pool itself is asked, whose adapter knows what can be measured there."""


def own_query(measure: str) -> str:
    """What the pool is asked about a member, as a template: counts are since its return."""
    return f"{measure} ${{member.name}} ${{window}}"


def read_own_query(query: str) -> tuple[str, str, timedelta]:
    """The measure, the member and the time since its return, from the query as filled. Raises
    ValueError."""
    measure, member, window = query.split(" ")
    return measure, member, timedelta(seconds=int(window.removesuffix("s")))


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, or where it is. Exactly one is set; none of it is ever printed."""

    inline: str | None = field(default=None, repr=False)
    env: str | None = None
    file: str | None = None
    """Read again when it changes."""


@dataclass(frozen=True, slots=True)
class MetricsServer:
    """One Prometheus (or what speaks its HTTP API), and how to be let in."""

    url: str
    """With its path prefix; credentials in it are not allowed (use `basic`)."""
    username: str | None = None
    password: Secret | None = None
    bearer: Secret | None = None
    headers: Mapping[str, Secret] = field(default_factory=dict)
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    server_name: str | None = None
    """The name its certificate is checked for, when not the host's."""
    verify: bool = True
    timeout: timedelta = timedelta(seconds=10)
    """Of one sample, retries included."""
