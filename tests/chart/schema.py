"""values.schema.json: what the chart takes, with the program's own schema for a rollout file.
`python -m tests.chart.redraw` writes it."""

import json
from typing import Any, Final

from controller.config import schema as rollout_schema

Json = dict[str, Any]

_TEXT: Final[Json] = {"type": "string"}
_FLAG: Final[Json] = {"type": "boolean"}
_OBJECT: Final[Json] = {"type": "object"}
_TEXTS: Final[Json] = {"type": "object", "additionalProperties": _TEXT}
_OBJECTS: Final[Json] = {"type": "array", "items": _OBJECT}
_PORT: Final[Json] = {"type": "integer", "minimum": 1, "maximum": 65535}
_SECONDS: Final[Json] = {"type": "integer", "minimum": 10}
_LABEL: Final = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
_NAME: Final[Json] = {"type": "string", "minLength": 1}


def text() -> str:
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def schema() -> Json:
    file: Json = _re2(rollout_schema())
    definitions = file.pop("$defs")
    return {
        "$schema": file.pop("$schema"),
        "title": "Values of the chart poolroll",
        "$defs": {**definitions, "RolloutFile": file},
        **_closed(
            image=_closed(repository=_NAME, tag=_TEXT, digest=_digest(), pullPolicy=_pulled()),
            imagePullSecrets=_OBJECTS,
            labels=_TEXTS,
            suspend=_FLAG,
            once=_TEXT,
            rollouts=_rollouts(),
            defaults=_closed(**_defaults()),
            tunnels=_closed(resources=_OBJECT),
            networkPolicy=_policy(),
            podMonitor=_closed(enabled=_FLAG, interval=_TEXT, labels=_TEXTS),
            prometheusRule=_closed(enabled=_FLAG, labels=_TEXTS),
            dashboard=_closed(enabled=_FLAG, labels=_TEXTS, annotations=_TEXTS),
            # Of a chart that has this one among its dependencies.
            **{"global": _OBJECT},
        ),
    }


def _re2(schema: Any) -> Any:
    """Go's regular expressions, which Helm uses, look neither ahead nor back. What is let through
    for that the program refuses when it runs."""
    if isinstance(schema, dict):
        return {
            key: _without_looks(value)
            if key == "pattern" and isinstance(value, str)
            else _re2(value)
            for key, value in schema.items()
        }
    return [_re2(one) for one in schema] if isinstance(schema, list) else schema


def _without_looks(pattern: str) -> str:
    while (start := max(pattern.find("(?!"), pattern.find("(?="))) >= 0:
        end, depth = start, 0
        while depth or end == start:
            sign = pattern[end]
            depth += (sign == "(") - (sign == ")")
            end += 2 if sign == "\\" else 1
        pattern = pattern[:start] + pattern[end:]
    return pattern


def _closed(**properties: Json) -> Json:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _digest() -> Json:
    return {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"}


def _pulled() -> Json:
    return {"enum": ["Always", "IfNotPresent", "Never"]}


def _rollouts() -> Json:
    entry = _closed(**_own(), **_defaults())
    return {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"},
        "additionalProperties": entry,
    }


def _own() -> dict[str, Json]:
    file = {
        "if": {"type": "object"},
        "then": {"$ref": "#/$defs/RolloutFile"},
        "else": {"type": "string", "minLength": 1},
    }
    return {
        "schedule": {"type": "string", "minLength": 1},
        "file": file,
        "configMap": {**_closed(name=_NAME, key=_NAME), "required": ["name", "key"]},
        "outline": {"type": "object"},
        # Texts alone: YAML makes 2.1 of 2.10, and that is another version.
        "set": _TEXTS,
        "files": _TEXTS,
        "secrets": {"type": "object", "propertyNames": {"pattern": _LABEL}, **_named()},
        "env": {
            "type": "object",
            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
            "additionalProperties": _TEXT,
        },
        "ssh": {
            **_closed(secret=_NAME, key=_NAME, knownHosts=_NAME, user=_NAME),
            "required": ["secret", "key", "knownHosts"],
        },
        "tunnels": {"type": "array", "items": _tunnel()},
    }


def _named() -> Json:
    return {"additionalProperties": _NAME}


def _tunnel() -> Json:
    ssh = {**_closed(host=_NAME, port=_PORT, to=_NAME), "required": ["host"]}
    tls = {
        **_closed(host=_NAME, port=_PORT, secret=_NAME, image=_NAME, serverName=_NAME),
        "required": ["host", "port", "secret", "image"],
    }
    name = {"type": "string", "pattern": _LABEL, "maxLength": 40}
    tunnel = _closed(name=name, listen={**_PORT, "minimum": 1024}, ssh=ssh, tls=tls)
    either = [{"required": ["ssh"]}, {"required": ["tls"]}]
    return {**tunnel, "required": ["name", "listen"], "oneOf": either}


def _defaults() -> dict[str, Json]:
    count = {"type": "integer", "minimum": 0}
    account = _closed(create=_FLAG, name=_TEXT, annotations=_TEXTS)
    metrics = _closed(port={"type": "integer", "minimum": 0, "maximum": 65535}, pushGateway=_TEXT)
    return {
        "timeZone": {"type": "string", "minLength": 1},
        "suspend": _FLAG,
        "startingDeadlineSeconds": _SECONDS,
        "deadlineSeconds": _SECONDS,
        "stopSeconds": _SECONDS,
        "resumeAfterDisruption": _FLAG,
        "history": {
            **_closed(successful=count, failed=count),
            "required": ["successful", "failed"],
        },
        "extraArgs": {"type": "array", "items": _TEXT},
        "serviceAccount": {**account, "required": ["create"]},
        "rbac": {**_closed(create=_FLAG), "required": ["create"]},
        "metrics": metrics,
        "resources": _OBJECT,
        "nodeSelector": _TEXTS,
        "tolerations": _OBJECTS,
        "affinity": _OBJECT,
        "priorityClassName": _TEXT,
        "podLabels": _TEXTS,
        "podAnnotations": _TEXTS,
    }


def _policy() -> Json:
    server = _closed(
        cidrs={"type": "array", "items": _TEXT, "minItems": 1},
        ports={"type": "array", "items": _PORT, "minItems": 1},
    )
    return _closed(enabled=_FLAG, apiServer=server, metricsFrom=_OBJECTS, egress=_OBJECTS)
