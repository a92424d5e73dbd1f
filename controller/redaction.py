"""What may be secret in any text, by its form: passwords in addresses, tokens in their queries,
credentials of headers and options. Pure.

What is secret by its place in the rollout file is the business of `controller.config.masking`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

MASK: Final = "***"

QUERY_KEY: Final = (
    r"[\w.-]{0,40}(?:token|pass|pwd|secret|key|auth|credential|session|jwt)[\w.-]{0,40}"
    r"|(?:[\w.-]{0,40}[_-])?(?:sig|signature|code)"
)
"""Keys of an address's query whose values are taken to be secret. Bounded, as all here is: a
program may print a megabyte without a space."""

_NAME: Final = (
    r"[\w-]{0,40}(?:token|passw(?:or)?d|pwd|secret|api[_-]?key|access[_-]?key|credentials?)"
)
_SIGN: Final = r"(?:\$\{[^}]*\}|[^\s\"'<>&,;\[\]{}()#])"
"""Of a value without quotes; what a template stands for is a part of it."""
_QUOTE: Final = r"\\{0,4}(?P<quote>[\"'])?"
"""A quote may be escaped itself, in what one program hands to another."""
_VALUE: Final = rf"(?P<secret>(?(quote)(?:(?!\\{{0,4}}(?P=quote))[^\r\n]){{1,512}}|{_SIGN}+))"
"""In quotes: up to the closing one, with its spaces."""
_SCHEME: Final = r"(?:basic|bearer|digest|negotiate|token)\s+"

_ADDRESSES: Final = (
    re.compile(r"://(?P<secret>[^/\s@\"'<>]{1,512})@"),
    re.compile(rf"[?&;](?:{QUERY_KEY})=(?P<secret>{_SIGN}+)", re.IGNORECASE),
)
_CREDENTIALS: Final = (
    re.compile(rf"\bauthorization\W{{1,4}}{_SCHEME}(?P<secret>{_SIGN}+)", re.IGNORECASE),
    re.compile(rf"\bbearer\s+(?P<secret>{_SIGN}{{8,}})", re.IGNORECASE),
    re.compile(rf"(?<![\w-])-{{0,2}}{_NAME}={_QUOTE}{_VALUE}", re.IGNORECASE),
)
_SAID: Final = (
    re.compile(
        rf"\bauthorization\\{{0,4}}[\"']?\s*[:=]\s*(?!\\{{0,4}}[\"']?{_SCHEME}){_QUOTE}{_VALUE}",
        re.I,
    ),
    re.compile(rf"(?<![\w-]){_NAME}\\{{0,4}}[\"']?\s*[:=]\s*{_QUOTE}{_VALUE}", re.IGNORECASE),
)
"""In what a program prints, where no key of a file can be meant."""

IN_FILES: Final = (*_ADDRESSES, *_CREDENTIALS)
ANYWHERE: Final = (*IN_FILES, *_SAID)


def discreet(text: str) -> str:
    """What a program or an operator wrote, fit to be kept and shown."""
    return blotted(text, ANYWHERE)


def blotted(text: str, patterns: Sequence[re.Pattern[str]] = IN_FILES) -> str:
    """With `***` for what is secret; in the text of a file, its form stays."""
    for pattern in patterns:
        text = pattern.sub(_blot, text)
    return text


def secrets_in(text: str, patterns: Sequence[re.Pattern[str]] = IN_FILES) -> Iterator[str]:
    """The secrets in the text of a file."""
    for pattern in patterns:
        for match in pattern.finditer(text):
            yield match["secret"]


def is_secret_name(name: str) -> bool:
    """Whether a variable is taken to be secret for its name alone."""
    return re.fullmatch(_NAME, name, re.IGNORECASE) is not None


def _blot(match: re.Match[str]) -> str:
    start, end = match.span("secret")
    return match.string[match.start() : start] + MASK + match.string[end : match.end()]
