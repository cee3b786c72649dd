"""schemathesis finds no fault with the shop behind NGINX: PostgreSQL, Valkey, two
copies, and what NGINX says itself.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.contract import keeps_its_contract_behind_nginx
from tests.support.stack import Stack

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200)]


def test_what_is_answered_through_nginx_is_what_the_document_says(
    stack: Stack, tmp_path: Path
) -> None:
    keeps_its_contract_behind_nginx(stack, tmp_path)
