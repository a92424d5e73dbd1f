"""Requests to one server: retries within a deadline, and what some servers do not take."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.prometheus.access import Access, access_of
from adapters.prometheus.aside import aside
from adapters.prometheus.faults import Rejected, Unanswered
from adapters.prometheus.replies import Answer, Reply, answer_of
from controller.core.pool import Instant
from controller.metrics_servers import MetricsServer
from controller.ports import Clock

if TYPE_CHECKING:
    from adapters.prometheus.client import Client

_PAUSES: Final = (
    timedelta(milliseconds=100),
    timedelta(milliseconds=300),
    timedelta(milliseconds=900),
)
"""Pauses before retries. A longer outage makes samples inconclusive."""
_NO_POST: Final = frozenset({403, 405, 501})
"""Replies of servers and proxies that only let GET through."""
_OPTIONAL: Final = ("partial_response", "dedup", "timeout", "type", "exclude_alerts")
"""Parameters without which the answer is the same, or larger. Some servers refuse what they do not
know (Google's, with a 400)."""

Form = Callable[[timedelta], dict[str, str]]
"""The parameters of a request, from the time left."""


class Requests:
    """Puts questions to one server, and remembers what it does not take."""

    def __init__(self, server: MetricsServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._client: Client | None = None
        self._has_no_post = False
        self._unknown: frozenset[str] = frozenset()

    def deadline(self) -> Instant:
        return self._clock.now() + self._server.timeout

    async def put(self, method: str, path: str, form: Form, deadline: Instant) -> Answer:
        """Retry until answered. Raises Rejected, Unanswered."""
        pauses = iter(_PAUSES)
        while True:
            try:
                return await self._put_once(method, path, form, deadline)
            except Unanswered as fault:
                pause = next(pauses, None)
                if not fault.is_passing or pause is None or self._clock.now() + pause >= deadline:
                    raise
            await self._clock.sleep(pause)

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _put_once(self, method: str, path: str, form: Form, deadline: Instant) -> Answer:
        access = access_of(self._server)
        if method == "POST" and self._has_no_post:
            method = "GET"
        reply = await self._fitted(method, path, form, access, deadline)
        if method == "POST" and reply.status in _NO_POST:
            reply = await self._fitted("GET", path, form, access, deadline)
            self._has_no_post = reply.status not in _NO_POST
        return await aside(lambda: answer_of(reply, access.secrets), len(reply.body))

    async def _fitted(
        self, method: str, path: str, form: Form, access: Access, deadline: Instant
    ) -> Reply:
        """Without the parameters that the server refuses as unknown, one after the other."""
        unknown = self._unknown
        while True:
            sent = {name: text for name, text in self._form(form, deadline) if name not in unknown}
            reply = await self._send(method, path, sent, access, deadline)
            refused = _refused(reply, sent)
            if refused is None:
                if reply.status == 200:
                    self._unknown = unknown
                return reply
            unknown |= {refused}

    def _form(self, form: Form, deadline: Instant) -> list[tuple[str, str]]:
        return list(form(deadline - self._clock.now()).items())

    async def _send(
        self, method: str, path: str, form: dict[str, str], access: Access, deadline: Instant
    ) -> Reply:
        try:
            for text in form.values():
                text.encode()
        except UnicodeError:
            raise Rejected("it is not text") from None
        if self._client is None:
            from adapters.prometheus.client import Client

            self._client = Client(self._server)
        return await self._client.ask(method, path, form, access, deadline - self._clock.now())


def _refused(reply: Reply, sent: dict[str, str]) -> str | None:
    """The parameter that a 400 names, of those that may be left out."""
    if reply.status != 400:
        return None
    text = reply.body.decode(errors="replace").replace("\\u0022", '"')
    try:
        page = json.loads(text)
    except (ValueError, RecursionError):
        page = None
    told = page.get("error", text) if isinstance(page, dict) else text
    for name in _OPTIONAL:
        if name in sent and re.search(rf"\b{name}\b", str(told)):
            return name
    return None
