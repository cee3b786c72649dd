"""`archgen update` brings a project to another version's templates, and keeps all that
its owner wrote.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cli.conftest import Ran
from tests.growth.conftest import ANSWERS
from tests.support.owner import Owner
from tests.support.releases import FIRST, LAST, MIDDLE, Archgen, make_releases

ARCHITECTURES = ("monolith", "microservices", "serverless")
RETRY, CONFLICTS = (
    f"src/lib/chassis/mechanism/{name}.py" for name in ("retry", "conflicts")
)
NGINX = "deploy/nginx/templates/default.conf.template"
EXTRAS = {FIRST: "load_test", MIDDLE: "load_test", LAST: "load_model"}


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Archgen]:
    return make_releases(tmp_path_factory.mktemp("releases"))


@dataclass(frozen=True)
class Home:
    """A project of the first release, in `folder`; `run` runs a command of another in
    it, of the last unless said.
    """

    folder: Path
    releases: Mapping[str, Archgen]

    def run(self, *arguments: str, version: str = LAST) -> Ran:
        return self.releases[version](*arguments, cwd=self.folder)

    def read(self, path: str) -> str:
        return (self.folder / path).read_text()

    def edit(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text, path
        (self.folder / path).write_text(text.replace(old, new, 1))

    def commit(self) -> None:
        nobody = (
            "-c",
            "user.name=Owner",
            "-c",
            "user.email=owner@localhost",
            "-c",
            "commit.gpgSign=false",
        )
        for command in (("add", "--all"), ("commit", "--quiet", "--message", "Mine")):
            subprocess.run(["git", *nobody, *command], cwd=self.folder, check=True)

    def files(self) -> dict[str, bytes]:
        """What git would keep."""
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        paths = [
            path
            for path in listed.stdout.split("\0")
            if path and (self.folder / path).is_file()
        ]
        return {path: (self.folder / path).read_bytes() for path in paths}


@pytest.fixture(scope="session")
def written(
    tmp_path_factory: pytest.TempPathFactory, releases: Mapping[str, Archgen]
) -> Callable[[str, str], Path]:
    """The project that a release writes of an architecture, made once."""
    known: dict[tuple[str, str], Path] = {}

    def write(version: str, architecture: str) -> Path:
        if (version, architecture) not in known:
            place = tmp_path_factory.mktemp("written")
            answers = {
                **ANSWERS,
                "architecture": architecture,
                "extras": {EXTRAS[version]: True},
            }
            (place / "answers.json").write_text(json.dumps(answers))
            done = releases[version](
                "new",
                "-a",
                "answers.json",
                "-o",
                str(place),
                "--no-input",
                "--json",
                cwd=place,
            )
            assert done.code == 0, done.err
            known[version, architecture] = place / "lib"
        return known[version, architecture]

    return write


@pytest.fixture
def home(
    written: Callable[[str, str], Path], releases: Mapping[str, Archgen], tmp_path: Path
) -> Callable[..., Home]:
    """A copy of a project of the first release, or of another."""

    def copy(architecture: str = "monolith", version: str = FIRST) -> Home:
        shutil.copytree(written(version, architecture), tmp_path / "lib", symlinks=True)
        return Home(tmp_path / "lib", releases)

    return copy


@pytest.mark.few(2)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_project_that_nobody_edited_becomes_what_the_new_version_writes(
    home: Callable[..., Home], written: Callable[[str, str], Path], architecture: str
) -> None:
    project = home(architecture)
    done = project.run("update")
    assert done.code == 0, done.err
    new = Home(written(LAST, architecture), project.releases).files()
    assert project.files() == new and CONFLICTS in new and RETRY not in new
    project.commit()
    assert project.run("status", "--json").document["files"] == {}
    added = project.run("add", "field", "catalog.book.pages", "--type", "integer")
    assert added.code == 0, added.err


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_the_owner_wrote_is_kept_also_in_a_file_with_another_name(
    home: Callable[..., Home], architecture: str
) -> None:
    project = home(architecture)
    project.edit(RETRY, "attempts=50", "attempts=80")
    project.edit("README.md", "# ", "# Ours\n\nSee the wiki.\n\n# ")
    project.edit("archgen.yaml", "stack:", "# agreed with the platform team\nstack:")
    project.edit("pyproject.toml", '"fastapi', '"babel>=2",\n    "fastapi')
    service = "src/lib/catalog/service.py"
    (project.folder / service).write_text(
        project.read(service) + "\n\nEUROS = True  # ours\n"
    )
    (project.folder / "src/lib/catalog/discounts.py").write_text("HALF = 0.5\n")
    if architecture == "serverless":
        project.edit(
            "deploy/template.yaml",
            "AWSTemplateFormatVersion",
            "# ours\nAWSTemplateFormatVersion",
        )
    else:
        project.edit(NGINX, "client_max_body_size 1m;", "client_max_body_size 8m;")
    project.commit()
    done = project.run("update")
    assert done.code == 0, done.err
    assert not (project.folder / RETRY).exists()
    assert "attempts=80" in project.read(CONFLICTS) and "partial(" in project.read(
        CONFLICTS
    )
    assert "See the wiki." in project.read(
        "README.md"
    ) and "Ask the team." in project.read("README.md")
    assert "# agreed with the platform team" in project.read("archgen.yaml")
    assert '"babel>=2"' in project.read(
        "pyproject.toml"
    ) and "stamina>=26.1,<28" in project.read("pyproject.toml")
    assert "@retry_on_conflict()\n" in project.read(
        service
    ) and "EUROS = True  # ours\n" in project.read(service)
    assert project.read("src/lib/catalog/discounts.py") == "HALF = 0.5\n"
    if architecture == "serverless":
        assert "# ours\n" in project.read(
            "deploy/template.yaml"
        ) and "# by SAM" in project.read("deploy/template.yaml")
    else:
        assert "client_max_body_size 8m;" in project.read(NGINX)
        assert "reset_timedout_connection on;" in project.read(NGINX)
    assert "drain_seconds" in project.read("src/lib/chassis/mechanism/settings.py")


def test_a_project_that_has_grown_and_evolved_is_brought_up_with_all_that_it_was(
    home: Callable[..., Home],
) -> None:
    project = home()
    for command in (
        ("add", "field", "catalog.book.pages", "--type", "integer"),
        ("evolve", "--to", "microservices"),
        ("remove", "field", "catalog.book.category"),
        ("remove", "module", "reviews"),
    ):
        done = project.run(*command, version=FIRST)
        assert done.code == 0, done.err
        project.commit()
    done = project.run("update")
    assert done.code == 0, done.err
    project.commit()
    told = project.run("status", "--json").document
    assert told["files"] == {} and told["version"] == LAST
    # the database of reviews went with its part
    assert told["waiting"] == ["catalog.book.category"]


@pytest.mark.parametrize(
    ("seed", "architecture"), [(seed, ARCHITECTURES[seed % 3]) for seed in range(6)]
)
def test_whatever_an_owner_did_is_in_what_comes_out_or_in_a_marked_conflict(
    home: Callable[..., Home], seed: int, architecture: str
) -> None:
    project = home(architecture)
    owner = Owner(project.folder, random.Random(seed))
    owner.work(30)
    done = project.run("update")
    assert done.code in (0, 4), (done.err, owner.said)
    assert owner.list_lost() == [] and owner.list_risen() == [], owner.said
    assert RETRY not in owner.gone or not (project.folder / CONFLICTS).exists()


@pytest.mark.parametrize(
    ("seed", "architecture"), [(seed, ARCHITECTURES[seed % 3]) for seed in range(3)]
)
def test_edits_that_do_not_meet_what_is_new_never_conflict(
    home: Callable[..., Home],
    written: Callable[[str, str], Path],
    seed: int,
    architecture: str,
) -> None:
    project = home(architecture)
    owner = Owner(project.folder, random.Random(seed))
    before, after = (
        {
            path: content.decode(errors="replace")
            for path, content in Home(folder, project.releases).files().items()
        }
        for folder in (project.folder, written(LAST, architecture))
    )
    owner.insert_far(before, after, 30)
    done = project.run("update")
    assert done.code == 0, done.err
    assert owner.list_lost() == [] and len(owner.mine) == 30


def test_what_changed_and_why_is_told_of_each_version(
    home: Callable[..., Home],
) -> None:
    project = home()
    told = project.run("update", "--json").document
    assert (
        told["what"] == f"update to {LAST}"
        and (told["from"], told["to"]) == (FIRST, LAST)
        and told["written"]
    )
    assert [
        (one["version"], one["title"], one["security"]) for one in told["versions"]
    ] == [
        (MIDDLE, "Words", False),
        (LAST, "Every part", True),
    ]
    assert {"path": CONFLICTS, "what": "added"} in told["files"] and {
        "path": RETRY,
        "what": "removed",
    } in told["files"]
    assert project.run("update", "--abort").code == 0
    told_again = project.run("update")
    assert "9.1.0: Every part\n" in told_again.out
    assert "since 50 times were too many for some." in told_again.out
    assert "Security: NGINX resets connections that time out." in told_again.out
    assert "make check && make test" in told_again.out


def test_both_sides_of_the_same_lines_are_a_conflict_that_can_be_taken_back(
    home: Callable[..., Home],
) -> None:
    project = home()
    off = "    server_tokens off;\n"
    project.edit(NGINX, off, f"{off}    reset_timedout_connection off;\n")
    project.edit(".editorconfig", "root = true", "root = true  # ours")
    project.commit()
    before = project.files()
    done = project.run("update", "--json")
    assert done.code == 4
    assert {one["path"] for one in done.document["conflicts"]} == {
        NGINX,
        ".editorconfig",
    }
    assert "<<<<<<< yours\n    reset_timedout_connection off;\n" in project.read(NGINX)
    assert "# ours" in project.read(".editorconfig")
    assert "conflicts stand" in project.run("update").err
    assert project.run("update", "--abort").code == 0
    assert project.files() == before


def test_a_directive_that_is_new_beside_one_of_the_owners_is_no_conflict(
    home: Callable[..., Home],
) -> None:
    project = home()
    project.edit(NGINX, "    server_tokens off;\n", "    server_tokens on;\n")
    project.commit()
    assert project.run("update").code == 0
    beside = "    server_tokens on;\n    reset_timedout_connection on;\n"
    assert beside in project.read(NGINX)


def test_a_dry_run_and_a_check_write_nothing(home: Callable[..., Home]) -> None:
    project = home()
    before = project.files()
    shown = project.run("update", "--dry-run")
    assert shown.code == 0 and f"rename to {CONFLICTS}" in shown.out
    assert shown.out.startswith("diff --git") and "Every part" in shown.err
    checked = project.run("update", "--check")
    assert checked.code == 5 and "Security: NGINX" in checked.out
    assert project.files() == before
    # and a check asks nothing of what is not committed
    project.edit("README.md", "# ", "# Ours ")
    assert project.run("update", "--check", "--json").document["security"]
    assert project.run("update").code == 4


def test_a_check_fails_for_security_alone(home: Callable[..., Home]) -> None:
    project = home()
    behind = project.run("update", "--check", "--json", version=MIDDLE)
    assert (
        behind.code == 0
        and behind.document["behind"]
        and not behind.document["security"]
    )
    current = project.run("update", "--check", "--json", version=FIRST)
    assert (
        current.code == 0
        and not current.document["behind"]
        and current.document["versions"] == []
    )
    assert project.run("update", "--check", version=LAST).code == 5


def test_whoever_is_current_has_nothing_to_update(home: Callable[..., Home]) -> None:
    project = home(version=LAST)
    before = project.files()
    done = project.run("update")
    assert done.code == 0 and "nothing to update" in done.out
    assert project.files() == before


def test_other_commands_say_that_update_brings_a_project_to_this_version(
    home: Callable[..., Home],
) -> None:
    project = home()
    refused = project.run("add", "field", "catalog.book.pages", "--type", "integer")
    assert (
        refused.code == 1
        and "hint: archgen update brings it to this version" in refused.err
    )


def test_status_names_what_an_update_would_bring_and_takes_no_change_of_archgen_for_the_owners(
    home: Callable[..., Home],
) -> None:
    project = home()
    (project.folder / "NOTES.md").write_text("ours\n")
    told = project.run("status", "--json").document
    assert told["files"] == {"NOTES.md": "yours"} and told["drift"] == []
    assert [one["version"] for one in told["ahead"]["versions"]] == [MIDDLE, LAST]
    assert f"  {LAST}: Every part (mends security)\n" in project.run("status").out
    assert project.run("diff").out.count("diff --git") == 1


def test_a_project_of_a_newer_archgen_is_refused_with_what_to_install(
    home: Callable[..., Home],
) -> None:
    project = home(version=LAST)
    for command in (["update"], ["update", "--check"], ["status"], ["diff"]):
        refused = project.run(*command, version=FIRST)
        assert refused.code == 1 and "newer than this one, 9.0.0" in refused.err
        assert f'hint: pip install --upgrade "archgen>={LAST}"' in refused.err


def test_a_project_of_a_version_that_was_never_released_is_refused(
    home: Callable[..., Home],
) -> None:
    project = home()
    project.edit("archgen.yaml", FIRST, "9.0.1.dev4")
    project.commit()
    for command in ("update", "status", "diff"):
        refused = project.run(command)
        assert (
            refused.code == 1
            and "archgen 9.0.1.dev4, which wrote this project, was never released"
            in refused.err
        )
    refused = project.run("add", "field", "catalog.book.pages", "--type", "integer")
    assert "hint: use archgen 9.0.1.dev4" in refused.err
    project.edit("archgen.yaml", "9.0.1.dev4", "yesterday")
    project.commit()
    assert "yesterday is no version of archgen" in project.run("update").err


def test_a_migration_that_is_there_and_reads_otherwise_is_told(
    home: Callable[..., Home], releases: Mapping[str, Archgen], tmp_path: Path
) -> None:
    root = tmp_path / "another"
    shutil.copytree(releases[LAST].root, root)
    template = (
        root
        / "templates/_kinds/entities/files/src/__package__/__module__/migrations/0001_initial.py.jinja"
    )
    template.write_text(template.read_text() + "\n# by hand from here on\n")
    project = home()
    done = Archgen(LAST, root)("update", cwd=project.folder)
    assert done.code == 0, done.err
    assert (
        "src/lib/catalog/migrations/0001_initial.py: a migration that was there reads otherwise now"
        in done.err
    )
