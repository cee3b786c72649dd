"""A process whose database or cache cannot be reached as it is told says why in a
sentence, and never the password.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.projects import new

pytestmark = [pytest.mark.samples, pytest.mark.timeout(600)]
WRONG = [
    (
        "apps.migrate",
        "DATABASE_URL",
        "postgresql://u:Hidden-4711@h/d?sslmode=on",
        "sslmode is one of",
    ),
    (
        "apps.migrate",
        "MIGRATION_URL",
        "postgres://u:Hidden-4711#x@h/d",
        "percent-encoded",
    ),
    (
        "apps.serve",
        "DATABASE_URL",
        "mysql://u:Hidden-4711@h/d",
        "it begins with postgresql://",
    ),
    ("apps.serve", "DATABASE_URL", "postgres://u:[Hidden-4711@h/d", "percent-encoded"),
    (
        "apps.serve",
        "CACHE_URL",
        "redis://default:Hidden-4711/x@h:1",
        "CACHE_URL is not valkey://",
    ),
    (
        "apps.serve",
        "CACHE_URL",
        "memcached://u:Hidden-4711@h",
        "CACHE_URL is not valkey://",
    ),
    ("apps.serve", "CACHE_URL", "rediss://u:Hidden-4711@h?colour=red", "'colour'"),
    (
        "apps.dead_letters",
        "DATABASE_URL",
        "postgres://u:Hidden-4711@h/d?x=1",
        "x: not a parameter",
    ),
]


def test_a_url_that_cannot_be_used_ends_in_a_sentence(tmp_path: Path) -> None:
    project = new(
        tmp_path, "shop", "--preset", "ecommerce", "--architecture", "monolith"
    )
    project.make("setup")
    for process, name, url, reason in WRONG:
        done = subprocess.run(
            [sys.executable, "-m", f"shop.{process}"],
            cwd=project.folder,
            env={**os.environ, "PYTHONPATH": "src", name: url},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 1 and reason in done.stderr, done.stderr
        assert "Traceback" not in done.stderr and "4711" not in done.stderr
