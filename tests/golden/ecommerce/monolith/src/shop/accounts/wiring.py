"""How the module accounts is put together: what it is made from, and what it has for
the background (docs/guide.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from shop.chassis.mechanism.accounts_settings import AccountsSettings
from shop.chassis.mechanism.context import PartContext

from .event_handlers import AccountsEventHandlers
from .keys import signing_keys
from .links import LinkSecrets
from .mail import Mailer
from .repository import AccountsUnitOfWork
from .settings import checked

if TYPE_CHECKING:
    from .service import AccountsService
    from .signer import Signer


def service(part: PartContext, signer: Signer) -> AccountsService:
    # the background does without
    from .passwords import Passwords
    from .service import AccountsService
    from .throttle import Throttle

    units = part.units(AccountsUnitOfWork)
    hidden = part.read(AccountsSettings).hide_accounts
    return AccountsService(units, signer, Passwords(), Throttle(units), hidden)


def background(part: PartContext) -> Iterable[object]:
    """Objects whose methods handle events or run on schedule."""
    settings = checked(part.read(AccountsSettings))
    mailer = Mailer(settings.mail_url, settings.mail_from)
    secrets = LinkSecrets(partial(signing_keys, settings))
    return [
        *part.database.maintenance(AccountsUnitOfWork),
        AccountsEventHandlers(
            part.units(AccountsUnitOfWork), mailer, secrets, settings.site_url
        ),
    ]
