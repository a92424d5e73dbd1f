"""The page of journals that went all kinds of ways."""

from dataclasses import replace

import pytest

from controller.core import events as e
from controller.core.plan.plan import Purpose
from controller.core.settings import Policies
from controller.errors import StateError
from controller.journal.codec import encode
from controller.records import Record
from controller.report.page import page
from tests.report import journals
from tests.report.page.outline import Outline, outline


def opened(records: list[Record]) -> Outline:
    return outline(page(journals.row(), records))


def labels(read: Outline) -> dict[str, str]:
    """Name → value of the facts at the top and of the plan."""
    return dict(zip(read.texts("dt"), read.texts("dd"), strict=True))


def test_a_healthy_rollout_says_done_and_shows_every_member_with_its_durations() -> None:
    """Outcome, exit code, times, and a row for each member with five durations."""
    read = opened(journals.healthy())
    assert read.texts("strong", "outcome") == ["done"]
    facts = labels(read)
    assert facts["exit code"] == "0: done, or nothing to do"
    assert facts["started"] == "2024-03-05 22:14:03 UTC"
    assert facts["took"] == "2m06s"
    assert facts["owner"] == "web-team, ext. 4711"
    assert not read.those("section", "halt")
    cells = [each.text for each in read.those("td") if "data-label" in each.attributes]
    assert cells[:8] == [
        "upgraded, in rotation: 200 requests",
        *("4.4s", "12s", "2s", "1.9s", "11s", "21s"),
        "200, 2 failed",
    ]
    assert len(cells) == 4 * 8


def test_a_halt_shows_every_line_as_it_was_printed() -> None:
    """All labels and texts of the journalled message stand on the page, in their order."""
    read = opened(journals.halted().records)
    (message,) = read.those("div", "message")
    shown = [line.strip() for line in message.text.splitlines() if line.strip()]
    wanted = [f"{line[:10].strip()}{line[10:].strip()}" for line in journals.TOLD]
    assert shown == wanted
    assert read.texts("strong", "outcome") == ["halted"]
    assert "overridden by kim@ops1: known since Monday, ticket 812" in read.texts("p", "alarm")


def test_a_halt_whose_lines_were_not_kept_says_so_and_claims_nothing() -> None:
    """Without the printed lines the page never says how users fare or how many serve."""
    read = opened(journals.halted(told=()).records)
    (message,) = read.those("div", "message")
    assert "SEENgate 'errors': 9 of 60 requests failed (15 %)" in message.text
    assert "web3, web4: untouched" in message.text
    assert message.text.count("not kept in this journal") == 2
    assert "not failing" not in message.text


def test_a_rollback_has_rows_and_bars_of_its_own() -> None:
    """Both courses of a member are told apart, and the header counts who went back."""
    read = opened(journals.rolled_back())
    rows = [each.text for each in read.those("th") if each.attributes.get("scope") == "row"]
    assert rows[:4] == ["web1192.0.2.7:8080", "web1rollback", "web2192.0.2.7:8080", "web2rollback"]
    assert read.texts("p", "tally") == [
        "0 of 4 members upgraded and returned, 2 rolled back and returned"
    ]
    assert any("web1: upgrade (rollback), 12s" in title for title in read.texts("title"))


def test_a_resumed_rollout_shows_both_hands_and_shortens_the_night() -> None:
    """Who resumed and why, and a gap for the hours in which nobody was at work."""
    read = opened(journals.resumed())
    assert read.texts("strong", "outcome") == ["halted, then done"]
    hands = read.texts("ol", "story")[0]
    assert "resumed by alex@ops2: the cache was cold, load test is clean" in hands
    assert "paused by kim@ops1" in hands
    assert "no run for 9h30m" in " ".join(read.texts("p", "note"))
    assert read.texts("li", "day") == ["2024-03-05", "2024-03-06"]
    assert labels(read)["took"] == "9h33m"


def test_a_halt_that_was_decided_on_is_past() -> None:
    """What was to be typed then is not said any more, in a rollout that ended well after it."""
    read = opened(journals.resumed())
    (message,) = read.those("div", "message")
    assert "MEMBERSweb2: OUT OF ROTATION" in message.text
    assert "NEXT" not in message.text
    assert "poolroll abort" not in message.text
    assert read.texts("h2")[0].startswith("It had halted")
    ended = replace(journals.row(), outcome="aborted", ended=journals.BEGAN)
    late = outline(page(ended, journals.halted().records))
    assert "NEXT" not in late.those("div", "message")[0].text


@pytest.mark.parametrize(
    ("purpose", "kind", "tally"),
    [
        (Purpose.UPGRADE, "upgrade", "4 of 4 members upgraded and returned"),
        (
            Purpose.REHEARSAL,
            "rehearsal",
            "4 of 4 members out and back under live traffic, nothing else done",
        ),
        (Purpose.ROLLBACK, "rollback", "4 of 4 members rolled back and returned"),
    ],
)
def test_the_kind_of_rollout_is_said(purpose: Purpose, kind: str, tally: str) -> None:
    """A rehearsal upgrades nothing, and what was rolled out stands at the top."""
    records = journals.healthy()
    kinded = encode(journals.plan(purpose=purpose))
    first = replace(records[0], kind=kinded[0], body=kinded[1])
    read = opened([first, *records[1:]])
    assert (labels(read)["kind"], labels(read)["with"]) == (kind, "version=2.4.1")
    assert read.texts("p", "tally") == [tally]
    statuses = [each.text for each in read.those("td") if "data-label" in each.attributes]
    assert ("upgraded" in statuses[0]) is (purpose is Purpose.UPGRADE)


def test_an_aborted_rollout_shows_who_ended_it_and_what_the_step_printed() -> None:
    """The operator's options and the output of the failed step, unfolded."""
    read = opened(journals.aborted())
    hands = read.texts("ol", "story")[0]
    assert "only web1, web2; asking before each member" in hands
    assert "aborted by alex@ops2, putting back members that pass their validation" in hands
    assert read.texts("pre")[0] == "E: no space left on device"
    assert [
        each.text.strip().splitlines()[0]
        for each in read.those("details")
        if "open" in each.attributes
    ] == ["what was done to web1"]


def test_a_rollout_that_is_at_work_or_cut_off_is_never_called_done() -> None:
    """Half a journal is `unfinished`, without an exit code or an end."""
    read = opened(journals.healthy()[:30])
    assert read.texts("strong", "outcome") == ["unfinished"]
    facts = labels(read)
    assert facts["exit code"] == "none yet"
    assert facts["ended"].startswith("not yet; last record 2024-03-05 22:14:")


@pytest.mark.parametrize("cut", range(0, len(journals.rolled_back()), 7))
def test_every_beginning_of_a_journal_makes_a_page(cut: int) -> None:
    """Whatever was cut off, the page is well formed and has no negative length."""
    read = opened(journals.rolled_back()[: cut + 1])
    for each in read.elements:
        for name in ("x", "width", "height"):
            assert not each.attributes.get(name, "").startswith("-"), each


def test_no_records_and_a_missing_plan_are_errors() -> None:
    """Nothing is shown where nothing is known."""
    records = journals.healthy()
    with pytest.raises(StateError, match="no plan"):
        page(journals.row(), [])
    with pytest.raises(StateError, match="no plan"):
        page(journals.row(), records[1:])


def test_a_record_that_cannot_be_here_is_named() -> None:
    """A journal of another version is told apart from a bug."""
    records = journals.healthy()
    soak = next(each for each in records if each.kind == e.SoakEnded.__name__)
    with pytest.raises(StateError, match="a SoakEnded, does not follow"):
        page(journals.row(), [*records[:2], soak])


def test_a_gateless_plan_is_said_in_capitals() -> None:
    """Nobody overlooks that nothing would have stopped it."""
    policies = Policies(gates=())
    scribe = journals.Scribe(journals.plan(policies=policies))
    scribe.begin()
    scribe.finish("refused", 3, "the floor does not hold")
    read = opened(scribe.records)
    assert read.texts("p", "alarm") == [
        "NO GATES: nothing stopped this rollout when users saw errors."
    ]


def test_what_a_metrics_system_was_asked_stands_with_its_samples() -> None:
    """The query with its templates filled, escaped like all else."""
    scribe = journals.Scribe(journals.plan())
    scribe.begin()
    sample = e.GateSampled("pool-errors", None, e.Verdict.PASS, "", 0, 0, 0.01, 0.05)
    scribe.write(replace(sample, queries={"query": 'rate(x{code=~"5.."}[1m]) < 2'}))
    assert 'query: rate(x{code=~"5.."}[1m]) < 2' in opened(scribe.records).texts("p", "note")


def test_the_structure_is_as_agreed() -> None:
    """The golden outline: what stands on the page, and in which order."""
    read = opened(journals.halted().records)
    assert read.structure() == GOLDEN.splitlines()


GOLDEN = """\
h1: web
dt: rollout
dt: kind
dt: with
dt: exit code
dt: started
dt: ended
dt: took
dt: started by
dt: owner
dt: runbook
h2: Why it halted 2024-03-05 22:14:58 UTC, as it was printed then
h2: Timeline UTC
h2: Gates
h3: errors
figcaption: web1 pass: 2 of 200 requests failed
summary: 11 samples
th: time
th: verdict
th: value
th: reason
figcaption: web2 fail: 9 of 60 requests failed
summary: 3 samples
th: time
th: verdict
th: value
th: reason
h3: pool-errors
figcaption: the pool pass: 9 of 180 requests failed
summary: 14 samples
th: time
th: verdict
th: value
th: reason
h2: Members
th: member
th: status
th: drain
th: upgrade
th: validate
th: return
th: soak
th: out for
th: requests in soak
th: web1192.0.2.7:8080
summary: what was done to web1
th: web2192.0.2.7:8080
summary: what was done to web2
th: web3192.0.2.7:8080
th: web4192.0.2.7:8080
h2: Who did what
h2: What happened UTC
h2: The plan
dt: order
dt: canaries
dt: backends
dt: capacity
dt: gates
dt: drain
dt: soak
dt: on failure
dt: --set
summary: the rollout file as it was run (/srv/rollouts/web.yml), without its secrets
"""
