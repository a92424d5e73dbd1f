"""A notice as JSON, Slack message, signature or environment: legible, whoever reads it. Pure."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import replace

from controller.legible import legible_line
from controller.records import Notice

_EVERYBODY = re.compile(r"@(?=everyone|here|channel|all|group|room)", re.IGNORECASE)
MOST_TEXT = 3000
"""Characters of a chat message: services cut or refuse what is longer than about 4,000."""
MOST_ENV = 16 * 1024
"""Characters of one variable: the system allows 128 KiB (execve(2), MAX_ARG_STRLEN), and many
scripts far less."""


def as_json(notice: Notice, delivery: str) -> bytes:
    """The body of a generic webhook: one JSON object."""
    notice = readable(notice)
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
    with `&`, `<` and `>` escaped (Slack, "Formatting text for app surfaces").

    Above the block stand words of ours alone. Within it nothing is a link, a mention or a mark of
    format, and those that call everybody are defused for chats that look there all the same.
    """
    notice = readable(notice)
    said = notice.text.removeprefix(f"rollout {notice.name}: ")
    block = "\n".join([said, *notice.lines]).replace("```", "'''")
    text = cut(f"rollout {notice.name}: {notice.event}\n```\n{block}", MOST_TEXT)
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, name)
    return json.dumps({"text": _EVERYBODY.sub("@\u200b", text) + "\n```"}).encode()


def readable(notice: Notice) -> Notice:
    """Each text on one line, without what a terminal or a browser would obey."""
    lines = tuple(map(legible_line, notice.lines))
    member, text = legible_line(notice.member), legible_line(notice.text)
    return replace(notice, text=text, lines=lines, member=member)


def signed(body: bytes, secret: str, seconds: int, *, event: str, delivery: str) -> dict[str, str]:
    """Headers that prove body, time, event and delivery: HMAC-SHA256 (RFC 2104) over
    `SECONDS.EVENT.DELIVERY.BODY`. An old request cannot be replayed, nor a `halted` become a
    `done` by another header. `seconds`: since the epoch."""
    message = f"{seconds}.{event}.{delivery}.".encode() + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return {"X-Poolroll-Timestamp": str(seconds), "X-Poolroll-Signature": f"sha256={digest}"}


def environment(notice: Notice, delivery: str) -> Mapping[str, str]:
    """Environment variables of a notification command."""
    notice = readable(notice)
    text = "\n".join([notice.text, *notice.lines])
    return {
        "POOLROLL_EVENT": notice.event,
        "POOLROLL_ROLLOUT_NAME": notice.name,
        "POOLROLL_ROLLOUT_ID": notice.rollout,
        "POOLROLL_AT": notice.wall.isoformat(),
        "POOLROLL_SUMMARY": cut(notice.text, MOST_ENV),
        "POOLROLL_TEXT": cut(text, MOST_ENV),
        "POOLROLL_MEMBER_NAME": notice.member,
        "POOLROLL_EXIT_CODE": "" if notice.exit_code is None else str(notice.exit_code),
        "POOLROLL_DELIVERY": delivery,
    }


def cut(text: str, length: int) -> str:
    """The beginning of `text`, at most `length` characters, with a mark where it was cut."""
    return text if len(text) <= length else text[: length - 1] + "…"
