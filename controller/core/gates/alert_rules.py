"""Whether a gate on alerts can see anything: a rule must exist that could fire what it matches.

Silence proves nothing where no rule could break it: a typing error in a matcher, a server that
evaluates no rules, a rule whose expression is broken (S5).
"""

from collections.abc import Iterator, Mapping, Sequence
from json import dumps
from re import compile as pattern
from typing import Final

from controller.core.gates.evidence import AlertRule, Health, Missing, Reading
from controller.core.gates.gate import AlertGate, Matcher

NAME: Final = "alertname"
"""The label with the name of the rule."""

NAMED: Final = 3
"""Rules named at most."""

_QUOTED = pattern(r""""([^"\\\n]*)"|'([^'\\\n]*)'|`([^`]*)`""")


def labels_to_ask(gate: AlertGate, rules: Sequence[AlertRule]) -> tuple[str, ...]:
    """Labels whose values in the series decide whether a rule could match. None where a rule
    matches by the labels that it sets itself."""
    if any(gate.is_match({**rule.labels, NAME: rule.name}) for rule in rules):
        return ()
    labels = (one.label for one in gate.matchers if one.label != NAME and not one.holds({}))
    return tuple(dict.fromkeys(labels)) if rules else ()


def blindness(
    gate: AlertGate, rules: Sequence[AlertRule], values: Mapping[str, Sequence[str]]
) -> Reading | None:
    """What is missing, if no rule could fire an alert that the gate matches. `values`: of the
    labels in `labels_to_ask`."""
    able = [rule for rule in rules if _could_match(gate, rule, values)]
    if not rules:
        return _missing(
            "it has no alerting rule, so nothing could ever fire: write the URL of the server that "
            "evaluates the rules (with VictoriaMetrics: vmalert)"
        )
    if not able:
        return _missing(
            f"none of its alerting rules ({_names(rules)}) could match {_matchers(gate)}: a typing "
            "error?"
        )
    if all(rule.health is Health.BROKEN for rule in able):
        why = next((rule.error for rule in able if rule.error), "no reason given")
        words = f"what the gate matches cannot fire: {_names(able)} cannot be evaluated: {why}"
        return _missing(words, Missing.FAILED)
    if all(rule.health is not Health.OK for rule in able):
        return _missing(f"{_names(able)} not evaluated yet: did the server start just now?")
    return None


def _could_match(gate: AlertGate, rule: AlertRule, values: Mapping[str, Sequence[str]]) -> bool:
    return all(_could_hold(one, rule, values) for one in gate.matchers)


def _could_hold(matcher: Matcher, rule: AlertRule, values: Mapping[str, Sequence[str]]) -> bool:
    label = matcher.label
    own = {**rule.labels, NAME: rule.name}
    if label in own and "{{" in own[label]:
        return True  # a template: its value comes from the series
    if label in own:
        return matcher.holds(own)
    found = (*values.get(label, ()), *_quoted(rule.expression))
    return matcher.holds({}) or any(matcher.holds({label: value}) for value in found)


def _quoted(expression: str) -> Iterator[str]:
    """Texts in an expression: `absent(up{job="web"})` fires with a label that no series has."""
    for match in _QUOTED.finditer(expression):
        yield next(text for text in match.groups() if text is not None)


def _missing(words: str, missing: Missing = Missing.NO_DATA) -> Reading:
    return Reading("", missing=missing, words=words)


def _names(rules: Sequence[AlertRule]) -> str:
    names = list(dict.fromkeys(rule.name for rule in rules))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _matchers(gate: AlertGate) -> str:
    texts = (f"{m.label}{m.sign}{dumps(m.value, ensure_ascii=False)}" for m in gate.matchers)
    return " and ".join(texts)
