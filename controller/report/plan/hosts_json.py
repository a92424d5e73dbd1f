"""The hosts that steps go to by ssh, in the output of `plan --json`."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from controller.hosts_seen import HostLook, HostSeen, HostsSeen, HostTrouble


class HostValue(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    member: str
    host: str
    trouble: str | None = Field(description="Why it could not be looked at; null: it could.")
    user: str = Field(description="As whom steps run; empty, as below: not known.")
    login: str = Field(description="As whom ssh logs in, where that is another one.")
    boot_id: str
    name: str = Field(description="Its own host name.")
    kernel: str
    init: str = Field(description="systemd, or the name of process 1.")
    packages: str = Field(description="Its package manager.")
    free_kilobytes: dict[str, int] = Field(description="By path; each file system once.")
    needs_reboot: bool | None = Field(description="As things are; null: not known.")
    reboot_why: str
    restart: str = Field(description="By its steps: never, when needed or always.")
    is_this_machine: bool = Field(description="poolroll runs there.")

    @classmethod
    def of(cls, member: str, look: HostLook) -> Self:
        seen = HostSeen() if isinstance(look.answer, HostTrouble) else look.answer
        return cls(
            member=member,
            host=look.host,
            trouble=look.answer.why if isinstance(look.answer, HostTrouble) else None,
            user=seen.user,
            login=seen.login,
            boot_id=seen.boot_id,
            name=seen.name,
            kernel=seen.kernel,
            init=seen.init,
            packages=seen.packages,
            free_kilobytes={one.path: one.kilobytes for one in seen.free},
            needs_reboot=seen.needs_reboot,
            reboot_why=seen.reboot_why,
            restart=look.restart.value,
            is_this_machine=look.is_this_machine,
        )


def host_values(seen: HostsSeen | None) -> list[HostValue]:
    looks = seen.looks if seen is not None else {}
    return [HostValue.of(name, look) for name, look in looks.items()]
