"""Background work in a process of its own: `python -m shop.apps.worker PART`.

It relays events that the app left behind, and does the scheduled work. An app with BACKGROUND=no leaves that to it.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from importlib import import_module

from shop.chassis.settings import Settings

PARTS = ("accounts", "items")


async def work(part: str) -> None:
    """Until the process is told to stop; what is under way is finished."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    settings = Settings().model_copy(update={"background": True})
    app = import_module(f"{__package__}.{part}").create_app(settings)
    async with app.router.lifespan_context(app):
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(work(*(sys.argv[1:] or PARTS[:1])))
