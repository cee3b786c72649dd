"""How the module accounts is put together: what its service is made from
(docs/guide.md).
"""

from __future__ import annotations

from shop.chassis.mechanism.accounts_settings import AccountsSettings
from shop.chassis.mechanism.context import PartContext

from .passwords import Passwords
from .repository import AccountsUnitOfWork
from .service import AccountsService
from .signer import Signer
from .throttle import Throttle


def service(part: PartContext, signer: Signer) -> AccountsService:
    units = part.units(AccountsUnitOfWork)
    hidden = part.read(AccountsSettings).hide_accounts
    return AccountsService(units, signer, Passwords(), Throttle(units), hidden)
