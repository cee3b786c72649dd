"""The presets with events hold their promises while calls between modules fail and
events come twice, late and again.
"""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from tests.support.projects import environment, new
from tests.support.samples import samples

EVERY = list(
    product(("ecommerce", "social"), ("monolith", "microservices", "serverless"))
)
FEW = [("ecommerce", "microservices")]

pytestmark = [pytest.mark.samples, pytest.mark.timeout(600)]


@pytest.mark.parametrize(("preset", "architecture"), samples(EVERY, FEW))
def test_a_preset_passes_its_tests_with_failing_calls_and_doubled_events(
    preset: str, architecture: str, tmp_path: Path
) -> None:
    project = new(tmp_path, "shop", "--preset", preset, "--architecture", architecture)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "faults", "-q"],
        cwd=project.folder,
        env={**environment(), "PYTHONPATH": f"{Path(__file__).parent}{os.pathsep}src"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout
