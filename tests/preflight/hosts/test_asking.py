"""All hosts are asked side by side, each once, and not for ever."""

from collections.abc import Mapping

import pytest

from controller.foreign import Address
from controller.hosts import Access
from controller.hosts_seen import HostQuestion, HostSeen, HostTrouble
from controller.preflight.hosts.asking import AT_ONCE, BY_JUMP, ask_hosts
from tests.support.hosts.looks import GONE, FakeHosts
from tests.support.virtual import LoopClock, run_virtually


def questions(count: int, jump: str = "") -> dict[str, HostQuestion]:
    numbers = range(1, count + 1)
    return {f"web{n}": HostQuestion(Access(Address(f"h{n}"), jump=jump)) for n in numbers}


def asked(
    hosts: FakeHosts, given: Mapping[str, HostQuestion]
) -> tuple[Mapping[str, HostSeen | HostTrouble], list[str], float]:
    """The answers, what was told, and how long it took."""
    told, clock = list[str](), LoopClock()

    async def main() -> tuple[Mapping[str, HostSeen | HostTrouble], float]:
        began = clock.now()
        answers = await ask_hosts(given, hosts, clock, told.append)
        return answers, (clock.now() - began).total_seconds()

    answers, took = run_virtually(main())
    return answers, told, took


@pytest.mark.parametrize(("jump", "most"), [("", AT_ONCE), ("bastion", BY_JUMP)])
def test_so_many_at_once(jump: str, most: int) -> None:
    """Fewer through a jump host; quick ones say nothing."""
    hosts = FakeHosts()
    answers, told, _ = asked(hosts, questions(100, jump))
    assert [*answers] == [f"web{n}" for n in range(1, 101)]
    assert (len(hosts.asked), hosts.most, told) == (100, most, [])


def test_one_connection_for_a_host() -> None:
    """However many members are on it."""
    hosts, one = FakeHosts({"h1": GONE}), questions(1)["web1"]
    answers, _, _ = asked(hosts, {"web1": one, "other": one})
    assert answers == {"web1": GONE, "other": GONE}
    assert len(hosts.asked) == 1


def test_who_is_waited_for() -> None:
    """Said after a while, and again, by name."""
    hosts = FakeHosts(takes={"h2": 7, "h3": 4})
    _, told, _ = asked(hosts, questions(3))
    line = "looking at 3 hosts by ssh: waiting for "
    assert told == [f"{line}h2, h3", f"{line}h2"]


def test_not_for_ever() -> None:
    """What has not answered then is not waited for, and what was not asked is named."""
    takes = {f"h{n}": 1e9 for n in range(1, AT_ONCE + 1)}
    answers, _, took = asked(FakeHosts(takes=takes), questions(AT_ONCE + 2))
    assert took == 60 + AT_ONCE + 2
    assert all(isinstance(one, HostTrouble) and one.is_away for one in answers.values())
    late = answers[f"web{AT_ONCE + 2}"]
    assert isinstance(late, HostTrouble)
    assert late.why == "h18 was not asked within 78s, as others did not answer"


def test_an_error_of_ours_is_raised() -> None:
    class Broken(FakeHosts):
        async def look(self, question: HostQuestion) -> HostSeen:
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        asked(Broken(), questions(2))
