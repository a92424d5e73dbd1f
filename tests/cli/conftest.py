"""Fixtures: the HAProxys are shared out between the tests."""

from tests.support.worlds import shared_haproxy

haproxy = shared_haproxy
