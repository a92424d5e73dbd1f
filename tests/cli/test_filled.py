"""The rollout file that `init` fills from what was found."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.config import parse
from controller.config.starting.haproxy.discovered import (
    Discovery,
    chosen_backends,
    require_distinct,
    with_leaders,
    with_twins,
)
from controller.config.starting.haproxy.filled import filled
from controller.core.pool import Admin, Check, Counters, Health, Incarnation, InstanceView, Line
from controller.core.settings import Amount
from controller.errors import ConfigurationError, Refused, UsageFault
from controller.pools.haproxy import AGENT, HaproxyFacts, HaproxyPool, OtherServer
from tests.support.lines import a_line


def line(member: str, backend: str = "web", **more: Any) -> Line:
    return a_line(member, backend=backend, **{"weight": 1, **more})


def facts(api: str, **more: object) -> HaproxyFacts:
    known: dict[str, object] = {
        "version": "2.6.12",
        "level": "admin",
        "sticky": {},
        "trackers": (),
        "static": frozenset(),
        "modes": {"web": "http"},
    }
    return HaproxyFacts(api=api, **{**known, **more})  # type: ignore[arg-type]


def found(
    *lines: Line,
    apis: Sequence[str] = ("unix:/a",),
    servers: Mapping[str, Sequence[str]] | None = None,
    **more: object,
) -> Discovery:
    """One pool, the same behind every endpoint."""
    backends = dict.fromkeys((line.backend for line in lines), Counters())
    views = tuple(
        InstanceView(api, timedelta(0), Incarnation("1", 1), lines, is_full=True, backends=backends)
        for api in apis
    )
    known = servers if servers is not None else dict.fromkeys(backends, ("web1",))
    return Discovery(views, tuple(facts(api, **more) for api in apis), known)


def text_of(discovery: Discovery) -> str:
    """The text, after `check` has accepted it."""
    text = filled(discovery)
    assert all(len(one) <= 400 for one in text.splitlines())
    parse(text, "web.yaml")
    return text


TWO = (line("web1"), line("web2", address="10.0.0.2"))


def test_this_machine_is_left_out() -> None:
    """By its address; where all members are on it, none of them is."""
    own = replace(found(*TWO), own=frozenset({"10.0.0.2", "192.0.2.9"}))
    text = text_of(own)
    assert "    # Left out: web2 is on the machine that poolroll runs on; it needs --this-m" in text
    selection = parse(text, "f").settings.selection
    assert (selection.expect, selection.exclude) == (1, ("web2",))
    all_of_them = replace(own, own=frozenset({"10.0.0.1", "10.0.0.2"}))
    assert parse(text_of(all_of_them), "f").settings.selection.exclude == ()


def test_members_floor_and_endpoints_are_filled_in() -> None:
    """Names, addresses, how many, and the arithmetic of the floor."""
    text = text_of(found(*TWO, apis=("unix:/a", "tcp:127.0.0.1:9999")))
    settings = parse(text, "f").settings
    assert settings.name == "web"
    assert settings.pool == HaproxyPool(("unix:/a", "tcp:127.0.0.1:9999"), ("web",))
    assert settings.selection.expect == 2
    assert "# web1 10.0.0.1:80, web2 10.0.0.2:80" in text
    assert "# 2 are in rotation now, less max_unavailable 1: " in text
    assert settings.policies.min_available == Amount(1)
    assert "NOT HEALTHY" not in text


def test_only_doubt_is_the_placeholder() -> None:
    """`check` has nothing else to mind, and `run` refuses, with the place."""
    file = parse(filled(found(*TWO)), "f")
    assert len(file.settings.warnings) == 1
    assert file.settings.warnings[0].startswith("upgrade.command: still holds the placeholder")
    with pytest.raises(ConfigurationError, match=r"upgrade\.command: still holds the placeholder"):
        file.refuse_placeholder()


def test_written_command_is_not_refused() -> None:
    """Once it is written, the file is like any other."""
    text = filled(found(*TWO)).replace("WRITE-HERE-WHAT-UPGRADES-A-MEMBER", "deploy")
    file = parse(text, "f")
    file.refuse_placeholder()
    assert file.settings.warnings == ()


def test_cookie_is_explained() -> None:
    """With persistence, `sticky` stands there with what it costs; without, it does not."""
    assert "\n  sticky: 30s" not in text_of(found(*TWO))
    text = text_of(found(*TWO, sticky={"web": "cookie SRV"}))
    assert "# web has a cookie SRV: clients of a draining member still come" in text
    assert "\n  sticky: 30s" in text


def test_servers_without_check_are_named() -> None:
    """What stands between a bad upgrade and its users is said of each."""
    text = text_of(found(line("web1"), line("web2", check=Check.NONE, health=Health.UNCHECKED)))
    assert "upgrade of\n#   web2\n" in text
    assert "serves users:\n#   web1\n" in text


def test_who_is_no_member_is_said() -> None:
    """Backups, those out of rotation, and those without an address."""
    lines = (
        *TWO,
        line("spare", is_backup=True),
        line("web3", admin=Admin.OUT),
        line("web4", occupant=None, is_unresolved=True),
    )
    text = text_of(found(*lines))
    assert "# Backup servers are never members: spare" in text
    assert "# Out of rotation now, so left as found and not upgraded: web3" in text
    assert "# Left out: web4 has no address: its host name is not resolved" in text
    selection = parse(text, "f").settings.selection
    assert (selection.expect, selection.exclude) == (3, ("web4",))


def test_servers_without_an_address_are_members() -> None:
    """On a UNIX socket: commands need another way to their host."""
    text = text_of(found(*(line(name, occupant=None) for name in ("web1", "web2"))))
    assert "# On a UNIX socket, so without an address: web1, web2" in text
    assert '\n    host: "${member.name}"' in text
    assert parse(text, "f").settings.selection.expect == 2


def test_empty_slots_are_nothing() -> None:
    """They are neither members nor left out."""
    text = text_of(found(*TWO, line("t1", occupant=None, is_unresolved=True, is_vacant=True)))
    assert "t1" not in text
    assert parse(text, "f").settings.selection.expect == 2


def test_servers_that_one_backend_lacks_are_excluded() -> None:
    """A member must be in every backend of the pool."""
    text = text_of(found(*TWO, line("web1", "api")))
    assert "# Left out: web2 is not in api at unix:/a" in text
    assert parse(text, "f").settings.selection.exclude == ("web2",)


def test_other_backends_are_listed() -> None:
    """Those where members serve, too, or are followed, get a warning: `plan` refuses."""
    servers = {"web": ("web1", "web2"), "api": ("a",), "led": ("x",), "static": ("s1", "s2", "s3")}
    others = (other("api/a"), other("led/x", "10.0.0.9"), other("static/s1", has_users=False))
    text = text_of(found(*TWO, servers=servers, others=others, trackers=(("led/x", "web/web2"),)))
    assert "# Other backends here: api (1 server), led (1 server), static (3 servers);" in text
    assert "# MEMBERS OF THIS POOL SERVE api, TOO, as a: `plan`" in text
    assert "# MEMBERS OF THIS POOL SERVE led, TOO, as x: `plan`" in text
    assert "SERVE static" not in text


def other(path: str, address: str = "10.0.0.1", *, has_users: bool = True) -> OtherServer:
    backend, _, name = path.partition("/")
    return OtherServer(backend, name, address, 80, has_users)


@pytest.mark.parametrize(
    ("others", "trackers", "listed"),
    [
        ((), (), ("web",)),
        ((other("api/web1"), other("api/web2", "10.0.0.2")), (), ("web", "api")),
        ((other("api/web1"), other("api/web2", "")), (("api/web2", "web/web2"),), ("web", "api")),
        ((other("api/web1"),), (), ("web",)),
        ((other("api/a"), other("api/b", "10.0.0.2")), (), ("web",)),
        ((other("api/web2"), other("api/web1", "10.0.0.2")), (), ("web",)),
        ((other("web/web1"), other("web/web2", "10.0.0.2")), (), ("web",)),
    ],
    ids=["none", "same", "one follows", "one is missing", "other names", "swapped", "listed"],
)
def test_backends_of_the_same_processes(
    others: tuple[OtherServer, ...], trackers: tuple[tuple[str, str], ...], listed: tuple[str, ...]
) -> None:
    """A backend where every member serves under its own name is listed at once."""
    discovery = found(*TWO, others=others, trackers=trackers)
    assert with_twins(("web",), discovery.facts[0], discovery.views[0]) == listed


def test_too_few_servers_are_said() -> None:
    """With one server, `plan` refuses, and the file says why."""
    text = text_of(found(line("web1"), line("web2", admin=Admin.OUT)))
    assert "# 1 server in rotation now: taking one out would be an outage" in text
    assert parse(text, "f").settings.policies.min_available is None


def test_floor_does_not_sink_with_the_sick() -> None:
    """Of four, two are down: the floor is three, and the file says that `plan` refuses; a member
    that somebody took out does not count."""
    down = [line(name, health=Health.FAILING) for name in ("web3", "web4")]
    four = (line("web1"), line("web2"), *down)
    text = text_of(found(*four, line("web5", admin=Admin.OUT)))
    assert parse(text, "f").settings.policies.min_available == Amount(3)
    assert "# OF THESE, 2 ARE NOT HEALTHY: `plan` REFUSES UNTIL THEY ARE." in text


def test_low_level_and_open_endpoint_are_said() -> None:
    """What `plan` will refuse or warn of stands beside the endpoint."""
    text = text_of(found(*TWO, apis=("tcp:10.0.0.1:9999",), level="operator"))
    assert "# ^ this endpoint has level operator" in text
    assert "# ^ not on this machine, and without a password" in text


def test_agent_track_and_tcp_are_said() -> None:
    """Each feature that changes what follows has its line."""
    lines = (line("web1", keep={AGENT: "on"}), line("web2", check=Check.NONE))
    text = text_of(found(*lines, trackers=(("web/web2", "chk/web2"),), modes={"web": "tcp"}))
    assert "then on again:\n#   web1\n" in text
    assert "# web/web2 follows the health of chk/web2 (track)." in text
    assert "# Mode tcp: " in text
    assert "NO CHECK" not in text


def test_servers_without_a_port_leave_validation_to_write() -> None:
    """Where HAProxy takes over the client's port, there is none to connect to."""
    text = text_of(found(line("web1", port=0), line("web2", port=0)))
    assert parse(text, "f").rollout.validations == []
    assert "# validate:" in text


@pytest.mark.parametrize("name", ["on", "1.5", "true", "0x1f", "Null", "a:b", "-", "web.1"])
def test_names_that_yaml_takes_for_something_else(name: str) -> None:
    """Whatever HAProxy lets a backend or server be called, the file means that name."""
    settings = parse(text_of(found(line(name, name), line("web2", name))), "f").settings
    assert settings.pool == HaproxyPool(("unix:/a",), (name,))


def test_thousand_servers_stay_readable() -> None:
    """Names beyond a dozen are counted."""
    text = text_of(found(*(line(f"web{i}") for i in range(1000))))
    assert "and 988 more" in text
    assert len(text.splitlines()) < 120
    assert parse(text, "f").settings.selection.expect == 1000


def test_backend_with_most_servers_is_chosen() -> None:
    """The first of equals; those asked for instead; and clear words when there is none."""
    servers = {"a": ("x",), "b": ("x", "y"), "c": ("x", "y"), "none": ()}
    assert chosen_backends(servers, ()) == ("b",)
    assert chosen_backends(servers, ("c", "a", "c")) == ("c", "a")
    with pytest.raises(UsageFault, match=r"--backend nope: no backend .*; known: a, b, c$"):
        chosen_backends(servers, ("nope",))
    with pytest.raises(UsageFault, match="--backend none: none of its servers can be a member"):
        chosen_backends(servers, ("none",))
    with pytest.raises(UsageFault, match=r"known: b0, .*, b11, and 288 more$"):
        chosen_backends({f"b{n}": ("x",) for n in range(300)}, ("nope",))
    with pytest.raises(Refused, match="no backend here has a server"):
        chosen_backends({"none": ()}, ())


def test_one_haproxy_by_two_endpoints_is_refused() -> None:
    """Before a file is written that `plan` would refuse."""
    require_distinct([facts("unix:/a", identity="1"), facts("unix:/b", identity="2")])
    with pytest.raises(Refused, match="unix:/a and unix:/b lead to the same HAProxy"):
        require_distinct([facts("unix:/a", identity="1"), facts("unix:/b", identity="1")])


def test_tracked_backends_come_along() -> None:
    """Where the members' health is checked, they must be returned as well; others stay out."""
    trackers = (("web/a", "chk/a"), ("chk/a", "deep/a"), ("web/b", "other/lead"), ("x/a", "y/a"))
    assert with_leaders(("web",), trackers) == ("web", "chk", "deep")
