"""The configuration of the demo's HAProxy: values in, text out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Shape:
    """The pool behind every HAProxy of a world."""

    backends: Sequence[str] = ("web",)
    """The first is the default; `/NAME…` leads to each of the others."""
    server_options: str = "check inter 200ms rise 2 fall 2"
    backend_lines: str = ""
    """Added to each backend."""
    global_lines: str = ""
    """Added to `global`."""
    cookie: bool = True
    slowstart: str | None = None
    """As HAProxy writes a time, like `2s`."""
    retries: int = 3
    redispatch: bool = True
    tcp: bool = True
    """Whether there is a Runtime API on a TCP port, too: it has no password."""
    exporter: bool = False
    """Whether every HAProxy serves its metrics, for a Prometheus to scrape."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where one HAProxy listens, all on this machine."""

    frontend: int
    admin: Path
    operator: Path
    tcp: int | None
    exporter: int | None = None
    """Where its own metrics are, at `/metrics`; None: nowhere."""


def haproxy_config(shape: Shape, endpoints: Endpoints, members: Mapping[str, int]) -> str:
    """`members`: name → port. See the configuration manual, sections 3.1, 4.2 and 5.2;
    for its metrics, `addons/promex/README` in its sources."""
    options = shape.server_options + (f" slowstart {shape.slowstart}" if shape.slowstart else "")
    lines = [
        "global",
        f"  stats socket {endpoints.admin} mode 600 level admin expose-fd listeners",
        f"  stats socket {endpoints.operator} mode 600 level operator",
        *([] if endpoints.tcp is None else [_tcp_door(endpoints.tcp)]),
        "  nbthread 1",
        "  maxconn 2000",
        *_indented(shape.global_lines),
        "defaults",
        "  mode http",
        "  timeout connect 1s",
        "  timeout client 30s",
        "  timeout server 30s",
        "  timeout queue 2s",
        "  timeout http-keep-alive 10s",
        f"  retries {shape.retries}",
        *(["  option redispatch"] if shape.redispatch else []),
        "frontend front",
        f"  bind 127.0.0.1:{endpoints.frontend}",
        *(f"  use_backend {name} if {{ path_beg /{name} }}" for name in shape.backends[1:]),
        f"  default_backend {shape.backends[0]}",
        *([] if endpoints.exporter is None else _exporter(endpoints.exporter)),
    ]
    for name in shape.backends:
        lines += _backend(name, shape, options, members)
    return "\n".join(lines) + "\n"


def _indented(lines: str) -> list[str]:
    return [f"  {line.strip()}" for line in lines.splitlines()]


def _tcp_door(port: int) -> str:
    return f"  stats socket ipv4@127.0.0.1:{port} level admin"


def _exporter(port: int) -> list[str]:
    """Each scrape has a connection of its own: a disabled frontend serves those it has on."""
    return [
        "frontend exporter",
        f"  bind 127.0.0.1:{port}",
        "  option httpclose",
        "  http-request use-service prometheus-exporter if { path /metrics }",
    ]


def _backend(name: str, shape: Shape, options: str, members: Mapping[str, int]) -> list[str]:
    lines = [f"backend {name}", "  balance roundrobin", "  option httpchk GET /health"]
    if shape.cookie:
        lines.append("  cookie SRV insert indirect nocache")
    lines += _indented(shape.backend_lines)
    lines.append(f"  default-server {options}")
    for member, port in members.items():
        cookie = f" cookie {member}" if shape.cookie else ""
        lines.append(f"  server {member} 127.0.0.1:{port}{cookie}")
    return lines
