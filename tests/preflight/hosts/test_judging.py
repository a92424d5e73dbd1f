"""What is refused of the hosts as they were seen, and what is only told."""

from collections.abc import Mapping
from dataclasses import replace

from controller.foreign import Address
from controller.hosts import Access
from controller.hosts_seen import Free, HostLook, HostQuestion, HostSeen, HostTrouble, Restart
from controller.preflight.hosts.judging import HostVerdict, judged
from controller.preflight.hosts.questions import Visit
from tests.support.hosts.looks import GONE, fine
from tests.support.tables import table

UNASKED = HostQuestion(Access(Address("web1")))
Answers = Mapping[str, HostSeen | HostTrouble]


def verdict(answers: Answers, restart: Restart = Restart.NEVER, **more: bool) -> HostVerdict:
    visit = Visit(UNASKED, restart, "dnf", **more)
    looks = {name: HostLook(name, answer, restart) for name, answer in answers.items()}
    return judged(looks, dict.fromkeys(answers, visit))


ONE, TWO = fine(1), fine(2)
DENIED = HostTrouble("web1: no root by `sudo -n`: a password is required", is_away=False)
NEEDED = replace(ONE, needs_reboot=True, reboot_why="kernel 2 is there")
UNSURE = replace(ONE, needs_reboot=None, reboot_why="write it")
NOBODY = replace(ONE, user="deploy")


@table(
    "answers restart refusals notes",
    {
        "all is well": ({"web1": ONE, "web2": TWO}, Restart.ALWAYS, (), ()),
        "not let in": ({"web1": DENIED}, Restart.NEVER, (DENIED.why,), ()),
        "another name than its host": (
            {"one": DENIED},
            Restart.NEVER,
            (f"one: {DENIED.why}",),
            (),
        ),
        "what a step needs": (
            {"web1": replace(ONE, lacking=("it has no setsid (util-linux)",))},
            Restart.NEVER,
            ("web1: it has no setsid (util-linux)",),
            (),
        ),
        "the program of the first step": (
            {"web1": replace(ONE, missing=("dnf",))},
            Restart.NEVER,
            ("web1: its first step cannot be started: no program 'dnf' there",),
            (),
        ),
        "of a later one": (
            {"web1": replace(ONE, missing=("tool",))},
            Restart.NEVER,
            (),
            ("web1: not there yet: tool; an earlier step must install it, or it halts there",),
        ),
        "nobody knows whether a reboot is needed": (
            {"web1": UNSURE},
            Restart.NEEDED,
            ("web1: whether a reboot is needed is not known: write it; write reboot.needed",),
            (),
        ),
        "and nobody asks": ({"web1": UNSURE}, Restart.ALWAYS, (), ()),
        "it is needed, and done": (
            {"web1": NEEDED, "web2": TWO},
            Restart.NEEDED,
            (),
            ("a reboot is needed already: web1 (kernel 2 is there)",),
        ),
        "it is needed, and nobody does it": (
            {"web1": NEEDED, "web2": replace(TWO, needs_reboot=True)},
            Restart.NEVER,
            (),
            (
                "a reboot is needed already: web1 (kernel 2 is there); web2",
                "no step restarts them: web1, web2",
            ),
        ),
        "as nobody": (
            {"web1": NOBODY},
            Restart.ALWAYS,
            (),
            (
                "web1: its steps run as deploy, who may not be allowed to restart it "
                "(hosts.ssh.sudo)",
            ),
        ),
        "as nobody, without a reboot": ({"web1": NOBODY}, Restart.NEVER, (), ()),
        "little space": (
            {"web1": replace(ONE, free=(Free("/var", 10240, "/var"), Free("/x", 1, "/x")))},
            Restart.NEVER,
            (),
            ("web1: LITTLE SPACE: 10 MiB are free in /var",),
        ),
        "one machine twice": (
            {"web1": ONE, "web2": replace(ONE, needs_reboot=False), "web3": TWO},
            Restart.NEEDED,
            (
                "web1 and web2 are one machine (boot id 1b1c2d3e, host name web1): its reboot "
                "would take both down; leave the `reboot` step out",
            ),
            (),
        ),
        "one machine twice, never restarted": ({"web1": ONE, "web2": ONE}, Restart.NEVER, (), ()),
        "containers of one machine": (
            {"web1": ONE, "web2": replace(ONE, name="web2")},
            Restart.ALWAYS,
            (),
            (),
        ),
    },
)
def test_each_host(
    answers: Answers, restart: Restart, refusals: tuple[str, ...], notes: tuple[str, ...]
) -> None:
    """What would end a run at that member refuses it; what may go well is told."""
    assert verdict(answers, restart) == HostVerdict(refusals, {}, notes)


def test_who_is_not_reached() -> None:
    """Whether such a member may be skipped is decided elsewhere."""
    assert verdict({"web1": GONE}) == HostVerdict((), {"web1": GONE.why}, ())


def test_a_step_may_say_so() -> None:
    """Then nobody has to know before."""
    assert verdict({"web1": UNSURE}, Restart.NEEDED, may_be_asked=True).refusals == ()
