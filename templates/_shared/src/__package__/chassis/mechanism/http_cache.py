"""HTTP caching: what may be kept of an answer to a GET, by whoever stands in front."""

from __future__ import annotations

# a proxy may keep it for a second, and show it for one more while it asks again
PUBLIC = "public, max-age=0, s-maxage=1, stale-while-revalidate=1"
PRIVATE = "private, no-cache"


def cache_control(*, private: bool) -> str:
    """`private`: it was asked for with a token."""
    if private:
        return PRIVATE
    return PUBLIC
