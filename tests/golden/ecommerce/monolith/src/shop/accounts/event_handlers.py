"""Event handlers of the accounts module: they mail the links that were asked for.

Again if the mail server was away, and none to an address without an account.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from shop.chassis.mechanism.background import handles
from shop.chassis.policy.errors import Refused

from .domain import EmailToken
from .events import LinkRequested
from .links import LinkSecrets
from .mail import Mailer

if TYPE_CHECKING:
    from .service import Unit

log = logging.getLogger(__name__)
TEXTS = {
    "verify-email": (
        "Is this your address?",
        "To say that this address is yours, open this page and enter your password",
    ),
    "password-reset": ("A new password", "To choose a new password, open this page"),
    "account-exists": (
        "You have an account already",
        "Somebody wanted to register with this address, which has an account. If that was you, log in;\n"
        "to choose a new password, open this page",
    ),
}


class AccountsEventHandlers:
    def __init__(
        self,
        units: Callable[[], Unit],
        mailer: Mailer,
        secrets: LinkSecrets,
        site_url: str,
    ) -> None:
        self._units = units
        self._mailer = mailer
        self._secrets = secrets
        self._site_url = site_url

    @handles(LinkRequested)
    async def send_link(self, event: LinkRequested) -> None:
        """One link an event: it is there before its mail is, and what cannot be sent is
        tried again with the same link.

        Whom the mail server refuses for good is told nothing more: the answer is
        logged, and the event is done with.
        """
        unit, done = self._units(), self._units()
        account = await unit.accounts.find("email", event.email)
        if account is None or await done.already_processed(event.id):
            return
        link, token = EmailToken.make(
            account, event.purpose, event.id, self._secrets.of(event.id)
        )
        before = await unit.links.get(link.id)
        if before is None:
            unit.links.add(link)
        else:
            unit.links.save(
                before,
                before.evolve(secret_hash=link.secret_hash, expires_at=link.expires_at),
            )
        await unit.commit()
        subject, text = TEXTS["account-exists" if event.registering else event.purpose]
        url = f"{self._site_url}/{event.purpose}?token={token}"
        try:
            await self._mailer.send(
                account.email,
                subject,
                f"{text}:\n\n{url}\n\nIt works once, for half an hour. If you did not ask for it, there is nothing to do.\n",
            )
        except Refused as refused:
            log.warning(
                "the mail to account %s is refused for good: %s", account.id, refused
            )
        await done.commit()
