"""Nothing that a module has for the background is lost in silence: its handlers, its
jobs, and what it publishes.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from shop.apps.migrate import PARTS
from shop.apps.settings import Settings
from shop.chassis.mechanism.background import Background
from shop.chassis.mechanism.context import PartContext
from shop.chassis.mechanism.events import Event
from shop.chassis.mechanism.memory_cache import MemoryCache
from shop.chassis.mechanism.sql import Database
from shop.local import discovery

MODULES = sorted(file.parent.name for file in discovery.PACKAGE.glob("*/wiring.py"))


def test_every_handler_and_job_is_put_together(tmp_path: Path) -> None:
    """`background` in a module's background.py names the objects whose methods work
    there.
    """
    background = Background("shop")
    database = Database(f"sqlite+aiosqlite:///{tmp_path}")
    part = PartContext(
        Settings.model_construct(modules_env=""), database, MemoryCache()
    )
    background.add(part, MODULES, dict.fromkeys(MODULES))  # nobody is asked here
    handlers = discovery.handlers(MODULES)
    forgotten = {
        name
        for kind in handlers
        for name in handlers[kind]
        if name not in background.targets(kind)
    }
    forgotten |= discovery.jobs(MODULES).keys() - background.jobs.keys()
    assert not forgotten, (
        f"their objects are missing in background() of their modules' background.py: {forgotten}"
    )


def test_every_module_runs_in_a_part() -> None:
    """Its name stands in MODULES of its part's root, in apps/."""
    running = {
        module
        for part in PARTS
        for module in import_module(f"shop.apps.{part}").MODULES
    }
    assert set(MODULES) <= running, f"no part in apps/ runs {set(MODULES) - running}"


def test_every_event_is_handled() -> None:
    """An event that nobody handles cannot be published: handle it in some module's
    event_handlers.py, or take it away.
    """
    handled = discovery.handlers(MODULES)
    lost = {
        f"{event.__module__}.{event.__name__}"
        for event in _all(Event)
        if event.type not in handled
    }
    assert not lost, f"nobody handles {lost}"


def _all(kind: type[Event]) -> set[type[Event]]:
    discovery.handlers(MODULES)  # whatever modules and contracts define is imported
    kinds = {found for found in kind.__subclasses__() if hasattr(found, "type")}
    return kinds.union(*map(_all, kind.__subclasses__()))
