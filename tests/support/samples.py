"""How many of the samples are tried: all of them, or with `ARCHGEN_SAMPLES=few`, as
`.ci/run` has it, those that stand for the others.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

Sample = TypeVar("Sample")


def samples(everything: Sequence[Sample], few: Sequence[Sample]) -> Sequence[Sample]:
    assert all(sample in everything for sample in few)
    return few if os.environ.get("ARCHGEN_SAMPLES") == "few" else everything
