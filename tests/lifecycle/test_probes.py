"""Requests of our own, where a gate has no users to judge."""

from datetime import timedelta

import pytest

from controller.lifecycle.gates import PATIENCE, PROBE_HEADER, marked
from controller.tasks import HttpProbe

ASKED = HttpProbe("http://127.0.0.1/", headers={"Cookie": "SRV=web1"})


@pytest.mark.parametrize("every", [timedelta(milliseconds=50), 2 * PATIENCE])
def test_a_slow_member_is_waited_for(every: timedelta) -> None:
    """One request each time, which is not given up when the next one would be due."""
    one = marked(ASKED, "web-1", every)
    assert one.within == one.every == max(every, PATIENCE)
    assert one.consecutive == 1
    assert isinstance(one.probe, HttpProbe)
    assert one.probe.headers == {PROBE_HEADER: "web-1", "Cookie": "SRV=web1"}
