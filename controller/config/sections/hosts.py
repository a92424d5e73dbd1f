"""The section `hosts`: how the hosts of members are reached, for all that is done there."""

import re
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, WithJsonSchema

from controller.config.sections.kinds import Interval, Port, Section, text
from controller.config.text.places import shown
from controller.config.text.scalars import Wrong

_USER: Final = r"[A-Za-z0-9_.@\\][A-Za-z0-9_.@\\$-]{0,127}"
_NAME: Final = r"[A-Za-z0-9_.][A-Za-z0-9_.-]*"
_HOP: Final = rf"(?:{_NAME}@)?(?:{_NAME}|\[[0-9A-Fa-f:.]+\])"
_JUMP: Final = rf"{_HOP}(?::[0-9]{{1,5}})?(?:,{_HOP}(?::[0-9]{{1,5}})?)*"
_OPTION: Final = r"[A-Za-z][A-Za-z0-9]*=[^\n\0]+"
_OURS: Final = {
    "batchmode": "nobody is there to answer",
    "controlmaster": "connections are not shared: they would end together",
    "controlpath": "connections are not shared: they would end together",
    "requesttty": "a step gets no terminal",
    "remotecommand": "the step is the command",
    "loglevel": "poolroll reads what ssh says",
    "stdinnull": "the step is sent that way",
    "forkafterauthentication": "poolroll waits for the step",
}
"""Options that poolroll sets itself, and why."""


def check_user(value: object) -> str:
    """May contain templates. Raises Wrong."""
    return _checked(value, _USER, "is not the name of a user; write it as on the host")


def check_jump(value: object) -> str:
    """May contain templates. Raises Wrong."""
    return _checked(
        value, _JUMP, "is not a host to jump through; write USER@HOST:PORT, several with commas"
    )


def _checked(value: object, pattern: str, wrong: str) -> str:
    found = text(value)
    if "${" not in found and not re.fullmatch(pattern, found):
        raise Wrong(f"{shown(found)} {wrong}")
    return found


def _option(value: object) -> str:
    """Raises Wrong. A template may stand in its value."""
    found = text(value)
    if not re.fullmatch(_OPTION, found):
        raise Wrong(f"{shown(found)} is not an option of ssh; write NAME=VALUE, see ssh_config(5)")
    name, _, setting = found.partition("=")
    if name.lower() in _OURS:
        raise Wrong(f"{name} is set by poolroll: {_OURS[name.lower()]}; remove it")
    if name.lower() == "stricthostkeychecking" and setting not in ("yes", "accept-new"):
        raise Wrong(f"{name} must be yes or accept-new: whoever answers there gets root's commands")
    if name.lower() in ("userknownhostsfile", "globalknownhostsfile") and "/dev/null" in setting:
        raise Wrong(f"{name}: host keys are checked; name a file that keeps them")
    return found


User = Annotated[str, BeforeValidator(check_user)]
Jump = Annotated[str, BeforeValidator(check_jump)]
Option = Annotated[
    str, BeforeValidator(_option), WithJsonSchema({"type": "string", "pattern": f"^{_OPTION}$"})
]


class Ssh(Section):
    user: User | None = Field(
        default=None, description="Whom to log in as. Left out: as ssh's configuration says."
    )
    port: Port | None = Field(default=None, description="Left out: as ssh's configuration says.")
    jump: Jump | None = Field(
        default=None, description="Hosts to jump through, as for `ssh -J`: USER@HOST:PORT."
    )
    options: list[Option] = Field(
        default=[],
        description="Further options of ssh, NAME=VALUE. Not those that poolroll sets itself, and "
        "none that leaves host keys unchecked.",
    )
    sudo: bool = Field(
        default=False, description="Become root there by `sudo -n`, which must ask no password."
    )
    connect_timeout: Interval = Field(
        default="10s",
        description="For one connection. A host that does not answer is tried for three times that "
        "long (by `plan`: once); one that answered before, for as long as the step has.",
    )


class Hosts(Section):
    ssh: Ssh = Field(default_factory=Ssh, description="How ssh reaches the hosts of members.")
