"""The machine that poolroll itself runs on, where it is a member: never by accident, and last."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from controller.core.plan.plan import Plan
from controller.hosts_seen import HostLook, HostSeen, Restart
from controller.report.words import names

OPTION = "--this-machine"


def marked(looks: Mapping[str, HostLook], own: HostSeen) -> dict[str, HostLook]:
    """By boot id, and host name or an address: containers of one machine share the boot id."""
    return {
        name: replace(look, is_this_machine=True)
        if isinstance(look.answer, HostSeen) and look.answer.is_same_machine(own)
        else look
        for name, look in looks.items()
    }


def may_be(own: HostSeen, host: str) -> bool:
    """By what it is called alone."""
    called = {own.name, own.name.partition(".")[0], "localhost"} - {""}
    return host in own.addresses or host.partition(".")[0] in called or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    return host == "::1" or host.startswith("127.")


def ours(looks: Mapping[str, HostLook]) -> list[str]:
    return [name for name, look in looks.items() if look.is_this_machine]


def refused(
    looks: Mapping[str, HostLook], left: Plan, forgotten: str, *, is_meant: bool
) -> Iterator[str]:
    """`left`: what the run would do; `forgotten`: why a reboot would lose poolroll's state;
    `is_meant`: the operator wants it."""
    found = ours(looks)
    if found and not is_meant:
        yield (
            f"{names(found)}: this is the very machine that poolroll runs on{_who(found, looks)}; "
            f"leave it out (pool.members.exclude), run poolroll elsewhere, or add {OPTION}: it is "
            "then done last"
        )
        return
    restarting = [name for name in found if looks[name].restart is not Restart.NEVER]
    if not restarting:
        return
    what = f"{names(restarting)}: a reboot of this machine ends poolroll"
    others = [one.name for one in left.members if one.name not in restarting]
    if others and left.max_unavailable > 1:
        yield (
            f"{what} while other members are in hand: write max_unavailable: 1, or do it by "
            f"itself: --only {','.join(restarting)}"
        )
    early = [name for name in restarting if name in left.canaries]
    if others and early:
        yield f"{what}, so it must be the last, and a canary comes first: {names(early)}"
    if forgotten:
        yield f"{what}, and its state would be lost: {forgotten}; name another folder with --state"


def told(looks: Mapping[str, HostLook], own: HostSeen) -> Iterator[str]:
    """What an operator should know before this machine is touched, or what shares its kernel."""
    found = ours(looks)
    for name in found:
        ends = ""
        if looks[name].restart is not Restart.NEVER:
            ends = (
                ". ITS REBOOT ENDS POOLROLL: until `poolroll run` is started again after it, "
                f"{name} stays out of rotation, and nobody watches the gates"
            )
        yield f"{name} IS THE MACHINE THAT POOLROLL RUNS ON; IT IS DONE LAST{ends}"
    near = [name for name, look in looks.items() if name not in found and _shares(look, own)]
    if near:
        yield (
            f"{names(near)}: on the same kernel as poolroll (a container, here or there): A REBOOT "
            "OF THAT MACHINE ENDS POOLROLL"
        )


def _shares(look: HostLook, own: HostSeen) -> bool:
    is_restarted = look.restart is not Restart.NEVER
    return is_restarted and isinstance(look.answer, HostSeen) and look.answer.is_same_kernel(own)


def _who(found: Sequence[str], looks: Mapping[str, HostLook]) -> str:
    answer = looks[found[0]].answer
    if not isinstance(answer, HostSeen):
        return ""
    return f" (host name {answer.name or 'unknown'}, boot id {answer.boot_id[:8]})"
