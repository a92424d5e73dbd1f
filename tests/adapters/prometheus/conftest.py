"""Shared by the Prometheus tests."""

import pytest

pytest.register_assert_rewrite("tests.support.metrics_contract")
