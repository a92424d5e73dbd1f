"""Contradictions between the keys of `prometheus` and `alerts` that are each valid alone."""

from collections.abc import Iterator, Mapping

from controller.config.sections.evidence import COUNTED
from controller.config.sections.server_url import check_server_url
from controller.config.text.places import Trail, kind, shown
from controller.config.text.scalars import Wrong
from controller.config.text.trails import at, mapping
from controller.core.gates.promql import is_plain_selector

Found = Iterator[tuple[Trail, str]]


def server_faults(section: Mapping[str, object], trail: Trail) -> Found:
    """Faults in what `prometheus` and `alerts` have in common: server and authentication."""
    yield from _addresses(section.get("url"), (*trail, "url"))
    auth = section.get("auth")
    if isinstance(auth, dict):
        given = [way for way in ("basic", "bearer") if way in auth]
        if not given:
            yield (*trail, "auth"), "has no credentials; add basic: {…} or bearer: …"
        if len(given) > 1:
            yield (*trail, "auth", "bearer"), "basic is also given; keep one of the two"
    for name in mapping(section, "headers"):
        if "auth" in section and name.lower() == "authorization":
            yield (*trail, "headers", name), "auth sets this header too; keep one of the two"
    if at(section, "tls", "key") is not None and at(section, "tls", "cert") is None:
        yield (*trail, "tls", "key"), "has no certificate; add cert"
    if at(section, "tls", "ca") is not None and at(section, "tls", "verify") is False:
        yield (*trail, "tls", "ca"), "has no effect with verify: false; keep one of the two"


def _addresses(url: object, trail: Trail) -> Found:
    if isinstance(url, str):
        yield from _address(url, trail)
    if not isinstance(url, list):
        return
    seen: set[str] = set()
    for index, one in enumerate(url):
        if one is None:
            continue
        yield from _address(one, (*trail, index))
        if isinstance(one, str):
            if one in seen:
                told = "this" if "@" in one else shown(one)
                yield (*trail, index), f"{told} is listed twice; keep one of them"
            seen.add(one)


def _address(url: object, trail: Trail) -> Found:
    try:
        check_server_url(url)
    except Wrong as reason:
        yield trail, str(reason)


def query_faults(section: Mapping[str, object], trail: Trail) -> Found:
    yield from _one_question(section, trail, "has no query")
    yield from _baseline(section, trail)
    yield from evidence_faults(section, trail)


def evidence_faults(section: Mapping[str, object], trail: Trail) -> Found:
    evidence = section.get("evidence")
    if isinstance(evidence, str) and evidence and not is_plain_selector(evidence):
        yield (
            (*trail, "evidence"),
            'is not a plain selector; write a name with matchers, like up{job="haproxy"}, '
            "without functions, ranges and operators",
        )


def _one_question(section: Mapping[str, object], trail: Trail, nothing: str) -> Found:
    counts = [key for key in ("errors", "requests") if key in section]
    if not counts and "query" not in section:
        yield trail, f"{nothing}; add query: …, or errors: … and requests: …"
    if counts and "query" in section:
        yield (*trail, counts[0]), "query is also given; keep either query, or errors and requests"
    elif counts == ["errors"]:
        yield (*trail, "errors"), "have no total to compare with; add requests"
    elif counts == ["requests"]:
        yield (*trail, "requests"), "have no count of errors; add errors"


def _baseline(section: Mapping[str, object], trail: Trail) -> Found:
    baseline = section.get("baseline")
    if baseline is None or kind(baseline) not in ("text", "a mapping"):
        return
    inner: Trail = (*trail, "baseline")
    given = mapping(baseline).keys() if isinstance(baseline, dict) else {"query"}
    if isinstance(baseline, dict):
        yield from _one_question(baseline, inner, "has nothing to compare with")
    if "query" in given and COUNTED & section.keys() and "query" not in section:
        yield inner, "counts are compared with counts; write {errors: …, requests: …}"
    if COUNTED & given and "query" in section and not COUNTED & section.keys():
        yield inner, "a value is compared with a value; write a query"
