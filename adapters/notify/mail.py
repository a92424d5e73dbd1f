"""Notifications by mail."""

import asyncio
import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import timedelta

from adapters.notify.mail_text import as_mail
from adapters.notify.smtp import Server, Talk
from adapters.trust import context
from controller.records import Notice, Undelivered


class MailNotifier:
    """Implements `controller.ports.Notifier`: delivered means that the server has taken it.

    The conversation blocks, so it has a thread of its own, which the end of the process does not
    wait for. Tries of one notice have the same Message-ID: a mail that arrives twice can be told.
    """

    within = timedelta(seconds=15)

    def __init__(
        self,
        name: str,
        events: Collection[str],
        server: Server,
        *,
        to: Sequence[str],
        sender: str,
        ca: str | None = None,
    ) -> None:
        """`ca`: a file of authorities to trust instead of the system's. Raises NoAuthorities."""
        self.name = name
        self.events = events
        self.answer = ""
        """What the server said last when it took a mail."""
        self._server = server
        self._to = tuple(to)
        self._sender = sender
        self._context = context(ca) if server.tls != "none" else None

    async def deliver(self, notice: Notice, delivery: str) -> Undelivered | None:
        mail = as_mail(notice, delivery, self._to, self._sender)
        talk = Talk(self._server, self._context)
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Undelivered | None] = loop.create_future()

        def settle(missed: Undelivered | None, bug: Exception | None) -> None:
            if ended.done():
                return
            if bug is not None:
                ended.set_exception(bug)
            else:
                ended.set_result(missed)

        def work() -> None:
            missed, bug = None, None
            try:
                missed = talk.send(self._sender, self._to, mail)
            except Exception as error:  # noqa: BLE001 - raised by whoever waits
                bug = error
            with suppress(RuntimeError):  # the loop is closed: this process is about to end
                loop.call_soon_threadsafe(settle, missed, bug)

        threading.Thread(target=work, name="mail", daemon=True).start()
        try:
            missed = await ended
        except asyncio.CancelledError:
            talk.give_up()
            raise
        self.answer = talk.answer
        return missed

    async def aclose(self) -> None:
        """Nothing to close: each mail has a connection of its own."""
