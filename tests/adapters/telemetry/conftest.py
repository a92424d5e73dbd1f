"""Fixtures: sites as the end-to-end tests have them."""

from tests.e2e.conftest import haproxy, site

__all__ = ["haproxy", "site"]
