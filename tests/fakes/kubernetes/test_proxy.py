"""What the proxy makes of slices; how it is followed over the wire, test_nodes shows."""

from typing import Any

from tests.support.kubernetes.proxy import endpoints, served


def a_slice(*found: dict[str, Any], port: int = 8080) -> dict[str, Any]:
    return {"ports": [{"port": port}], "endpoints": list(found)}


def endpoint(n: int, **conditions: bool) -> dict[str, Any]:
    target = {"kind": "Pod", "name": f"web-{n}"}
    return {"addresses": [f"127.1.0.{n}"], "conditions": conditions, "targetRef": target}


def places(*slices: dict[str, Any]) -> list[str]:
    return [host for host, _ in served(endpoints(list(slices)))]


def test_what_is_ready_is_served_and_absent_means_ready() -> None:
    first = a_slice(endpoint(1), endpoint(2, ready=False, serving=True, terminating=True))
    assert places(first, a_slice(endpoint(3, ready=True))) == ["127.1.0.1", "127.1.0.3"]


def test_terminating_endpoints_serve_when_there_is_no_other() -> None:
    ending = endpoint(1, ready=False, serving=True, terminating=True)
    assert places(a_slice(ending, endpoint(2, ready=False, serving=False))) == ["127.1.0.1"]
    assert places(a_slice(ending, endpoint(2))) == ["127.1.0.2"]


def test_a_slice_of_nothing() -> None:
    assert places({"ports": None, "endpoints": None}) == []
