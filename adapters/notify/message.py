"""A notice as JSON, Slack message, signature or environment. Pure."""

import hashlib
import hmac
import json
from collections.abc import Mapping

from controller.records import Notice

MOST_TEXT = 3000
"""Characters of a chat message: services cut or refuse what is longer than about 4,000."""
MOST_ENV = 16 * 1024
"""Characters of one variable: the system allows 128 KiB (execve(2), MAX_ARG_STRLEN), and many
scripts far less."""


def as_json(notice: Notice, delivery: str) -> bytes:
    """The body of a generic webhook: one JSON object."""
    value = {
        "delivery": delivery,
        "event": notice.event,
        "name": notice.name,
        "rollout": notice.rollout,
        "at": notice.wall.isoformat(),
        "text": notice.text,
        "lines": list(notice.lines),
        "member": notice.member or None,
        "exit_code": notice.exit_code,
    }
    return json.dumps(value).encode()


def as_slack(notice: Notice) -> bytes:
    """The body that Slack's incoming webhooks take, and with them many other chats: `{"text": …}`,
    with `&`, `<` and `>` escaped (Slack, "Formatting text for app surfaces")."""
    text = cut("\n".join([notice.text, *_block(notice.lines)]), MOST_TEXT)
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, name)
    if notice.lines:
        text += "\n```"
    return json.dumps({"text": text}).encode()


def _block(lines: tuple[str, ...]) -> list[str]:
    """The lines as they stand, in a fixed width; closed by whoever cuts them."""
    return ["```", *(line.replace("```", "'''") for line in lines)] if lines else []


def signed(body: bytes, secret: str, seconds: int, *, event: str, delivery: str) -> dict[str, str]:
    """Headers that prove body, time, event and delivery: HMAC-SHA256 (RFC 2104) over
    `SECONDS.EVENT.DELIVERY.BODY`. An old request cannot be replayed, nor a `halted` become a
    `done` by another header. `seconds`: since the epoch."""
    message = f"{seconds}.{event}.{delivery}.".encode() + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return {"X-Poolroll-Timestamp": str(seconds), "X-Poolroll-Signature": f"sha256={digest}"}


def environment(notice: Notice, delivery: str) -> Mapping[str, str]:
    """Environment variables of a notification command."""
    text = "\n".join([notice.text, *notice.lines])
    return {
        "POOLROLL_EVENT": notice.event,
        "POOLROLL_ROLLOUT_NAME": notice.name,
        "POOLROLL_ROLLOUT_ID": notice.rollout,
        "POOLROLL_AT": notice.wall.isoformat(),
        "POOLROLL_SUMMARY": cut(notice.text, MOST_ENV).replace("\0", " "),
        "POOLROLL_TEXT": cut(text, MOST_ENV).replace("\0", " "),
        "POOLROLL_MEMBER_NAME": notice.member,
        "POOLROLL_EXIT_CODE": "" if notice.exit_code is None else str(notice.exit_code),
        "POOLROLL_DELIVERY": delivery,
    }


def cut(text: str, length: int) -> str:
    """The beginning of `text`, at most `length` characters, with a mark where it was cut."""
    return text if len(text) <= length else text[: length - 1] + "…"
