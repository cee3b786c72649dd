"""Requirements and evidence in, a decision out: pure, without file, clock or network."""

from __future__ import annotations

from archgen.advisor.engine import recommend
from archgen.advisor.recommendation import Recommendation

__all__ = ["Recommendation", "recommend"]
