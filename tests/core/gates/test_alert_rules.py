"""Silence counts only where a rule could break it (S5)."""

from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from controller.core.gates.alert_rules import blindness, labels_to_ask
from controller.core.gates.evidence import AlertRule, Health, Missing
from controller.core.gates.gate import AlertGate, Matcher, Scope

PAGE: Final = AlertRule("HighErrorRate", {"severity": "page"}, "vector(1)")
WARNING: Final = AlertRule("Slow", {"severity": "warning"})
TEMPLATE: Final = AlertRule("Burn", {"severity": "{{ $labels.level }}"})
ABSENT: Final = AlertRule("Gone", {}, "absent(up{job=\"web\", instance='a:1', zone=`b`})")


def gate(*matchers: tuple[str, str, str]) -> AlertGate:
    return AlertGate("alerts", Scope.POOL, tuple(Matcher(*one) for one in matchers))


SEVERE = gate(("severity", "=", "page"))


@pytest.mark.parametrize(
    ("asked", "rules", "values"),
    [
        (SEVERE, [PAGE], {}),
        (SEVERE, [WARNING, PAGE], {}),
        (SEVERE, [TEMPLATE], {}),
        (gate(), [WARNING], {}),
        (gate(("alertname", "=~", "High.*"), ("severity", "=", "page")), [PAGE], {}),
        (gate(("team", "!=", "db")), [PAGE], {}),
        (gate(("instance", "=", "a:1")), [PAGE], {"instance": ["b:1", "a:1"]}),
        (gate(("job", "=", "web")), [ABSENT], {}),
        (gate(("instance", "=", "a:1"), ("zone", "=", "b")), [ABSENT], {}),
    ],
    ids=range(9),
)
def test_a_rule_that_could_fire(
    asked: AlertGate, rules: Sequence[AlertRule], values: Mapping[str, Sequence[str]]
) -> None:
    """By the labels that it sets, by those of the series, and by those in its expression."""
    assert blindness(asked, rules, values) is None


@pytest.mark.parametrize(
    ("asked", "rules", "values", "words"),
    [
        (SEVERE, [], {}, "it has no alerting rule, so nothing could ever fire: write the URL of"),
        (
            gate(("severity", "=", "pages")),
            [PAGE],
            {"severity": ["pages"]},
            'none of its alerting rules (HighErrorRate) could match severity="pages": a typing',
        ),
        (gate(("severty", "=", "page")), [PAGE, TEMPLATE], {}, "(HighErrorRate, Burn) could match"),
        (
            gate(("alertname", "=", "high")),
            [PAGE],
            {"alertname": ["high"]},
            "could match alertname",
        ),
        (gate(("job", "=", "webb")), [ABSENT], {"job": ["web"]}, 'job="webb"'),
        (
            gate(("severity", "=", "page"), ("job", "=~", "db.*")),
            [PAGE],
            {"job": ["web"]},
            'severity="page" and job=~"db.*"',
        ),
        (
            gate(("severity", "=", "none")),
            [AlertRule(name, {"severity": "page"}) for name in "abcde"],
            {},
            "(a, b, c and 2 more)",
        ),
    ],
    ids=range(7),
)
def test_nothing_could_fire(
    asked: AlertGate,
    rules: Sequence[AlertRule],
    values: Mapping[str, Sequence[str]],
    words: str,
) -> None:
    """No rules, or none that the matchers could mean: no data, in words."""
    found = blindness(asked, rules, values)
    assert found is not None
    assert (found.value, found.missing) == (None, Missing.NO_DATA)
    assert words in found.words


def rule(health: Health, error: str = "") -> AlertRule:
    return AlertRule("HighErrorRate", {"severity": "page"}, "x", health, error)


@pytest.mark.parametrize(
    ("rules", "missing", "words"),
    [
        (
            [rule(Health.BROKEN, "many-to-many")],
            Missing.FAILED,
            "cannot be evaluated: many-to-many",
        ),
        ([rule(Health.BROKEN)], Missing.FAILED, "HighErrorRate cannot be evaluated: no reason"),
        ([rule(Health.UNKNOWN), WARNING], Missing.NO_DATA, "HighErrorRate not evaluated yet"),
        ([rule(Health.UNKNOWN), rule(Health.BROKEN)], Missing.NO_DATA, "not evaluated yet"),
    ],
)
def test_a_rule_that_does_not_work(
    rules: Sequence[AlertRule], missing: Missing, words: str
) -> None:
    """A broken expression fires as little as no rule at all; nor does one not evaluated yet."""
    found = blindness(SEVERE, rules, {})
    assert found is not None
    assert found.missing is missing
    assert words in found.words
    assert blindness(SEVERE, [*rules, PAGE], {}) is None


@pytest.mark.parametrize(
    ("asked", "rules", "labels"),
    [
        (SEVERE, [PAGE], ()),
        (SEVERE, [], ()),
        (SEVERE, [WARNING], ("severity",)),
        (gate(("job", "=", "a"), ("alertname", "=", "b"), ("x", "!=", "y")), [PAGE], ("job",)),
    ],
)
def test_labels_to_ask(
    asked: AlertGate, rules: Sequence[AlertRule], labels: tuple[str, ...]
) -> None:
    """Series are asked only where the labels of the rules do not decide."""
    assert labels_to_ask(asked, rules) == labels
