"""Contradictions of the key `quiet` with the other keys, and within it."""

from collections.abc import Iterator

from controller.config.checks.kind_of_pool import HAPROXY, HOSTS, kind_of
from controller.config.sections.gates import LATENCY
from controller.config.text.places import Trail
from controller.config.text.trails import at, listing, mapping

Found = Iterator[tuple[Trail, str]]

_IN: Trail = ("quiet", "through")


def quiet_contradictions(data: object) -> Found:
    quiet = at(data, "quiet")
    if isinstance(quiet, dict) and "through" in quiet:
        yield from _through(data, quiet)
    elif quiet == "probe" or (isinstance(quiet, dict) and quiet.get("mode", "probe") == "probe"):
        yield from _straight(data)


def _straight(data: object) -> Found:
    urls = [at(entry, "http", "url") for entry in listing(data, "validate")]
    if not any(isinstance(url, str) and "${member." in url for url in urls):
        yield (
            ("quiet",),
            "has nothing to send; add an entry to validate, like http: {url: "
            '"http://${member.address}:${member.port}/health"}, or write pass or halt',
        )


def _through(data: object, quiet: dict[str, object]) -> Found:
    if quiet.get("mode", "probe") != "probe":
        yield ("quiet", "mode"), "sends no requests; write probe, or remove through"
    yield from _uncounted(data)
    if _judges_nobody(data):
        yield _IN, "is never sent: no gate judges a member by what is counted of it; remove it"
    through = mapping(quiet, "through")
    if not through:
        return
    headers = mapping(through, "headers")
    pins = [through.get("url"), through.get("cookie"), *headers.values()]
    if not any(isinstance(pin, str) and "${member." in pin for pin in pins):
        yield (
            _IN,
            'leads to no member; add cookie: "SRV=${member.name}", or a header that the load '
            "balancer goes by",
        )
    if "cookie" in through and any(str(name).lower() == "cookie" for name in headers):
        yield (*_IN, "cookie"), "the headers have a cookie, too; keep one of the two"
    if through.get("ca") is not None and through.get("verify") is False:
        yield (*_IN, "ca"), "has no effect with verify: false; keep one of the two"


def _judges_nobody(data: object) -> bool:
    """Those that are built in are there as long as nothing says otherwise."""
    gates = [gate for gate in listing(data, "gates") if isinstance(gate, dict)]
    if any(at(gate, "haproxy", "scope") != "pool" for gate in gates if "haproxy" in gate):
        return False
    if not gates:
        return isinstance(at(data, "gates"), list)
    return any("builtin" in gate and gate.get("name") != LATENCY for gate in gates)


def _uncounted(data: object) -> Found:
    """Whether they arrive at the member, only its counters can say."""
    kind = kind_of(data)
    if not kind or kind == HAPROXY:
        return
    if kind == HOSTS:
        if at(data, "pool", "hosts", "counts") is not True:
            yield _IN, "needs counts: true, which says where they arrive; write probe instead"
        return
    yield _IN, "needs a load balancer that counts requests, and none counts them here; remove it"
