"""A mail server for the tests: it takes what it is sent, and answers as it is told."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session


class MailServer:
    """`sent`: every mail that came, whatever was answered, by the envelope's recipient."""

    def __init__(self) -> None:
        self.url = ""
        self.sent: defaultdict[str, list[EmailMessage]] = defaultdict(list)
        self.unknown: set[str] = set()  # recipients whom it does not know
        # to the next mails for a recipient; then it takes them
        self.answers: dict[str, list[str]] = {}

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name, as the next
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if address in self.unknown:
            self.sent[address].append(EmailMessage())
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = (envelope.original_content or b"").decode()
        (recipient,) = envelope.rcpt_tos
        self.sent[recipient].append(
            message_from_string(content, EmailMessage, policy=policy.default)
        )
        waiting = self.answers.get(recipient)
        return waiting.pop(0) if waiting else "250 OK"


@contextmanager
def mail_server(*, utf8: bool = True) -> Iterator[MailServer]:
    """Listens on a port of its own. `utf8`: whether it takes addresses beyond ASCII."""
    handler, loop = MailServer(), asyncio.new_event_loop()

    async def listen() -> asyncio.Server:
        def protocol() -> SMTP:
            return SMTP(handler, hostname="localhost", enable_SMTPUTF8=utf8, loop=loop)

        return await loop.create_server(protocol, "127.0.0.1", 0)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    handler.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield handler
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
