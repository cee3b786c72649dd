"""What auditors find in generated projects, of each architecture, on each database,
behind CloudFront: nothing, or it is mended or has its reason beside it.

Reasons stand where the owner of a project reads them: in `.checkov.yaml`, and as `noqa:
S...` or in ruff's `ignore` of `pyproject.toml`, whose numbers are bandit's, or `nosec
B...` where ruff finds nothing.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BIN = Path(sys.executable).parent
# by name: what they are made of
PROJECTS = {
    "monolith": ("--architecture", "monolith", "--set", "stack.deployment=ecs"),
    "microservices": (
        "--architecture",
        "microservices",
        "--set",
        "stack.deployment=ecs",
    ),
    "files": (
        "--preset",
        "social",
        "--architecture",
        "monolith",
        "--set",
        "stack.deployment=ecs",
    ),
    "functions": (
        "--architecture",
        "serverless",
        "--set",
        "stack.database=dynamodb",
        "--set",
        "scope=product",
    ),
    "functions-sql": (
        "--architecture",
        "serverless",
        "--set",
        "stack.database=postgresql",
    ),
    "behind-cdn": ("--architecture", "serverless", "--set", "stack.cache=cloudfront"),
}
HARMLESS = {
    "B404": "importing subprocess is no fault: each call of it is looked at by itself",
}


def main() -> int:
    with (
        tempfile.TemporaryDirectory(prefix="archgen-audit-") as folder,
        ThreadPoolExecutor(2) as pool,
    ):
        projects = list(pool.map(lambda name: _new(Path(folder), name), PROJECTS))
        audits = [
            pool.submit(audit, project) for project in projects for audit in AUDITS
        ]
        faults = [fault for audit in audits for fault in audit.result()]
    print("\n".join(faults) or f"{len(audits)} audits find nothing")
    return bool(faults)


def _new(folder: Path, name: str) -> Path:
    archgen = (BIN / "python", "-c", "from archgen.cli.main import main; main()")
    options: list[str | Path] = [
        "--preset",
        "ecommerce",
        *PROJECTS[name],
        "--no-input",
        "--no-git",
        "--output",
        folder,
    ]
    done = _run(
        *archgen, "new", name, *options, paths=[path for path in sys.path if path]
    )
    if done.returncode:
        sys.exit(done.stderr)
    return folder / name


def zizmor(project: Path) -> Iterator[str]:
    """The workflows."""
    yield from _said(
        _run(
            BIN / "zizmor", "--offline", "--quiet", "--no-progress", project / ".github"
        )
    )


def bandit(project: Path) -> Iterator[str]:
    """The code. A finding whose number stands in a `noqa` of its line, or is ignored by
    all, has its reason there.
    """
    ignored = tomllib.loads((project / "pyproject.toml").read_text())["tool"]["ruff"][
        "lint"
    ]["ignore"]
    places = [path for path in (project / "src", project / "deploy") if path.is_dir()]
    done = _run(BIN / "bandit", "--quiet", "--format", "json", "--recursive", *places)
    for found in json.loads(done.stdout)["results"]:
        lines = Path(found["filename"]).read_text().splitlines()
        said = " ".join(lines[number - 1] for number in found["line_range"])
        rule = f"S{found['test_id'][1:]}"
        if (
            found["test_id"] not in HARMLESS
            and rule not in ignored
            and not re.search(rf"noqa:.*{rule}\b", said)
        ):
            yield f"{found['filename']}:{found['line_number']}: {found['test_id']} {found['issue_text']}"


def hadolint(project: Path) -> Iterator[str]:
    """The images."""
    if files := sorted((project / "deploy").glob("*Dockerfile")):
        yield from _said(_run(BIN / "hadolint", *files))


def cfn_lint(project: Path) -> Iterator[str]:
    """The templates of CloudFormation."""
    if templates := [
        *project.glob("deploy/template.yaml"),
        *project.glob("deploy/ecs/*.yaml"),
    ]:
        yield from _said(_run(BIN / "cfn-lint", *templates))


def checkov(project: Path) -> Iterator[str]:
    """All that is deployed. It has an environment of its own, made once: what it stands
    on is much, and of other versions.
    """
    if not any(
        (project / "deploy" / file).exists()
        for file in ("Dockerfile", "template.yaml", "ecs")
    ):
        return
    tool = (BIN / "uvx", "--quiet", "--from", "checkov>=3.3,<4", "checkov")
    config = project / ".checkov.yaml"
    reasons = ("--config-file", config) if config.exists() else ()
    yield from _said(
        _run(
            *tool,
            "--directory",
            project,
            "--quiet",
            "--compact",
            "--skip-download",
            *reasons,
        )
    )


AUDITS: tuple[Callable[[Path], Iterator[str]], ...] = (
    checkov,
    bandit,
    zizmor,
    hadolint,
    cfn_lint,
)


def _said(done: subprocess.CompletedProcess[str]) -> Iterator[str]:
    if done.returncode:
        yield f"{done.stdout}{done.stderr}".strip() or f"{done.args} failed"


def _run(
    *command: str | Path, paths: list[str] | None = None
) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)} if paths else None
    return subprocess.run(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
