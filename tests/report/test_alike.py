"""Of many members of whom the same is said, one line."""

from controller.report.alike import MOST, alike, reasons_in_short

MANY = [f"web{n}" for n in range(1, MOST + 8)]
HOSTS = {name: f"10.0.0.{n}" for n, name in enumerate(MANY, 1)} | {"db1": "db1"}


def down(member: str) -> str:
    return f"{HOSTS[member]} does not answer to ssh: Connection refused"


def test_few_are_all_shown() -> None:
    said = [(name, down(name)) for name in MANY[:MOST]]
    assert alike(said, HOSTS) == dict(said)


def test_many_are_counted_and_some_of_them_named() -> None:
    """In the place of the first; another kind stays."""
    said = [(name, down(name)) for name in MANY]
    said.insert(3, ("db1", "db1 asks for a password"))
    assert list(alike(said, HOSTS).items()) == [
        (
            "web1",
            "10.0.0.1 does not answer to ssh: Connection refused (the same of 11 others: web2, "
            "web3, web4, web5, web6, …; each with --verbose)",
        ),
        ("db1", "db1 asks for a password"),
    ]
    codes = [(str(at), f"{at}: exit code {1 + at % 2}") for at in range(1, 9)]
    assert len(alike(codes, {})) == len(codes), "names like numbers are not cut out of words"
    just = [(name, down(name)) for name in MANY[: MOST + 1]]
    assert alike(just, HOSTS)["web1"].endswith("web5, web6; each with --verbose)")


def test_reasons() -> None:
    """Those of no member, and one that a single member has, stay as they are."""
    reasons = [
        "12 members not reached, and failures.max (2) lets 2 be skipped",
        *(f"{name}: {down(name)}" for name in MANY),
        "web12: its first step cannot be started",
        "db1 answers, and is full",
    ]
    short = reasons_in_short(reasons, HOSTS, is_verbose=False)
    assert short[0] == reasons[0]
    assert short[1].startswith(
        "web1: 10.0.0.1 does not answer to ssh: Connection refused (the same"
    )
    assert short[2:] == reasons[-2:]
    assert reasons_in_short(reasons, HOSTS, is_verbose=True) == reasons


def test_the_same_reasons() -> None:
    """Two reasons of each of many hosts are one line; who has only one of them is of another kind,
    and what a few have stays."""
    sudo = [f"{name}: {HOSTS[name]}: sudo asks for a password" for name in MANY]
    shell = [f"{name} has no POSIX shell" for name in MANY[:6]]
    short = reasons_in_short([*sudo, *shell, "db1: is full"], HOSTS, is_verbose=False)
    assert short == [
        "web1: 10.0.0.1: sudo asks for a password; web1 has no POSIX shell (the same of 5 others: "
        "web2, web3, web4, web5, web6; each with --verbose)",
        "web7: 10.0.0.7: sudo asks for a password (the same of 5 others: web8, web9, web10, web11, "
        "web12; each with --verbose)",
        "db1: is full",
    ]
    full = [f"{name}: is full" for name in MANY]
    pairs = zip(sudo, full, strict=True)
    both = reasons_in_short([one for pair in pairs for one in pair], HOSTS, is_verbose=False)
    assert both == [
        "web1: 10.0.0.1: sudo asks for a password; is full (the same of 11 others: web2, web3, "
        "web4, web5, web6, …; each with --verbose)"
    ]


def test_one_reason_in_common() -> None:
    """Beside one with a figure of its own: what they have in common is one line all the same."""
    reasons = [
        line
        for at, name in enumerate(MANY)
        for line in (f"{name}: not let in", f"{name}: {at} MB are free")
    ]
    short = reasons_in_short(reasons, HOSTS, is_verbose=False)
    assert short[0].startswith("web1: not let in (the same of 11 others: web2, ")
    assert short[1:] == [f"{name}: {at} MB are free" for at, name in enumerate(MANY)]
