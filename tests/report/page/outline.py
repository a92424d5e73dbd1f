"""A page read back: is it well formed, what does it say, what could it load."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br"}
HEADINGS = {"h1", "h2", "h3", "th", "dt", "summary", "figcaption"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts)


@dataclass
class Outline(HTMLParser):
    """Raises AssertionError where an element is not closed in its place."""

    elements: list[Element] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].tag == tag, f"</{tag}> inside <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.parts.append(data)

    def those(self, tag: str, of_class: str = "") -> list[Element]:
        return [
            each
            for each in self.elements
            if each.tag == tag
            and (not of_class or of_class in each.attributes.get("class", "").split())
        ]

    def texts(self, tag: str, of_class: str = "") -> list[str]:
        return [" ".join(each.text.split()) for each in self.those(tag, of_class)]

    def structure(self) -> list[str]:
        """Sections and headings, in their order."""
        return [
            f"{each.tag}: {' '.join(each.text.split())}"
            for each in self.elements
            if each.tag in HEADINGS
        ]


def outline(html: str) -> Outline:
    read = Outline()
    read.feed(html)
    read.close()
    assert not read._open, f"<{read._open[-1].tag}> is not closed"
    return read
