"""Entries of a YAML file that are its owner's, in a file of which all else is another."""

from __future__ import annotations

import pytest

from archgen.growth.merge.entries import carry_entries

BASE = """\
x-app: &app
  image: one

services:
  accounts:
    image: one

  orders:
    image: one

volumes:
  data: {}
"""
NEW = "services:\n  app:\n    image: one\n\nvolumes:\n  data: {}\n"
MINE = "  mine: # upstairs\n    image: mine\n    # by night\n    profiles: [night]\n\n"


@pytest.mark.parametrize("before", ["  accounts:\n", "  orders:\n", "volumes:\n"])
def test_a_service_is_put_among_the_services_wherever_it_stood(before: str) -> None:
    yours = BASE.replace(before, MINE + before)
    assert carry_entries(yours, BASE, NEW) == NEW.replace(
        "services:\n", f"services:\n{MINE}"
    )


def test_services_and_volumes_each_go_to_their_mapping() -> None:
    yours = BASE.replace("  accounts:\n", f"{MINE}  accounts:\n").replace(
        "  data: {}\n", "  data: {}\n  more: {}\n"
    )
    carried = carry_entries(yours, BASE, NEW)
    assert (
        carried is not None
        and f"services:\n{MINE}" in carried
        and "volumes:\n  more: {}\n  data: {}\n" in carried
    )


@pytest.mark.parametrize(
    "yours",
    [
        # a line that is otherwise
        BASE.replace("image: one\n\n  orders", "image: two\n\n  orders"),
        BASE.replace("  orders:\n    image: one\n\n", ""),  # lines that are gone
        # within an entry that is gone
        BASE.replace(
            "    image: one\n\n  orders", "    image: one\n    user: me\n\n  orders"
        ),
        # what is new has that name
        BASE.replace("  accounts:\n", "  app:\n    image: mine\n\n  accounts:\n"),
        BASE + "networks:\n  mine: {}\n",  # at the top, where nothing holds it
        BASE.replace("  accounts:\n", "  # mine alone\n  accounts:\n"),
    ],
)
def test_anything_else_is_not_carried(yours: str) -> None:
    assert carry_entries(yours, BASE, NEW) is None
