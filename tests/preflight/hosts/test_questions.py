"""Which hosts are looked at, and what each is asked, as the rollout file has it."""

from controller.config import parse
from controller.core.plan.plan import Purpose
from controller.core.pool import Member
from controller.hosts_seen import Restart
from controller.preflight.hosts.questions import Visit, visits
from tests.config.pages import page
from tests.support.tables import table

MEMBER = Member("web1", "192.0.2.1", 80, "web1.example.net")


def visit(upgrade: str, *more: str, purpose: Purpose = Purpose.UPGRADE) -> Visit | None:
    file = parse(page(f"upgrade: {upgrade}", *more), "/srv/web.yaml")
    return visits(file, [MEMBER], purpose).get("web1")


NEEDS = "{reboot: {when: needed, needed: [./needs]}}"


@table(
    "upgrade restart programs first needed asks",
    {
        "steps": (
            "{steps: [{ssh: [dnf, up]}, {ssh: [apt, x]}, {ssh: [dnf, -y]}]}",
            Restart.NEVER,
            ("dnf", "apt"),
            "dnf",
            (),
            False,
        ),
        "a reboot": (
            "{steps: [{command: [here]}, {reboot: {}}]}",
            Restart.ALWAYS,
            ("systemctl",),
            "",
            (),
            False,
        ),
        "when it is needed": (
            f"{{exits: {{reboot: [3]}}, steps: [{{ssh: [puppet]}}, {NEEDS}]}}",
            Restart.NEEDED,
            ("puppet", "systemctl"),
            "puppet",
            ("./needs",),
            True,
        ),
        "one of two in any case": (
            f"{{steps: [{NEEDS}, {{reboot: {{}}}}]}}",
            Restart.ALWAYS,
            ("systemctl",),
            "systemctl",
            ("./needs",),
            False,
        ),
        "a question alone": (
            "{command: [up], unless: {ssh: [rpm, -q, x]}}",
            Restart.NEVER,
            (),
            "",
            (),
            False,
        ),
        "a proof alone": (
            "{command: [up], expect: {kernel: '5.*'}}",
            Restart.NEVER,
            (),
            "",
            (),
            False,
        ),
    },
)
def test_who_is_asked(
    upgrade: str,
    restart: Restart,
    programs: tuple[str, ...],
    first: str,
    needed: tuple[str, ...],
    asks: bool,
) -> None:
    """Whatever goes there by ssh: steps, questions, proofs."""
    found = visit(upgrade, "hosts: {ssh: {user: deploy, sudo: true}}")
    assert found is not None
    assert (found.restart, found.first, found.may_be_asked) == (restart, first, asks)
    assert (found.question.programs, found.question.needed) == (programs, needed)
    access = found.question.access
    assert (access.host, access.user, access.sudo) == ("web1.example.net", "deploy", True)


def test_who_is_not() -> None:
    """Commands of this machine say nothing of a host; a rehearsal has no steps. The way back counts
    where it is the work, and where it may become that."""
    assert visit("{command: [ssh, web1, up]}") is None
    by_ssh = "{steps: [{ssh: [dnf, up]}]}"
    assert visit(by_ssh, purpose=Purpose.REHEARSAL) is None
    back = "rollback: {steps: [{ssh: [dnf, down]}, {reboot: {}}]}"
    on_the_way = visit("{command: [up]}", back)
    assert on_the_way is not None
    assert (on_the_way.restart, on_the_way.first) == (Restart.NEVER, "")
    its_own = visit("{command: [up]}", back, purpose=Purpose.ROLLBACK)
    assert its_own is not None
    assert (its_own.restart, its_own.first) == (Restart.ALWAYS, "dnf")
