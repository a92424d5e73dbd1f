"""Contradictions within the questions of `preflight`, and within `collect`."""

from collections.abc import Iterator

from controller.config.checks.kind_of_pool import PODS
from controller.config.checks.step_contradictions import one_of
from controller.config.text.places import Trail, shown
from controller.config.text.scalars import Wrong, number
from controller.config.text.trails import listing

Found = Iterator[tuple[Trail, str]]

WAYS = ("command", "ssh")


def question_contradictions(data: object, kind: str) -> Found:
    for index, question in enumerate(listing(data, "preflight")):
        if not isinstance(question, dict):
            continue
        trail: Trail = ("preflight", index)
        yield from one_of(question, trail, WAYS, "make them two questions")
        yield from _no_host(question, trail, kind)
        yield from _crossed(question, trail)
    for index, one in enumerate(listing(data, "collect")):
        if isinstance(one, dict):
            yield from one_of(one, ("collect", index), WAYS, "make them two")
            yield from _no_host(one, ("collect", index), kind)


def _no_host(section: dict[str, object], trail: Trail, kind: str) -> Found:
    if kind == PODS and "ssh" in section:
        yield (*trail, "ssh"), "is for hosts; nothing of a pod answers to ssh: write command"


def _crossed(question: dict[str, object], trail: Trail) -> Found:
    try:
        least, most = number(question.get("min")), number(question.get("max"))
    except Wrong:
        return
    if least > most:
        yield (*trail, "min"), f"{shown(question['min'])} is above max; no number is both"
