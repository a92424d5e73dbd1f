"""What is compared of a rollout file must stay what it was: rollouts are gone on with by it."""

from pathlib import Path

from controller.config import fingerprint, parse

EVERY_GATE = Path(__file__).with_name("every_gate.yaml").read_text()
FORMER = "e6e1e8f2b43e3103dd8126c88c234495a620ca262b9c3ebba5f41da36e701c2a"
"""As the first version made it of that file."""


def test_a_fingerprint_is_what_it_was() -> None:
    """Of counters, queries, counts and alerts, with every way of being let in, and of a probe."""
    assert fingerprint(parse(EVERY_GATE, "f", {"token": "canary-set"}), "salt") == FORMER


def test_whatever_a_gate_asks_counts() -> None:
    """A change of a server, a secret, a query, a matcher or a probe is another file."""
    for old, new in (
        ("http://b.test:9090", "http://c.test:9090"),
        ("canary-password", "other"),
        ("canary-bearer", "other"),
        ("{env: TENANT}", "{env: OTHER}"),
        ("increase(r[5m])", "increase(r[6m])"),
        ('severity="page"', 'severity="info"'),
        ("canary-userinfo", "other"),
        ("canary-probe", "other"),
        ("every: 500ms", "every: 600ms"),
    ):
        changed = EVERY_GATE.replace(old, new)
        assert changed != EVERY_GATE
        assert fingerprint(parse(changed, "f", {"token": "canary-set"}), "salt") != FORMER
