"""Tasks as a person types them at a shell, for what is done without poolroll. Pure."""

from collections.abc import Mapping
from shlex import join

from controller.core.plan.abilities import MEMBER
from controller.hosts import Access, HostCommand
from controller.tasks import Command, Task


def typed(task: Task | None) -> str:
    """One line for a shell on this machine, where it does what the task does; empty where there is
    nothing to type. Secrets of the rollout are masked where it is printed."""
    match task:
        case Command(argv=argv):
            return join(argv)
        case HostCommand(access=access, argv=argv):
            # ssh hands its words to a shell there, which takes them apart once more.
            return join((*_reaching(access), join(("sudo", *argv) if access.sudo else argv)))
        case _:
            return ""


def _reaching(access: Access) -> tuple[str, ...]:
    return (
        "ssh",
        *(word for one in access.options for word in ("-o", one)),
        *(("-l", access.user) if access.user else ()),
        *(("-p", str(access.port)) if access.port is not None else ()),
        *(("-J", access.jump) if access.jump else ()),
        str(access.host),
    )


def in_folder(*tasks: Task | None) -> str:
    """Where to type them, as `in /srv`; empty: anywhere."""
    return next((f"in {task.cwd}" for task in tasks if isinstance(task, Command)), "")


def for_any(commands: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """One command for all members, in which `{member}` stands for the name; where they differ in
    more than that, none, and the command of each. `commands`: member → its own."""
    forms = {command.replace(name, MEMBER) for name, command in commands.items()}
    return (forms.pop(), {}) if len(forms) == 1 else ("", commands)
