"""What the journal keeps of a plan: all but what lets us in somewhere (S12).

A rollout that is taken up again has its gates from the rollout file, which must be the same.
"""

from dataclasses import replace

from controller.core.gates.evidence import MetricsServer, Secret
from controller.core.gates.gate import Gate
from controller.core.plan.plan import Plan
from controller.redaction import MASK, blotted


def without_secrets(plan: Plan) -> Plan:
    """Names of variables and files stay, for they are no secrets."""
    gates = tuple(map(_gate, plan.policies.gates))
    return replace(plan, policies=replace(plan.policies, gates=gates))


def _gate(gate: Gate) -> Gate:
    metric, alerts, probe = gate.metric, gate.alerts, gate.probe
    if metric is not None:
        metric = replace(metric, servers=tuple(map(_server, metric.servers)))
    if alerts is not None:
        alerts = replace(alerts, servers=tuple(map(_server, alerts.servers)))
    if probe is not None:
        url = blotted(probe.url)
        probe = replace(probe, url=url, headers=dict.fromkeys(probe.headers, MASK))
    return replace(gate, metric=metric, alerts=alerts, probe=probe)


def _server(server: MetricsServer) -> MetricsServer:
    headers = {name: _secret(value) for name, value in server.headers.items()}
    return replace(
        server,
        password=None if server.password is None else _secret(server.password),
        bearer=None if server.bearer is None else _secret(server.bearer),
        headers=headers,
    )


def _secret(secret: Secret) -> Secret:
    return secret if secret.inline is None else Secret(inline=MASK)
