"""Shared by the storage tests."""

import pytest

pytest.register_assert_rewrite("tests.support.journal_contract", "tests.support.lock_contract")
