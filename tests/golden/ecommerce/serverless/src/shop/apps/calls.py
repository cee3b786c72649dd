"""Which part may ask what of which other: contracts, by their modules.

`python -m shop.apps.calls FOLDER` makes the keys by which they know each other, where there is none; with
`renew`, another one for each pair. Running processes find it: all verify by it, and two minutes later it signs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from shop.chassis.mechanism.service_keys import make_keys
from shop.chassis.mechanism.service_tokens import Calls, pairs_of

CALLS: Calls = {
    "orders": {
        "inventory": ("inventory",),
    },
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Makes the keys by which parts know each other, where there is none"
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "renew", nargs="?", choices=["renew"], help="another one for each pair"
    )
    given = parser.parse_args()
    make_keys(given.folder, pairs_of(CALLS), rotate=bool(given.renew))
