"""Mail, by SMTP or into a folder."""

from __future__ import annotations

import smtplib
import ssl
import time
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from anyio import to_thread

from shop.chassis.errors import Unavailable

PATIENCE = 10.0  # seconds


class Mailer:
    """`url`: `smtp://[USER:PASSWORD@]HOST[:PORT]` (encrypted where the server offers it), `smtps://...`, `file:FOLDER`."""

    def __init__(self, url: str, sender: str) -> None:
        self._url = urlsplit(url)
        self._sender = sender

    async def send(self, to: str, subject: str, text: str) -> None:
        """Hands the mail over (Unavailable: it cannot be just now)."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, to, subject
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain=self._sender.rpartition("@")[2])
        mail.set_content(text, cte="8bit")  # so that a link stays on its line
        try:
            await to_thread.run_sync(self._keep if self._url.scheme == "file" else self._hand_over, mail)
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable("The mail server does not take the mail") from error

    def _keep(self, mail: EmailMessage) -> None:
        folder = Path(self._url.path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{time.time_ns()}.eml").write_bytes(mail.as_bytes())

    def _hand_over(self, mail: EmailMessage) -> None:
        host, tls = self._url.hostname or "localhost", ssl.create_default_context()
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, self._url.port or 465, timeout=PATIENCE, context=tls)
        else:
            server = smtplib.SMTP(host, self._url.port or 25, timeout=PATIENCE)
        with server:
            if self._url.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=tls)
            if self._url.username:
                server.login(unquote(self._url.username), unquote(self._url.password or ""))
            server.send_message(mail)
