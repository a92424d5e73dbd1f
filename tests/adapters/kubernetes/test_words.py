"""Whatever an answer holds, it becomes one clear line without a secret."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.kubernetes.client.faults import ApiError, Forbidden, TooManyRequests
from adapters.kubernetes.client.paths import NODES, PODS, STATEFULSETS, Resource
from adapters.kubernetes.client.wire.call import Call
from adapters.kubernetes.client.words import parsed, refusal

HUSH = "hush-1f7a"
KEYS = st.sampled_from(
    ["kind", "reason", "message", "details", "causes", "field", "retryAfterSeconds", "code"]
)
TEXTS = st.sampled_from(["Status", f"a {HUSH}\nb\x00", "DisruptionBudget", "9" * 5000, ""])
PAGES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(page=PAGES, status=st.sampled_from([400, 401, 403, 404, 409, 410, 422, 429, 500, 504, 302]))
def test_any_refusal(page: Any, status: int) -> None:
    call = Call("prod", "patch", PODS, "shop", "web-0")
    error = refusal(call, status, {"retry-after": "x"}, json.dumps(page).encode(), {HUSH})
    assert isinstance(error, ApiError)
    assert error.status == status
    assert str(error).isprintable()
    assert len(str(error)) < 500
    assert HUSH not in str(error) + repr(error.said)


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"[" * 9999, b'{"a": %s}' % (b"9" * 9999), b"7"]
)
def test_bodies_that_are_none(body: bytes) -> None:
    assert parsed(body) == {}


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("patch", PODS, "shop", "web-0"), "patch Pod shop/web-0"),
        (("patch", NODES, "shop", "n1"), "patch Node n1"),
        (("list", PODS, "shop"), "list pods in shop"),
        (("list", PODS), "list pods"),
        (("list", NODES, "shop"), "list nodes"),
        (("patch", STATEFULSETS, "shop", "web", "status"), "patch StatefulSet shop/web (status)"),
        (("create", PODS, "shop", "web-0", "eviction"), "evict Pod shop/web-0"),
    ],
)
def test_what_was_asked(parts: Sequence[Any], text: str) -> None:
    assert str(Call("prod", *parts)) == text


@pytest.mark.parametrize(
    ("resource", "name", "rule"),
    [
        (PODS, "web-0", 'apiGroups: [""], resources: ["pods"], verbs: ["patch"]'),
        (
            STATEFULSETS,
            "web",
            'apiGroups: ["apps"], resources: ["statefulsets"], verbs: ["patch"], '
            'resourceNames: ["web"]',
        ),
    ],
)
def test_the_rule_that_a_role_lacks(resource: Resource, name: str, rule: str) -> None:
    """With the name, unless a rollout touches one after the other."""
    said = {"kind": "Status", "message": f'x "{name}" is forbidden: User "u" cannot patch resource'}
    said["message"] += ' "x" in API group ""'
    call = Call("prod", "patch", resource, "shop", name)
    error = refusal(call, 403, {}, json.dumps(said).encode())
    assert isinstance(error, Forbidden)
    assert rule in str(error)


def test_a_budget_that_is_still_processed() -> None:
    page = {
        "kind": "Status",
        "reason": "TooManyRequests",
        "message": "Cannot evict pod as it would violate the pod's disruption budget.",
        "details": {
            "causes": [
                {
                    "reason": "DisruptionBudget",
                    "message": "The disruption budget web is still being processed by the server.",
                }
            ],
            "retryAfterSeconds": 10,
        },
    }
    call = Call("prod", "create", PODS, "shop", "web-0", "eviction")
    error = refusal(call, 429, {"retry-after": "10"}, json.dumps(page).encode())
    assert isinstance(error, TooManyRequests)
    assert (error.budget, error.retry_after and error.retry_after.total_seconds()) == ("web", 10)


@pytest.mark.parametrize("quoted", [{"a": 'a "b": c\\'}, {"env": "x" * 5000}, {}])
def test_a_patch_is_not_quoted(quoted: Any) -> None:
    """As a real API server answers one that does not fit: the patch, which may hold what is
    nobody's business, and then the reason."""
    value = json.dumps(json.dumps(quoted))
    reason = 'strict decoding error: unknown field "spec.template.spec.imagee"'
    page = {
        "kind": "Status",
        "reason": "Invalid",
        "message": f' "" is invalid: patch: Invalid value: {value}: {reason}',
    }
    call = Call("prod", "patch", STATEFULSETS, "shop", "web")
    error = refusal(call, 422, {}, json.dumps(page).encode())
    assert str(error) == f"prod: patch StatefulSet shop/web: {reason} (422)"


def test_flow_control_answers_in_plain_text() -> None:
    """As a real API server does when it takes no more requests: not as a Status."""
    call = Call("prod", "list", PODS, "shop")
    body = b"Too many requests, please try again later.\n"
    error = refusal(call, 429, {"retry-after": "31"}, body)
    assert isinstance(error, TooManyRequests)
    assert "the API server takes no more requests" in str(error)
    assert error.retry_after == timedelta(seconds=31)
