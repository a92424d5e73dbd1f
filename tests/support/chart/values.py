"""Values of the chart: every switch on and off, for every kind of pool."""

from collections.abc import Mapping
from textwrap import indent
from typing import Final

PODS: Final = """\
apiVersion: poolroll/v1
name: web
vars: {version: v2}
pool:
  kubernetes: {namespace: shop, service: web, workload: statefulset/web, rotation: label}
upgrade:
  template: {spec: {containers: [{name: web, image: "app:${vars.version}"}]}}
"""
NODES: Final = """\
apiVersion: poolroll/v1
name: nodes
pool:
  kubernetes: {nodes: {selector: "role=web"}}
upgrade:
  command: [ssh, "${member.address}", sudo, systemctl, reboot]
  expect: {boot_id: changed}
"""
HAPROXY: Final = """\
apiVersion: poolroll/v1
name: lb
pool:
  haproxy: {apis: ["tcp:127.0.0.1:9001", "tcp:127.0.0.1:9002"], backends: [web], lost_after: 2m}
upgrade:
  command: [ssh, "${member.host}", sudo, ./upgrade]
"""
SSH: Final = "ssh: {secret: lb-ssh, key: id_ed25519, knownHosts: lb-known-hosts, user: deploy}"
TUNNELS: Final = f"""\
{SSH}
tunnels:
  - {{name: lb1, listen: 9001, ssh: {{host: lb1.example.net, port: 2222, to: /run/haproxy.sock}}}}
  - {{name: lb2, listen: 9002, tls: {{host: 10.0.0.2, port: 9999, secret: lb2, image: "haproxy:3.2",
      serverName: lb2.example.net}}}}
"""
EVERYTHING: Final = f"""\
schedule: "0 10 * * 2"
timeZone: Europe/Berlin
suspend: true
startingDeadlineSeconds: 60
deadlineSeconds: 3600
stopSeconds: 600
resumeAfterDisruption: false
history: {{successful: 1, failed: 0}}
set: {{version: "2.4.1", canary: "true", share: "10", text: 'with "quotes" and spaces'}}
extraArgs: [--canaries-only]
files: {{smoke.sh: "#!/bin/sh\\nexit 0\\n"}}
secrets: {{chat: chat, db: db-credentials}}
env: {{HTTPS_PROXY: "http://proxy:3128", EMPTY: ""}}
{SSH}
serviceAccount: {{create: true, name: "", annotations: {{a.example/b: c}}}}
metrics: {{port: 9464, pushGateway: "http://push:9091"}}
resources: {{}}
nodeSelector: {{kubernetes.io/os: linux}}
tolerations: [{{key: a, operator: Exists, effect: NoSchedule}}]
affinity: {{podAntiAffinity: {{preferredDuringSchedulingIgnoredDuringExecution: []}}}}
priorityClassName: high
podLabels: {{team: web}}
podAnnotations: {{a: b}}
"""
_GIVEN: Final = """\
configMap: {name: elsewhere, key: rollout.yaml}
outline:
  pool: {kubernetes: {service: web, workload: deployment/web, rotation: selector}}
  state: {kubernetes: {namespace: records}}
"""
_WEEKLY: Final = 'schedule: "0 10 * * 2"\n'
_TOP: Final = """\
image: {repository: registry.example.net/poolroll, tag: "1", digest: "", pullPolicy: Always}
imagePullSecrets: [{name: pull}]
labels: {team: web}
suspend: true
"""
_DIGEST: Final = "image: {digest: 'sha256:%s'}\n" % ("0" * 64)
_SEEN: Final = """\
podMonitor: {enabled: true, labels: {release: prometheus}, interval: 30s}
prometheusRule: {enabled: true, labels: {release: prometheus}}
dashboard: {enabled: true, labels: {grafana_dashboard: "1"}, annotations: {folder: ops}}
"""
_POLICY: Final = """\
networkPolicy:
  enabled: true
  apiServer: {cidrs: [10.0.0.1/32], ports: [6443]}
  metricsFrom: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]
  egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{protocol: TCP, port: 22}]}]
"""


def entry(name: str, file: str, *more: str) -> str:
    """One of `rollouts`, with its rollout file as text."""
    text = f"file: |\n{indent(file, '  ')}" if file else ""
    return f"  {name}:\n" + indent(text + "".join(f"{one}\n" for one in more), "    ")


def values(*entries: str, top: str = "") -> str:
    return top + ("rollouts:\n" + "".join(entries) if entries else "")


def mapping(file: str) -> str:
    return "file:\n" + indent(file, "  ")


MATRIX: Final[Mapping[str, str]] = {
    "nothing": "",
    "pods": values(entry("web", PODS, _WEEKLY)),
    "pods, as a mapping": values(entry("web", "", mapping(PODS), _WEEKLY)),
    "no schedule": values(entry("web", PODS)),
    "everything": values(entry("web", PODS, EVERYTHING), top=_TOP + _SEEN + _POLICY),
    "a digest, and the policy alone": values(entry("web", PODS), top=_DIGEST + _POLICY),
    "a file of somebody else": values(entry("web", "", _GIVEN, _WEEKLY), top=_POLICY),
    "nodes": values(entry("nodes", NODES, _WEEKLY)),
    "nodes, its own last": values(
        entry("nodes", NODES.replace('"role=web"', '"role=web", own_last: true'), _WEEKLY)
    ),
    "a job on nodes": values(
        entry("nodes", NODES.replace("command: [ssh", "job: {spec: {}} #"), _WEEKLY)
    ),
    "haproxy": values(entry("lb", HAPROXY, _WEEKLY, TUNNELS), top=_POLICY),
    "all of them": values(
        entry("web", PODS, EVERYTHING),
        entry("nodes", NODES, _WEEKLY),
        entry("lb", HAPROXY, TUNNELS),
        top=_TOP + _SEEN + _POLICY,
    ),
    "once": values(entry("web", PODS, _WEEKLY), entry("lb", HAPROXY, TUNNELS), top="once: lb\n"),
    "rights and accounts of others": values(
        entry(
            "web", PODS, "rbac: {create: false}", "serviceAccount: {create: false, name: theirs}"
        ),
        entry("lb", HAPROXY, "serviceAccount: {create: false}"),
    ),
}
