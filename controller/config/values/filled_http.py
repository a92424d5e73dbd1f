"""URLs and headers of requests, filled for one member."""

from collections.abc import Callable, Mapping

from controller.config.sections.validation import (
    check_filled_server_name,
    check_filled_url,
    check_header,
)
from controller.config.text.places import Trail
from controller.config.text.scalars import Wrong
from controller.config.values.filling import Filling


def filled_url(filling: Filling, template: str, trail: Trail) -> str:
    """An IPv6 address gets its brackets (RFC 3986, section 3.2.2)."""
    values = dict(filling.values)
    for name in ("member.address", "member.host"):
        if ":" in values.get(name, "") and f"[${{{name}}}]" not in template:
            values[name] = f"[{values[name]}]"
    url = filling.text(trail, template, values)
    checked(filling, check_filled_url, url, trail)
    return url


def filled_headers(filling: Filling, templates: Mapping[str, str], trail: Trail) -> dict[str, str]:
    headers = {name: filling.text((*trail, name), text) for name, text in templates.items()}
    for name, value in headers.items():
        checked(filling, check_header, value, (*trail, name))
    return headers


def filled_server_name(filling: Filling, template: str | None, trail: Trail) -> str | None:
    if template is None:
        return None
    name = filling.text(trail, template)
    checked(filling, check_filled_server_name, name, trail)
    return name


def checked(filling: Filling, check: Callable[[object], object], value: str, trail: Trail) -> None:
    try:
        check(value)
    except Wrong as reason:
        filling.note(trail, str(reason))
