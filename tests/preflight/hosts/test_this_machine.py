"""The machine that poolroll runs on, as a member."""

from collections.abc import Mapping
from dataclasses import replace

from controller.core.plan.plan import Plan
from controller.hosts_seen import HostLook, HostSeen, Restart
from controller.preflight.hosts.this_machine import marked, may_be, ours, refused, told
from tests.support.contexts import a_plan
from tests.support.hosts.looks import GONE, OWN, fine
from tests.support.tables import table

ONE_AT_A_TIME = a_plan(max_unavailable=1, canaries=())


def looks(
    answer: HostSeen, restart: Restart = Restart.ALWAYS, own: HostSeen = OWN
) -> Mapping[str, HostLook]:
    """web2 gives that answer."""
    found = {
        "web1": HostLook("web1", fine(1), restart),
        "web2": HostLook("web2", answer, restart),
        "web3": HostLook("web3", GONE, restart),
    }
    return marked(found, own)


@table(
    "answer own is_it",
    {
        "name and boot id": (replace(OWN, addresses=frozenset()), OWN, True),
        "an address and boot id": (replace(OWN, name="other"), OWN, True),
        "the boot id alone: a container": (
            replace(OWN, name="other", addresses=frozenset()),
            OWN,
            False,
        ),
        "the name alone": (replace(OWN, boot_id="another"), OWN, False),
        "nothing known": (HostSeen(), HostSeen(), False),
    },
)
def test_who_it_is(answer: HostSeen, own: HostSeen, is_it: bool) -> None:
    assert ours(looks(answer, own=own)) == (["web2"] if is_it else [])


def said(of: Mapping[str, HostLook], left: Plan, lost: str = "", *, is_meant: bool = True) -> str:
    return "\n".join(refused(of, left, lost, is_meant=is_meant))


def test_never_by_accident() -> None:
    """Whatever is done to it."""
    for restart in Restart:
        assert said(looks(OWN, restart), ONE_AT_A_TIME, is_meant=False) == (
            "web2: this is the very machine that poolroll runs on (host name admin, boot id "
            "ffffffff); leave it out (pool.members.exclude), run poolroll elsewhere, or add "
            "--this-machine: it is then done last"
        )
    assert said(looks(fine(2)), ONE_AT_A_TIME, is_meant=False) == ""


ENDS = "web2: a reboot of this machine ends poolroll"


@table(
    "left lost words",
    {
        "last, and the state is there": (ONE_AT_A_TIME, "", ""),
        "beside others": (
            a_plan(max_unavailable=2, canaries=()),
            "",
            f"{ENDS} while other members are in hand: write max_unavailable: 1, or do it by "
            "itself: --only web2",
        ),
        "first": (
            a_plan(max_unavailable=1, canaries=("web2",)),
            "",
            f"{ENDS}, so it must be the last, and a canary comes first: web2",
        ),
        "all is forgotten": (
            ONE_AT_A_TIME,
            "/tmp/x is emptied",
            f"{ENDS}, and its state would be lost: /tmp/x is emptied; name another folder with "
            "--state",
        ),
    },
)
def test_its_reboot(left: Plan, lost: str, words: str) -> None:
    """Only when nothing else is in hand, and the state survives."""
    assert said(looks(OWN), left, lost) == words
    assert said(looks(OWN, Restart.NEEDED), left, lost) == words
    assert said(looks(OWN, Restart.NEVER), left, lost) == ""


def test_by_itself() -> None:
    """Then it may be a canary, and any number may be out."""
    alone = a_plan(max_unavailable=2, canaries=("web2",))
    alone = replace(alone, members=alone.members[1:2])
    assert said(looks(OWN), alone) == ""


def test_it_is_told() -> None:
    """In capitals, with what its reboot means; one that only shares the kernel too."""
    (line,) = told(looks(OWN), OWN)
    assert line == (
        "web2 IS THE MACHINE THAT POOLROLL RUNS ON; IT IS DONE LAST. ITS REBOOT ENDS POOLROLL: "
        "until `poolroll run` is started again after it, web2 stays out of rotation, and nobody "
        "watches the gates"
    )
    (line,) = told(looks(OWN, Restart.NEVER), OWN)
    assert line == "web2 IS THE MACHINE THAT POOLROLL RUNS ON; IT IS DONE LAST"
    near = replace(OWN, name="other", addresses=frozenset())
    (line,) = told(looks(near), OWN)
    assert line.startswith("web2: on the same kernel as poolroll (a container, here or there): A ")
    assert list(told(looks(near, Restart.NEVER), OWN)) == []
    assert list(told(looks(fine(2)), OWN)) == []


@table(
    "host is_possible",
    {
        "its address": ("192.0.2.9", True),
        "its name": ("admin", True),
        "its whole name": ("admin.example.net", True),
        "the loopback": ("127.0.0.3", True),
        "the other loopback": ("::1", True),
        "so called": ("localhost", True),
        "another": ("web1.example.net", False),
    },
)
def test_whom_it_may_be(host: str, is_possible: bool) -> None:
    """Before anybody is asked."""
    assert may_be(OWN, host) is is_possible
    assert may_be(replace(OWN, name=""), "other") is False
