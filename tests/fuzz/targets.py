"""What reads the replies of others, and which errors it may raise."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from adapters.haproxy.facts import facts_of
from adapters.haproxy.lines import server_of
from adapters.haproxy.query import backend_view, show_state
from adapters.haproxy.tables import parse_info, parse_stat, parse_state
from adapters.haproxy.wire import split_replies
from adapters.kubernetes import pod as pods
from adapters.kubernetes.client.faults import ApiError
from adapters.kubernetes.client.paths import PODS
from adapters.kubernetes.client.shape import checked
from adapters.kubernetes.client.wire.call import Call
from adapters.kubernetes.client.words import parsed, refusal
from adapters.kubernetes.nodes.lines import occupant_of
from adapters.kubernetes.pods.slices import endpoints_of
from adapters.prometheus.ages import freshness_of
from adapters.prometheus.alerts import firing_in, rules_in, values_in
from adapters.prometheus.faults import Rejected, Unanswered
from adapters.prometheus.readings import reading_of
from adapters.prometheus.replies import Reply, answer_of
from controller.core.gates.evidence import Reduce
from controller.core.gates.statistics import is_unexplained, is_worse
from controller.core.pool import Counters, Line
from controller.errors import BalancerError

CORPUS = Path(__file__).parent / "corpus"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
CALL = Call("it", "list", PODS, "default", "", "")


@dataclass(frozen=True)
class Target:
    name: str
    read: Callable[[bytes], None]
    """Raises nothing but what stands for a malformed reply."""

    @property
    def seeds(self) -> list[Path]:
        return sorted((CORPUS / self.name).iterdir())


def haproxy(raw: bytes) -> None:
    """The replies to a look, one after the other."""
    with suppress(BalancerError):
        replies, _ = split_replies(raw.decode(errors="replace"))
        for reply in replies:
            with suppress(BalancerError):
                info = parse_info("it", reply)
                timedelta(seconds=info.uptime)
                datetime.fromtimestamp(info.start_time or 0, UTC)
        for state, stat in pairwise(replies[1:]):
            with suppress(BalancerError):
                for one, other in zip(
                    parse_state("it", state, None), parse_stat("it", stat), strict=False
                ):
                    _is_fit(server_of(one, other).line)
            asked = (show_state("web"), ("show", "stat"))
            with suppress(BalancerError):
                view = backend_view("it", "web", asked, (state, stat), None)
                for server in view.servers if view is not None else ():
                    _is_fit(server.line)
        with suppress(BalancerError):
            facts_of("it", ("web",), [*replies, *[""] * 6][:6])


def _is_fit(line: Line) -> None:
    """What is let in can be sent back, calculated with, and is no option."""
    assert line.member.isascii()
    assert line.member.isprintable()
    if line.occupant is not None:
        assert not line.occupant.address.startswith("-")
    counted = line.counters or Counters()
    is_unexplained(counted.errors, counted.total, 0.01, confidence=0.99, min_errors=3)
    is_worse(counted.errors, counted.total, 5, 1000, confidence=0.99)


def prometheus(raw: bytes) -> None:
    """One body, as the answer to each question."""
    for status in (200, 400, 422, 503):
        with suppress(Rejected, Unanswered):
            answer = answer_of(Reply(status, "application/json", raw), {"canary"})
            for read in (firing_in, rules_in, values_in):
                with suppress(Rejected, Unanswered):
                    read(answer.data)
            for reduce in (None, Reduce.SUM, Reduce.AVG):
                with suppress(Rejected, Unanswered):
                    reading_of("q", answer, reduce)
            freshness_of("up", answer, NOW)


def kubernetes(raw: bytes) -> None:
    """One object of a list or a watch, or a refusal."""
    found = parsed(raw)
    str(refusal(CALL, 422, {"retry-after": "x"}, raw, {"canary"}))
    with suppress(ApiError):
        checked(CALL, found)
        spec = {"metadata": {}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}
        occupant = pods.occupant_of(spec, found, pods.revision_of(found))
        assert occupant is None or not occupant.address.startswith("-")
        occupant_of(found)
        pods.owner_of(found)
        pods.is_ready(found)
        pods.is_over(found)
        pods.is_terminating(found)
        pods.is_selected(spec, found)
        pods.why_not_ready(found)
        endpoints_of([found])
        json.dumps(found)


TARGETS = (
    Target("haproxy", haproxy),
    Target("prometheus", prometheus),
    Target("kubernetes", kubernetes),
)
