"""Fixtures: sites as the end-to-end tests have them, and no proxy on the way to loopback."""

import pytest

from tests.e2e.conftest import haproxy, site

__all__ = ["haproxy", "no_proxy", "site"]

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands on loopback is not asked for by way of this machine's proxy."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
