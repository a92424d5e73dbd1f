"""The table of hosts in a plan, and the same as JSON."""

from dataclasses import replace

from controller.hosts_seen import Free, HostLook, HostSeen, HostsSeen, Restart
from controller.report.plan.hosts import host_lines
from controller.report.plan.hosts_json import host_values
from tests.support.hosts.looks import GONE, fine

SEEN = HostsSeen(
    {
        "web1": HostLook("web1", GONE, Restart.NEEDED),
        "web10": HostLook(
            "web10.example.net",
            replace(
                fine(2),
                login="deploy",
                free=(Free("/", 17 << 20, "/"), Free("/var", 1 << 33, "/var"), Free("/x", 9, "/x")),
                needs_reboot=True,
            ),
            Restart.NEEDED,
            is_this_machine=True,
        ),
        "odd": HostLook("odd", HostSeen(), Restart.NEEDED),
    }
)


def test_as_text() -> None:
    """A line for each; who was not reached is said instead."""
    assert [line.rstrip() for line in host_lines(SEEN)] == [
        "",
        "hosts, by ssh",
        "  member  host               as                  kernel  boot id   init     packages  "
        "free                     reboot now",
        "  web1    web1 does not answer to ssh: Connection refused",
        "  web10   web10.example.net  root (from deploy)  5.14.0  2b1c2d3e  systemd  dnf       "
        "/ 17G /var 8.0T /x 9.0K  needed",
        "  odd     odd                ?                   ?       ?         ?        ?         "
        "?                        not known",
        "  restarted by its steps: when needed",
    ]
    assert host_lines(HostsSeen()) == []


def test_as_json() -> None:
    """The same, in figures."""
    away, seen, odd = (one.model_dump() for one in host_values(SEEN))
    assert (away["trouble"], away["needs_reboot"], away["host"]) == (GONE.why, None, "web1")
    assert seen["free_kilobytes"] == {"/": 17 << 20, "/var": 1 << 33, "/x": 9}
    assert (seen["trouble"], seen["needs_reboot"], seen["is_this_machine"]) == (None, True, True)
    assert (seen["user"], seen["login"], seen["restart"]) == ("root", "deploy", "when needed")
    assert (odd["boot_id"], odd["user"]) == ("", "")
    assert host_values(None) == []
