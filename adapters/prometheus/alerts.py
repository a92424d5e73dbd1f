"""Firing alerts (Prometheus documentation, "HTTP API", alerts)."""

from datetime import datetime

from adapters.prometheus.faults import malformed
from controller.core.gates.evidence import Alert


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
            texts = {str(name): str(value) for name, value in labels.items()}
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
        return datetime.fromisoformat(text)
    except ValueError:
        raise malformed("an alert with an invalid time") from None
