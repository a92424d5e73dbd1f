"""Names and outputs that try to be more than text, and journals that try to be too long."""

from dataclasses import replace

import pytest

from controller.core import events as e
from controller.core.events import Verdict
from controller.report.page import page
from controller.report.page.plots import POINTS, ROWS_MOST
from tests.report import journals
from tests.report.page.outline import outline

HOSTILE = (
    "</title></style></svg></pre><script>document.title='owned'</script>"
    "<img src=x onerror=alert(1)>\"'&{{ 7*7 }}{% raw %}"
)
NAME = f"web1{HOSTILE}"


def hostile_page(address: str = "192.0.2.66") -> str:
    """Hostile text wherever a rollout lets foreign text in."""
    scribe = journals.Scribe(journals.plan(names=[NAME, "web2"]))
    scribe.begin(f"kim{HOSTILE}", overrides={"errors": HOSTILE})
    scribe.drain(NAME)
    load = f"<link rel=stylesheet href=http://{address}/a><img src=http://{address}/b>"
    scribe.upgrade(NAME, HOSTILE + load, passed=False)
    scribe.write(e.Halted(e.Cause.MEMBER, HOSTILE, HOSTILE + load, NAME))
    scribe.write(e.MemberFailed(NAME, HOSTILE))
    scribe.finish("halted", 5, HOSTILE)
    row = journals.row(
        id=f"web{HOSTILE}",
        by=HOSTILE,
        path=HOSTILE,
        sets={HOSTILE: HOSTILE},
        file=journals.FILE.replace("https://wiki.example.net/web", "javascript:alert(1)"),
    )
    row = replace(row, sets={"version": HOSTILE})
    return page(row, scribe.records)


def test_hostile_text_stays_text() -> None:
    """Nothing of it becomes an element, an attribute, a script or a template's expression."""
    html = hostile_page()
    read = outline(html)
    tags = {each.tag for each in read.elements}
    assert not tags & {"script", "img", "iframe", "object", "form", "base"}
    assert not [name for each in read.elements for name in each.attributes if name.startswith("on")]
    assert HOSTILE in read.those("pre")[0].text
    assert HOSTILE in read.those("title")[0].text
    assert "49" not in read.those("h2")[0].text


def test_nothing_can_be_loaded() -> None:
    """The only addresses are the icon's own data and a link to a runbook, if it is one."""
    for html in (hostile_page(), page(journals.row(), journals.healthy())):
        read = outline(html)
        assert not [each for each in read.elements if "src" in each.attributes]
        assert [each.attributes["href"] for each in read.those("link")] == ["data:,"]
        (style,) = read.those("style")
        assert "url(" not in style.text
        assert "@import" not in style.text
        (policy,) = [each for each in read.those("meta") if "http-equiv" in each.attributes]
        assert policy.attributes["content"].startswith("default-src 'none'")
    assert not outline(hostile_page()).those("a")
    (runbook,) = read.those("a")
    assert runbook.attributes["href"] == "https://wiki.example.net/web"


def test_control_characters_are_seen_and_not_obeyed() -> None:
    """Colours of a terminal vanish; what could reorder or end the text is replaced."""
    scribe = journals.Scribe(journals.plan())
    scribe.begin()
    scribe.drain("web1")
    scribe.upgrade("web1", "\x1b[31mred\x1b[0m 10 %\r20 %\x00\x08 \u202eesrever")
    text = outline(page(journals.row(), scribe.records)).those("pre")[0].text
    assert text == "red 10 %\n20 %␀␈ \ufffdesrever"


def test_a_thousand_members_make_a_page_of_bounded_size() -> None:
    """37,000 records become less than 3 MB, and every member has a row."""
    html = page(journals.row(), journals.healthy(1000))
    assert len(html) < 3_000_000
    assert html.count('<th scope="row">') == 1000
    assert html.count('<svg class="bars"') == 1000
    assert html.count("<figure ") == 24 + 1
    assert "976 further series are not drawn" in html


def test_fifty_thousand_samples_are_thinned_and_the_worst_is_kept() -> None:
    """One failing sample among 50,000 is drawn and listed; the plot stays small."""
    scribe = journals.Scribe(journals.plan())
    scribe.begin()
    for i in range(50_000):
        is_bad = i == 31_234
        scribe.sample(None, 77 if is_bad else 1, 1000, Verdict.FAIL if is_bad else Verdict.PASS)
        scribe.wait(0.5)
    html = page(journals.row(), scribe.records)
    assert len(html) < 400_000
    read = outline(html)
    assert "50000 samples" in read.texts("summary")
    dots = [each for each in read.elements if "dot" in each.attributes.get("class", "").split()]
    assert len(dots) <= POINTS + 3
    rows = read.those("tr", "pass") + read.those("tr", "fail")
    assert POINTS < len(rows) <= ROWS_MOST
    assert [" ".join(each.text.split()) for each in read.those("tr", "fail")] == [
        "02:34:20.000fail7.7 %77 of 1000 requests failed"
    ]


@pytest.mark.parametrize("members", [1, 400])
def test_long_outputs_share_a_bounded_room(members: int) -> None:
    """Of 100,000 characters each, the start and the end are shown, and what is missing is said."""
    scribe = journals.Scribe(journals.plan(members))
    scribe.begin()
    for member in scribe.plan.members:
        scribe.drain(member.name)
        scribe.upgrade(member.name, "begin\n" + "x" * 100_000 + "\nthe end")
        scribe.come_back(member.name)
        scribe.write(e.SoakEnded(member.name, ""))
    html = page(journals.row(), scribe.records)
    assert len(html) < 3_500_000
    first = outline(html).those("pre")[0].text
    assert first.startswith("begin\n")
    assert first.endswith("\nthe end")
    assert "characters left out" in first
