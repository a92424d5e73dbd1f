"""Errors for those who call: what may pass, which exit code, which error of a load balancer."""

from datetime import timedelta

import pytest

from adapters.kubernetes.client import faults
from adapters.kubernetes.client.faults import ApiError, BadAccess, Said, as_balancer_error
from adapters.kubernetes.client.paths import NODES, PODS, STATEFULSETS
from controller.cli.main import reported
from controller.core.outcome import ExitCode
from controller.errors import (
    BalancerError,
    BalancerTimeout,
    BalancerUnreachable,
    CommandRefused,
    MalformedReply,
    PermissionTooLow,
)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (faults.TooSlow, BalancerTimeout),
        (faults.Unreachable, BalancerUnreachable),
        (faults.NoCredentials, BalancerUnreachable),
        (faults.Unauthorized, BalancerUnreachable),
        (faults.ServerFault, BalancerUnreachable),
        (faults.TooManyRequests, BalancerUnreachable),
        (faults.Expired, BalancerUnreachable),
        (faults.Forbidden, PermissionTooLow),
        (faults.NotTheApi, MalformedReply),
        (faults.NotFound, CommandRefused),
        (faults.Conflict, CommandRefused),
        (faults.Invalid, CommandRefused),
        (faults.TwoBudgets, CommandRefused),
        (ApiError, CommandRefused),
    ],
)
def test_as_of_a_load_balancer(error: type[ApiError], kind: type[BalancerError]) -> None:
    made = as_balancer_error(error("prod", "get Pod shop/a: because"), "prod/shop")
    assert type(made) is kind
    assert str(made) == "prod/shop: get Pod shop/a: because"
    assert made.retryable == error.retryable


def test_exit_codes() -> None:
    assert reported(BadAccess("kubeconfig x: no such file")).exit_code == ExitCode.USAGE
    assert reported(faults.NoCredentials("prod", "x")).exit_code == ExitCode.REFUSED
    assert reported(faults.Forbidden("prod", "x")).exit_code == ExitCode.REFUSED


def test_what_the_api_said_is_kept() -> None:
    said = Said(429, "TooManyRequests", "wait", (), timedelta(seconds=3))
    error = faults.TooManyRequests("prod", "evict: wait", said, "web")
    assert (error.status, error.reason, error.message) == (429, "TooManyRequests", "wait")
    assert (error.retry_after, error.causes, error.budget) == (timedelta(seconds=3), (), "web")
    assert str(error) == "prod: evict: wait"


def test_paths() -> None:
    assert PODS.path() == "/api/v1/pods"
    assert PODS.path("a b/c", "x") == "/api/v1/namespaces/a%20b%2Fc/pods/x"
    assert NODES.path("shop", "n") == "/api/v1/nodes/n"
    assert STATEFULSETS.api_version == "apps/v1"
    with pytest.raises(ValueError, match="needs a namespace"):
        PODS.path("", "x")
