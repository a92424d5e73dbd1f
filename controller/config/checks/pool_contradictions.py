"""Contradictions between the kind of pool and the other keys: what this kind cannot do."""

from collections.abc import Iterator
from typing import Final

from controller.config.checks.course_contradictions import course_contradictions
from controller.config.checks.kind_of_pool import HAPROXY, HOSTS, KINDS, NODES, PODS, kind_of
from controller.config.checks.outage_contradictions import outage_contradictions
from controller.config.checks.query_contradictions import evidence_faults, server_faults
from controller.config.checks.question_contradictions import question_contradictions
from controller.config.text.places import Trail
from controller.config.text.trails import at, listing, mapping

Found = Iterator[tuple[Trail, str]]

_WEIGHTLESS: Final = {
    PODS: "an endpoint is in its Service or not",
    NODES: "a Node has no weight",
    HOSTS: "scripts take a member out and put it back, and know no weights",
}
_OF_PODS: Final = ("workload", "rotation", "rotation_label")


def pool_contradictions(data: object) -> Found:
    yield from _which(data)
    yield from _idle(data)
    kind = kind_of(data)
    if isinstance(data, dict) and "upgrade" not in data and kind != PODS:
        yield ("upgrade",), "is missing; add it, like upgrade: {command: [ssh, HOST, …]}"
    if not kind:
        return
    yield from course_contradictions(data, kind)
    yield from question_contradictions(data, kind)
    yield from outage_contradictions(data, kind)
    yield from _drain(data, kind)
    yield from _gates(data, kind)
    if kind != HAPROXY and at(data, "return", "ramp"):
        yield ("return", "ramp"), f"has no effect: {_WEIGHTLESS[kind]}; remove it"


def _which(data: object) -> Found:
    pool = at(data, "pool")
    if not isinstance(pool, dict):
        return
    given_kinds = [kind for kind in KINDS if kind in pool]
    for kind in given_kinds[1:]:
        yield ("pool", kind), f"{given_kinds[0]} is also given; make them two files"
    if not given_kinds:
        yield (
            ("pool", "haproxy"),
            "is missing; add it, like haproxy: {apis: […], backends: […]}, or kubernetes: "
            "{service: web}, or hosts: {members: […], …}",
        )
    yield from _listed(mapping(pool, "hosts"), "hosts" in pool)
    given = pool.get("kubernetes")
    if not isinstance(given, dict):
        return
    trail: Trail = ("pool", "kubernetes")
    if not {"service", "nodes"} & given.keys():
        yield trail, "has no members; add service: NAME, or nodes: {selector: …}"
    if "service" in given and "nodes" in given:
        yield (*trail, "nodes"), "service is also given; make them two files"
        return
    for key in _OF_PODS if "nodes" in given else ():
        if key in given:
            yield (*trail, key), "is for the pods of a Service; remove it"
    label, way = given.get("rotation_label"), given.get("rotation")
    if label is not None and way == "delete":
        yield (*trail, "rotation_label"), "has no effect with rotation: delete; remove it"


def _listed(hosts: dict[str, object], is_given: bool) -> Found:
    if is_given and "members" not in hosts and "inventory" not in hosts:
        yield ("pool", "hosts", "members"), "is missing; add it, like members: [web1, web2, web3]"
    if "members" in hosts and "inventory" in hosts:
        yield ("pool", "hosts", "inventory"), "members is also given; keep one of the two"


def _drain(data: object, kind: str) -> Found:
    drain = mapping(data, "drain")
    if kind == HAPROXY:
        if "settle" in drain:
            yield ("drain", "settle"), "is not needed: HAProxy shows what is in flight; remove it"
        return
    if drain.get("on_timeout") == "cut":
        yield (
            ("drain", "on_timeout"),
            "nothing here can close connections; write halt, and use drain.idle to wait for them",
        )
    if "sticky" in drain:
        yield (
            ("drain", "sticky"),
            "has no effect: persistence is not shown here; write settle, or idle",
        )


def _idle(data: object) -> Found:
    trail: Trail = ("drain", "idle", "prometheus")
    section = at(data, *trail)
    if not isinstance(section, dict):
        return
    yield from server_faults(section, trail)
    yield from evidence_faults(section, trail)
    if at(data, "pool", "kubernetes", "rotation") == "delete":
        yield ("drain", "idle"), "has no effect with rotation: delete, which takes no pod out first"
    query = section.get("query")
    if isinstance(query, str) and query and "${member." not in query:
        yield (
            (*trail, "query"),
            "names no member, so it cannot say whether this one is in use; add ${member.name}, "
            "or another of its values",
        )


def _gates(data: object, kind: str) -> Found:
    counts = kind == HAPROXY or at(data, "pool", "hosts", "counts") is True
    for index, gate in enumerate(listing(data, "gates")):
        if not isinstance(gate, dict):
            continue
        if kind in (HAPROXY, HOSTS) and "kubernetes" in gate:
            yield (
                ("gates", index, "kubernetes"),
                "the members of this pool are not in Kubernetes; write haproxy or prometheus",
            )
        if not counts and "haproxy" in gate:
            instead = "pool.hosts.counts: true" if kind == HOSTS else "kubernetes"
            yield (
                ("gates", index, "haproxy"),
                f"nothing counts requests in front of this pool; write prometheus or {instead}",
            )
        if kind == HOSTS and at(gate, "haproxy", "measure") not in (None, "error_ratio"):
            yield (
                ("gates", index, "haproxy", "measure"),
                "scripts say how many requests failed, and nothing else; write error_ratio",
            )
        measure = at(gate, "kubernetes", "measure")
        if kind == NODES and measure in ("restarts", "oom"):
            yield (
                ("gates", index, "kubernetes", "measure"),
                f"{measure} is about the containers of a pod; write unready",
            )
