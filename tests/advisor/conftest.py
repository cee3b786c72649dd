from __future__ import annotations

import pytest

from archgen.evidence.loader import load_evidence
from archgen.evidence.schema import Evidence


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    return load_evidence()
