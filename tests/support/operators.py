"""Operators with user ids of their own, and a group that they share."""

import os
from typing import Final

import pytest

GROUP: Final = 54100

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="changes its user, which takes root")
