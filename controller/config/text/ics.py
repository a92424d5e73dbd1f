"""Events of an iCalendar file (RFC 5545) as freezes: VEVENT with DTSTART and DTEND, all day or in
UTC or a zone. What is not understood is refused: a day that was meant as a freeze must never be
passed over.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from controller.config.text.calendar_words import zone_of
from controller.config.text.places import printable
from controller.config.text.scalars import Wrong
from controller.windows.calendar import DAY, Freeze
from controller.windows.zones import moment

MAX_EVENTS: Final = 1000
"""A calendar of freezes has some dozens; each is looked at for every decision."""

REPEATS: Final = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"})
_LINE = re.compile(r'([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:]*))*):(.*)')
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=(?:"([^"]*)"|([^";:]*))')


@dataclass(slots=True)
class _Event:
    line: int
    """On which it begins."""
    properties: dict[str, tuple[Mapping[str, str], str, int]] = field(default_factory=dict)
    """Name → its parameters, its value, its line."""


def freezes_of(text: str, zone: tzinfo | None) -> tuple[Freeze, ...]:
    """`zone`: of dates, and of times that name none. Raises Wrong, with the line."""
    found = tuple(_freeze(event, zone) for event in _events(text) if not _is_cancelled(event))
    if len(found) > MAX_EVENTS:
        raise Wrong(f"{len(found)} events; the maximum is {MAX_EVENTS}: leave old ones out")
    return found


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Content lines, unfolded (section 3.1), with the number of their first line."""
    current, begin = "", 0
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if line[:1] in (" ", "\t"):
            current += line[1:]
            continue
        if current:
            yield begin, current
        current, begin = line, number
    if current:
        yield begin, current


def _events(text: str) -> Iterator[_Event]:
    inside: list[str] = []
    event: _Event | None = None
    for number, line in _lines(text):
        match = _LINE.fullmatch(line)
        if match is None:
            raise Wrong(f"line {number}: is not a line of an iCalendar file")
        name, value = match[1].upper(), match[3].strip()
        if not inside and (name, value.upper()) != ("BEGIN", "VCALENDAR"):
            raise Wrong(f"line {number}: is not within BEGIN:VCALENDAR; is this an .ics file?")
        if name == "BEGIN":
            inside.append(value.upper())
            event = _Event(number) if inside[-1] == "VEVENT" else event
        elif name == "END":
            if inside.pop() != value.upper():
                raise Wrong(f"line {number}: END:{printable(value)} does not fit its BEGIN")
            if value.upper() == "VEVENT" and event is not None:
                yield event
        elif inside[-1] == "VEVENT" and event is not None:
            parameters = {one[0].upper(): one[1] or one[2] for one in _PARAMETER.findall(match[2])}
            event.properties[name] = (parameters, value, number)
    if inside:
        raise Wrong(f"ends within BEGIN:{inside[-1]}: the file is cut off")
    if not text.strip():
        raise Wrong("is empty; is this an .ics file?")


def _is_cancelled(event: _Event) -> bool:
    return event.properties.get("STATUS", ({}, "", 0))[1].upper() == "CANCELLED"


def _freeze(event: _Event, zone: tzinfo | None) -> Freeze:
    for name in sorted(REPEATS & event.properties.keys()):
        line = event.properties[name][2]
        raise Wrong(f"line {line}: {name}: events that repeat are not understood; list each one")
    if "DTSTART" not in event.properties:
        raise Wrong(f"line {event.line}: an event without DTSTART")
    begins, is_day = _moment(event, "DTSTART", zone)
    if "DTEND" in event.properties:
        ends, ends_as_day = _moment(event, "DTEND", zone)
    elif "DURATION" in event.properties:
        line = event.properties["DURATION"][2]
        raise Wrong(f"line {line}: DURATION is not understood; write DTEND")
    elif is_day:
        ends, ends_as_day = _moment(event, "DTSTART", zone, more=DAY)
    else:
        raise Wrong(f"line {event.line}: an event without DTEND")
    if is_day != ends_as_day or ends <= begins:
        raise Wrong(f"line {event.line}: an event that does not end after it begins")
    name = event.properties.get("SUMMARY", ({}, "", 0))[1].replace("\\,", ",")
    return Freeze(printable(name) or f"of line {event.line}", begins, ends)


def _moment(
    event: _Event, name: str, zone: tzinfo | None, more: timedelta = timedelta(0)
) -> tuple[datetime, bool]:
    """The moment, and whether it is a whole day."""
    parameters, value, line = event.properties[name]
    try:
        if re.fullmatch("[0-9]{8}", value):
            day = date(int(value[:4]), int(value[4:6]), int(value[6:]))
            return moment(datetime.combine(day, time()) + more, _named(zone)), True
        if not re.fullmatch("[0-9]{8}T[0-9]{6}Z?", value):
            raise Wrong(f"{printable(value)} is neither a date nor a time")
        shown = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
        if value.endswith("Z"):
            return shown.replace(tzinfo=UTC), False
        its_own = zone_of(parameters["TZID"]) if "TZID" in parameters else _named(zone)
        return moment(shown, its_own), False
    except Wrong as wrong:
        raise Wrong(f"line {line}: {name}: {wrong}") from None
    except ValueError:
        raise Wrong(f"line {line}: {name}: {printable(value)} is no date") from None


def _named(zone: tzinfo | None) -> tzinfo:
    if zone is None:
        raise Wrong("names no time zone, and the windows name not one either")
    return zone
