"""What the module accounts has for the background: what handles events or runs on
schedule (docs/guide.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from shop.chassis.mechanism.accounts_settings import AccountsSettings
from shop.chassis.mechanism.context import PartContext

from .event_handlers import AccountsEventHandlers
from .links import LinkSecrets
from .mail import Mailer
from .pems import signing_pems
from .repository import AccountsUnitOfWork
from .settings import checked


def background(part: PartContext) -> Iterable[object]:
    """Objects whose methods handle events or run on schedule."""
    settings = checked(part.read(AccountsSettings))
    mailer = Mailer(settings.mail_url, settings.mail_from)
    secrets = LinkSecrets(partial(signing_pems, settings))
    return [
        *part.database.maintenance(AccountsUnitOfWork),
        AccountsEventHandlers(
            part.units(AccountsUnitOfWork), mailer, secrets, settings.site_url
        ),
    ]
