"""Three releases of archgen, made of this tree by `tools/release.py` in a repository of
their own.

The last differs from the first in every part that a project has: a mechanism file has
another name and its decorator another signature, which modules follow; there is a new
setting, a directive of NGINX, another bound of a dependency, a file more and one less,
another name for an extra, and the record has one more field.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.cli.conftest import Ran

ROOT = Path(__file__).resolve().parents[2]
FIRST, MIDDLE, LAST = "9.0.0", "9.0.1", "9.1.0"
MECHANISM = "templates/_shared/src/__package__/chassis/mechanism"
COPIED = (
    "src",
    "templates",
    "tools",
    "CHANGELOG.md",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    ".gitignore",
)
CHANGES = {
    FIRST: ("The first", "- All of it."),
    MIDDLE: ("Words", "- The README says whom to ask."),
    LAST: (
        "Every part",
        "- Use cases say how often they run again: `@retry_on_conflict()`, of `mechanism/conflicts.py`,\n"
        "  since 50 times were too many for some.\n"
        "- **Security**: NGINX resets connections that time out.",
    ),
}


@dataclass(frozen=True)
class Archgen:
    """The archgen of a version, with sources and templates of its own in `root`."""

    version: str
    root: Path

    def __call__(self, *arguments: str, cwd: Path) -> Ran:
        """A command, run in a folder."""
        command = [sys.executable, "-m", "archgen.cli.main", *arguments]
        return run(
            command, cwd, {"PYTHONPATH": str(self.root / "src"), "COLUMNS": "80"}
        )


def run(
    command: list[str], cwd: Path, environment: Mapping[str, str] | None = None
) -> Ran:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Edited:
    """A copy of archgen's files in `root`, that is edited."""

    root: Path

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text()
        assert old in text, (path, old)
        (self.root / path).write_text(text.replace(old, new))

    def edit_all(self, folder: str, old: str, new: str) -> None:
        """In whatever file has it; at least one does."""
        paths = [
            path
            for path in (self.root / folder).rglob("*")
            if path.is_file() and old.encode() in path.read_bytes()
        ]
        assert paths, old
        for path in paths:
            path.write_bytes(path.read_bytes().replace(old.encode(), new.encode()))


class Source(Edited):
    """The repository of an archgen that is released."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(
                    ROOT / name,
                    folder / name,
                    ignore=shutil.ignore_patterns(
                        "__pycache__", ".*_cache", "*.bundle"
                    ),
                )
            else:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, folder / name)
        self.git("init", "--quiet")
        self.commit()

    def git(self, *command: str) -> str:
        nobody = (
            "-c",
            "user.name=archgen",
            "-c",
            "user.email=archgen@localhost",
            "-c",
            "commit.gpgSign=false",
        )
        done = run(["git", *nobody, *command], self.root)
        assert done.code == 0, done.err
        return done.out

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "archgen")

    def release(self, version: str) -> Ran:
        """What `make release` runs."""
        return run(
            [sys.executable, "tools/release.py", version],
            self.root,
            {"PYTHONPATH": str(self.root / "src")},
        )

    def tell(self, version: str, title: str, changes: str) -> None:
        """Write of a version in both changelogs."""
        for path, section in (
            ("templates/CHANGELOG.md", f"## {version}: {title}\n\n{changes}\n\n"),
            ("CHANGELOG.md", f"## {version} (2030-01-01)\n\n- Projects.\n\n"),
        ):
            head, mark, rest = (self.root / path).read_text().partition("## ")
            (self.root / path).write_text(f"{head}{section}{mark}{rest}")


def change_words(source: Source) -> None:
    """What the release in the middle changes."""
    readme = source.root / "templates/_shared/README.md.jinja"
    readme.write_text(readme.read_text() + "\nAsk the team.\n")


def change_templates(source: Edited) -> None:
    """What the last release changes in the templates, and nothing else has to follow."""
    shutil.move(
        source.root / MECHANISM / "retry.py", source.root / MECHANISM / "conflicts.py"
    )
    source.edit_all(
        "templates", "chassis.mechanism.retry ", "chassis.mechanism.conflicts "
    )
    source.edit_all("templates", "mechanism/retry.py", "mechanism/conflicts.py")
    source.edit_all(
        "templates/_kinds", "@retry_on_conflict\n", "@retry_on_conflict()\n"
    )
    source.edit_all(
        "templates/_options", "@retry_on_conflict\n", "@retry_on_conflict()\n"
    )
    source.edit(
        f"{MECHANISM}/conflicts.py",
        "import stamina\n",
        "from functools import partial\n\nimport stamina\n",
    )
    source.edit(
        f"{MECHANISM}/conflicts.py",
        "stamina.retry(\n",
        "partial(\n    stamina.retry,\n",
    )
    setting = "    dev_port: int = 8000\n"
    source.edit(
        f"{MECHANISM}/settings.py",
        setting,
        f"{setting}    # of requests that are on their way when it ends\n    drain_seconds: int = 30\n",
    )
    nginx = "    server_tokens off;\n"
    source.edit(
        "templates/_shared/deploy/nginx/templates/default.conf.template.jinja",
        nginx,
        f"{nginx}    reset_timedout_connection on;\n",
    )
    transform = "Transform: AWS::Serverless-2016-10-31\n"
    source.edit(
        "templates/serverless/deploy/template.yaml.jinja",
        transform,
        f"{transform}# by SAM 1.100 or newer\n",
    )
    source.edit(
        "templates/_shared/pyproject.toml.jinja", '">=26.1,<27"', '">=26.1,<28"'
    )
    (source.root / "templates/_shared/.editorconfig").unlink()
    (source.root / "templates/_shared/docs/limits.md").write_text(
        "# Limits\n\nThere are none.\n"
    )


def change_every_part(source: Source) -> None:
    """What the last release changes."""
    change_templates(source)
    source.edit(
        "templates/_shared/README.md.jinja", "Ask the team.", "Ask {{ contact }}."
    )
    source.edit(
        "src/archgen/blueprint/schema.py",
        "    slo: ServiceLevels\n",
        '    slo: ServiceLevels\n    contact: str = "the team"\n',
    )
    shutil.move(
        source.root / "templates/_options/extras/load_test",
        source.root / "templates/_options/extras/load_model",
    )
    source.edit(
        "templates/files.yaml",
        "_options/extras/load_test/",
        "_options/extras/load_model/",
    )
    source.edit(
        "src/archgen/answers/schema.py", "    load_test: Flag", "    load_model: Flag"
    )
    source.edit(
        "src/archgen/growth/releases/upgrades.py",
        "STEPS: tuple[Step, ...] = ()",
        f'STEPS: tuple[Step, ...] = (Step("{LAST}", renamed={{"extras": {{"load_test": "load_model"}}}}),)',
    )


EDITS: Mapping[str, Callable[[Source], None]] = {
    FIRST: lambda source: None,
    MIDDLE: change_words,
    LAST: change_every_part,
}


def make_releases(folder: Path) -> dict[str, Archgen]:
    """The archgens of all three, in `folder`; the repository of the last is its
    `source`.
    """
    source = Source(folder / "source")
    made = {}
    for version, edit in EDITS.items():
        edit(source)
        source.tell(version, *CHANGES[version])
        source.commit()
        released = source.release(version)
        assert released.code == 0, released.err
        source.commit()
        for name in ("src", "templates"):
            shutil.copytree(
                source.root / name,
                folder / version / name,
                ignore=shutil.ignore_patterns("__pycache__", ".*_cache"),
            )
        made[version] = Archgen(version, folder / version)
    return made
