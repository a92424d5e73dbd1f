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
    """Those of no member, and a second one of the same member, stay as they are."""
    reasons = [
        "12 members not reached, and failures.max (2) lets 2 be skipped",
        *(f"{name}: {down(name)}" for name in MANY),
        "web2: its first step cannot be started",
        "db1 answers, and is full",
    ]
    short = reasons_in_short(reasons, HOSTS, is_verbose=False)
    assert short[0] == reasons[0]
    assert short[1].startswith(
        "web1: 10.0.0.1 does not answer to ssh: Connection refused (the same"
    )
    assert short[2:] == reasons[-2:]
    assert reasons_in_short(reasons, HOSTS, is_verbose=True) == reasons
