"""Firing alerts and alerting rules (Prometheus documentation, "HTTP API", alerts and rules)."""

from datetime import UTC, datetime

from adapters.prometheus.faults import malformed
from adapters.prometheus.labels import labels_of, one_text
from adapters.prometheus.words import one_line
from controller.core.gates.evidence import Alert, AlertRule, Health


def firing_in(data: object) -> tuple[Alert, ...]:
    """Those of state `firing`, as listed. Raises Unanswered."""
    match data:
        case {"alerts": list(alerts)}:
            found = (_alert(each) for each in alerts)
            return tuple(alert for alert in found if alert is not None)
        case _:
            raise malformed("no list of alerts")


def _alert(alert: object) -> Alert | None:
    match alert:
        case {"state": "firing", "labels": dict(labels), **rest}:
            texts = labels_of(labels)
            return Alert(texts.get("alertname", ""), texts, _since(rest.get("activeAt")))
        case {"state": str(state)} if state != "firing":
            return None
        case _:
            raise malformed("an alert without state and labels")


def _since(text: object) -> datetime | None:
    """When its condition began to hold: before it fired, by the rule's `for`."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text[:40])
    except ValueError:
        raise malformed("an alert with an invalid time") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def rules_in(data: object) -> tuple[AlertRule, ...]:
    """The alerting rules of all groups. Raises Unanswered."""
    match data:
        case {"groups": list(groups)}:
            found = (_rule(each) for group in groups for each in _rules_of(group))
            return tuple(rule for rule in found if rule is not None)
        case _:
            raise malformed("no list of rules")


def _rules_of(group: object) -> list[object]:
    match group:
        case {"rules": list(rules)}:
            return rules
        case _:
            raise malformed("a group without rules")


def _rule(rule: object) -> AlertRule | None:
    """None: it records. A server that does not tell the health of a rule leaves it out."""
    match rule:
        case {"type": "alerting", "name": str(name), **rest}:
            labels = rest.get("labels") or {}
            if not isinstance(labels, dict):
                raise malformed("a rule whose labels are no mapping")
            query = str(rest.get("query", ""))
            return AlertRule(one_text(name), labels_of(labels), query, _health(rest), _error(rest))
        case {"type": str(kind)} if kind != "alerting":
            return None
        case _:
            raise malformed("a rule without type and name")


def _health(rule: dict[object, object]) -> Health:
    told = str(rule.get("health", ""))
    return next((health for health in Health if health == told), Health.OK)


def _error(rule: dict[object, object]) -> str:
    return one_line(str(rule.get("lastError") or ""))


def values_in(data: object) -> tuple[str, ...]:
    """The values of a label. Raises Unanswered."""
    match data:
        case list():
            return tuple(map(one_text, data))
        case None:
            return ()
        case _:
            raise malformed("no list of values")
