"""The root of `make dev`, and of the tests: the functions behind a local gateway, as
`deploy/template.yaml` has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shop.apps.settings import Settings
from shop.local.moto_server import serve_functions
from shop.local.staff import announce_staff

if TYPE_CHECKING:
    from shop.local.gateway import Gateway

TEMPLATE = Path(__file__).parents[3] / "deploy" / "template.yaml"


def create_app(
    settings: Settings | None = None, transports: Mapping[str, Any] | None = None
) -> Gateway:
    """`transports`: what stands between the functions, by part, if not the gateway."""
    # the process that supervises does without
    from shop.local.gateway import Gateway

    settings = settings or Settings()
    announce_staff(settings)
    return Gateway(TEMPLATE, settings, prepare, transports)


async def prepare(settings: Settings) -> None:
    """Sees to it that the first member of staff exists."""
    from shop.apps.staff import ensure

    await ensure(settings)


if __name__ == "__main__":
    serve_functions("shop.apps.dev:create_app", Settings().dev_port)
