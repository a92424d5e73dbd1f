"""Whatever HAProxy, Prometheus or Kubernetes reply: understood, or malformed; never an error of
ours. What once went wrong is kept in `corpus` and tried first.

`make fuzz` goes on for `POOLROLL_FUZZ_SECONDS`; what it finds is written to `corpus`.
"""

import os
import time
from hashlib import sha256
from random import Random

import pytest

from tests.fuzz.mutation import mutated
from tests.fuzz.targets import CORPUS, TARGETS, Target

SECONDS = float(os.environ.get("POOLROLL_FUZZ_SECONDS", "0"))
FEW = 400
"""Replies that are tried in the suite, the same each time."""


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_is_kept(target: Target) -> None:
    """Good replies, and those that once went wrong."""
    assert target.seeds
    for seed in target.seeds:
        target.read(seed.read_bytes())


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_nobody_would_send(target: Target) -> None:
    """Made of what is kept."""
    seeds = [seed.read_bytes() for seed in target.seeds]
    random = Random(f"{target.name}{time.time() if SECONDS else ''}")
    until = time.monotonic() + SECONDS
    tried = 0
    while tried < FEW or time.monotonic() < until:
        reply = mutated(random.choice(seeds), seeds, random)
        tried += 1
        try:
            target.read(reply)
        except Exception:
            kept = CORPUS / target.name / sha256(reply).hexdigest()[:16]
            if SECONDS:
                kept.write_bytes(reply)
            raise
