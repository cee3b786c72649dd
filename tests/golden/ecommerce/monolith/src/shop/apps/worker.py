"""The worker: `python -m shop.apps.worker`. It relays what the copies of the app left behind, and works to schedule.

It is a copy that nobody sends requests, so its health, its metrics and its leave are as theirs.
"""

from __future__ import annotations

from shop.apps.serve import main
from shop.apps.settings import Settings

if __name__ == "__main__":
    main(Settings().model_copy(update={"background": True}))
