"""Mails the links that were asked for: again if the mail server was away, and none to an address without an account."""

from __future__ import annotations

from collections.abc import Callable

from shop.chassis.events import Reactions

from .domain import Link
from .events import LinkRequested
from .mail import Mailer
from .service import Unit

TEXTS = {
    "verify-email": ("Is this your address?", "To say that this address is yours, open"),
    "password-reset": ("A new password", "To choose a new password, open"),
}


class AccountsReactions:
    def __init__(self, units: Callable[[], Unit], mailer: Mailer, site_url: str) -> None:
        self._units = units
        self._mailer = mailer
        self._site_url = site_url

    def handlers(self) -> Reactions:
        return {LinkRequested: self.send_link}

    async def send_link(self, event: LinkRequested) -> None:
        """The link is there before its mail is, and the event is done with only after: what cannot be sent is tried again."""
        unit, done = self._units(), self._units()
        account = await unit.accounts.find("email", event.email)
        if account is None or await done.seen(event.id):
            return
        link, token = Link.make(account, event.purpose)
        unit.links.add(link)
        await unit.commit()
        subject, text = TEXTS[event.purpose]
        url = f"{self._site_url}/{event.purpose}?token={token}"
        await self._mailer.send(
            account.email,
            subject,
            f"{text}\n\n{url}\n\nIt works once, for half an hour. If you did not ask for it, there is nothing to do.\n",
        )
        await done.commit()
