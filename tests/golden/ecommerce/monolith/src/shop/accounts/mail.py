"""Mail, by SMTP or into a folder."""

from __future__ import annotations

import smtplib
import ssl
import time
from email import policy
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from anyio import to_thread

from shop.chassis.mechanism.settings import nearby
from shop.chassis.policy.errors import Refused, Unavailable

from .addresses import for_header, sender_address, to_server

SMTP_TIMEOUT = 10.0  # seconds
# a server that answers 500 or more will answer the same to the same mail
PERMANENT_FAILURE = 500


class Mailer:
    """`url`: `smtp://[USER:PASSWORD@]HOST[:PORT]` (encrypted: from here to another
    network always), `smtps://...`, `file:FOLDER`.
    """

    def __init__(self, url: str, sender: str) -> None:
        self._url = urlsplit(url)
        self._sender = sender_address(sender)
        self._nearby = nearby(url)

    async def send(self, to: str, subject: str, text: str) -> None:
        """Hands the mail over (Unavailable: it cannot be just now; Refused: another try
        is in vain).
        """
        recipient = to_server(to)
        mail = EmailMessage(policy.SMTP if recipient.isascii() else policy.SMTPUTF8)
        mail["From"] = self._sender
        mail["To"] = for_header(recipient)
        mail["Subject"] = subject
        mail["Date"] = formatdate()
        mail["Message-ID"] = make_msgid(domain=self._sender.domain)
        mail.set_content(text, cte="8bit")  # so that a link stays on its line
        try:
            if self._url.scheme == "file":
                await to_thread.run_sync(self._keep, mail)
            else:
                await to_thread.run_sync(self._hand_over, mail, recipient)
        except (OSError, smtplib.SMTPException) as error:
            code, why = _answer(error, recipient)
            if code >= PERMANENT_FAILURE:
                raise Refused(f"{code} {why}") from error
            raise Unavailable("The mail server does not take the mail") from error

    def _keep(self, mail: EmailMessage) -> None:
        folder = Path(self._url.path)
        # links in mails are for nobody else
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / f"{time.time_ns()}.eml").write_bytes(mail.as_bytes())

    def _hand_over(self, mail: EmailMessage, recipient: str) -> None:
        host = self._url.hostname or "localhost"
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host,
                self._url.port or 465,
                timeout=SMTP_TIMEOUT,
                context=ssl.create_default_context(),
            )
        else:
            server = smtplib.SMTP(host, self._url.port or 25, timeout=SMTP_TIMEOUT)
        with server:
            # until then nothing is known of what it offers
            server.ehlo_or_helo_if_needed()
            if self._url.scheme == "smtp" and (
                server.has_extn("starttls") or not self._nearby
            ):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if self._url.username:
                server.login(
                    unquote(self._url.username), unquote(self._url.password or "")
                )
            if not recipient.isascii() and not server.has_extn("smtputf8"):
                raise Refused(
                    "the mail server takes no address beyond ASCII (SMTPUTF8)"
                )
            server.send_message(mail, self._sender.addr_spec, [recipient])


def _answer(error: Exception, recipient: str) -> tuple[int, object]:
    """What the server said of this recipient or this mail; 0: what went wrong is not
    about them.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return error.recipients[recipient]
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code, error.smtp_error
    return 0, ""
