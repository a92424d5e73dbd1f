"""Requests of our own, where a gate has no users to judge."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from controller.config import parse
from controller.core.plan.plan import Purpose
from controller.core.state.state import initial
from controller.core.steps import Course
from controller.lifecycle.gates import PATIENCE, PROBE_HEADER, marked, planned, prober_of
from controller.lifecycle.options import Ports, Prepared
from controller.records import RolloutRow
from controller.tasks import HttpProbe, Validation, ValidationResult
from tests.config.pages import page
from tests.lifecycle.test_way_back import PLAN
from tests.support.virtual import EPOCH

ASKED = HttpProbe("http://127.0.0.1/", headers={"Cookie": "SRV=web1"})


@pytest.mark.parametrize("every", [timedelta(milliseconds=50), 2 * PATIENCE])
def test_a_slow_member_is_waited_for(every: timedelta) -> None:
    """One request each time, which is not given up when the next one would be due."""
    one = marked(ASKED, "web-1", every)
    assert one.within == one.every == max(every, PATIENCE)
    assert one.consecutive == 1
    assert isinstance(one.probe, HttpProbe)
    assert one.probe.headers == {PROBE_HEADER: "web-1", "Cookie": "SRV=web1"}


@pytest.mark.parametrize(
    ("purpose", "contains"), [(Purpose.UPGRADE, "v2"), (Purpose.ROLLBACK, "v1")]
)
async def test_who_goes_back_is_asked_for_the_former_version(
    purpose: Purpose, contains: str
) -> None:
    """The request that stands in for users expects what the rollout brings."""
    text = page(
        'vars: {version: "v2"}',
        'rollback: {command: [back], vars: {version: "v1"}}',
        'quiet: {through: {url: "http://lb/", cookie: "S=${member.name}", '
        'contains: "${vars.version}"}}',
    )
    asked: list[HttpProbe] = []

    class Asked:
        async def validate(self, validations: Sequence[Validation]) -> ValidationResult:
            asked.extend(cast(HttpProbe, one.probe) for one in validations)
            return ValidationResult(True, "")

    plan = replace(PLAN, purpose=purpose)
    row = RolloutRow("web-1", "web", text, "/srv/web.yaml", {}, EPOCH, "me")
    prepared = Prepared(
        row, plan, initial(plan), (), parse(text, "/srv/web.yaml"), is_new=True, abandoned=None
    )
    ports = cast(Ports, SimpleNamespace(validator=Asked()))
    await prober_of(ports, prepared, planned(plan)).own(plan.members[0].name, Course.UPGRADE)
    assert [one.contains for one in asked] == [contains]
