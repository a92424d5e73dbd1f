"""Renders the report page: row and records → HTML."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from controller import __version__
from controller.core.gates.figures import span
from controller.core.gates.limit import limit
from controller.journal.digest import digest_of
from controller.journal.instead import Instead
from controller.legible import legible
from controller.records import Record, RolloutRow
from controller.report.page.builder import build
from controller.report.page.header import header, moment
from controller.report.page.members import FIVE, members
from controller.report.page.model import Entry, Story
from controller.report.page.plots import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, gate_plots
from controller.report.page.timeline import timeline
from controller.report.run.collected import things
from controller.report.words import names

ENTRIES: Final = 1000
"""Sentences shown; of more, the first and the last, and in between failures and what operators
did."""


def page(row: RolloutRow, records: Sequence[Record], instead: Instead | None = None) -> str:
    """One self-contained HTML page about a rollout; `instead`: of an abandoned one, what came in
    its place. Raises StateError when the records cannot be read, or are none."""
    story = build(records)
    entries = _few(story.entries)
    return (
        _environment()
        .get_template("page.html")
        .render(
            row=row,
            version=__version__,
            header=header(row, story, digest_of(records), instead),
            collected=things(story.collected),
            timeline=timeline(story),
            gates=gate_plots(story),
            phases=FIVE,
            members=members(story),
            by_operator=[entry for entry in story.entries if entry.mark == "operator"],
            entries=entries,
            unshown=len(story.entries) - len(entries),
            records=story.records,
            plan=_plan(story),
            left=story.plan.left,
            sets=row.sets,
        )
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("controller.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_legible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["time"] = lambda at: f"{at:%H:%M:%S}"
    made.filters["moment"] = moment
    made.filters["pixels"] = lambda number: f"{number:.2f}".rstrip("0").rstrip(".")
    made.globals["area"] = {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "top": TOP,
        "bottom": HEIGHT - BOTTOM,
    }
    return made


def _legible(value: Any) -> Any:
    """Applied to everything that a template prints."""
    return legible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _few(entries: Sequence[Entry]) -> list[Entry]:
    if len(entries) <= ENTRIES:
        return list(entries)
    third = ENTRIES // 3
    between = [entry for entry in entries[third:-third] if entry.mark]
    return [*entries[:third], *between[:third], *entries[-third:]]


def _plan(story: Story) -> list[tuple[str, str]]:
    plan = story.plan
    policies = plan.policies
    gates = [f"{gate.name}: {limit(gate)}, every {span(gate.every)}" for gate in policies.gates]
    return [
        ("order", names([member.name for member in plan.members])),
        ("canaries", names(plan.canaries)),
        ("backends", f"{names(plan.backends)} behind {names(plan.instances)}"),
        (
            "capacity",
            f"{plan.serving} served at the start; at most {plan.max_unavailable} out because of "
            f"us at any time; never fewer than {plan.min_available} serving",
        ),
        ("gates", "; ".join(gates) or "NONE: nothing stopped this rollout when users saw errors"),
        ("drain", f"{span(policies.drain.timeout)}, then {policies.drain.on_timeout}"),
        ("soak", span(policies.soak)),
        ("on failure", str(policies.on_failure)),
    ]
