"""`archgen new` writes what it says, and says how to have it again."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest
from tests.cli.conftest import Archgen

from archgen.generator.record import load_record


def tree(root: Path) -> dict[str, bytes]:
    """What git would keep."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
        and ".git" not in path.relative_to(root).parts
        and path.name != ".env"
    }


def test_without_a_question_a_project_is_written_with_its_next_steps(
    archgen: Archgen, folder: Path
) -> None:
    told = archgen("new", "shop", "--preset", "crud", "--no-input", "-o", "made/here")
    assert told.code == 0
    record = load_record(folder / "made/here/shop/archgen.yaml")
    assert (record["name"], record["preset"], record["answers"]) == (
        "shop",
        "crud",
        {"workload": "crud", "name": "shop", "preset": "crud"},
    )
    env = (folder / "made/here/shop/.env").read_text()
    port = next(
        line.partition("=")[2]
        for line in env.splitlines()
        if line.startswith("DEV_PORT=")
    )
    assert f"cd made/here/shop\n  make dev    # http://127.0.0.1:{port}\n" in told.out
    assert "archgen new shop --preset crud --output made/here --no-input" in told.out
    assert (
        "Staff logs in as admin@example.com, with the ADMIN_PASSWORD of .env"
        in told.out
    )
    assert (folder / "made/here/shop/.git").is_dir()


def test_the_document_says_the_same(archgen: Archgen, folder: Path) -> None:
    told = archgen(
        "new", "--preset", "crud", "--no-git", "--json", "--set", "team_size=2"
    )
    document = told.document
    assert told.err == ""
    assert document["name"] == "backend" and document["path"] == str(folder / "backend")
    assert document["files"] == len(tree(folder / "backend"))
    assert document["template"] == "monolith" and document["next"] == [
        "cd backend",
        "make dev",
    ]
    assert document["urls"]["dev"].startswith("http://127.0.0.1:")
    assert (
        document["command"]
        == "archgen new backend --preset crud --set team_size=2 --no-git --no-input"
    )
    assert document["recommendation"]["template"] == "monolith"
    assert not (folder / "backend/.git").exists()
    assert {
        "field": "name",
        "value": "backend",
        "because": "no name was given",
    } in document["assumed"]


def test_the_equivalent_command_writes_the_same_again(
    archgen: Archgen, folder: Path
) -> None:
    (folder / "a.yaml").write_text("workload: social\nteam_size: 3\n")
    first = archgen(
        "new", "shop", "-a", "a.yaml", "--set", "traffic=50k users/day", "--json"
    )
    before = tree(folder / "shop")
    (folder / "shop").rename(folder / "before")
    program, *arguments = shlex.split(first.document["command"])
    assert program == "archgen" and archgen(*arguments).code == 0
    assert tree(folder / "shop") == before


def test_a_dry_run_shows_every_file_and_writes_none(
    archgen: Archgen, folder: Path
) -> None:
    shown = archgen("new", "shop", "--preset", "crud", "--dry-run", "--no-input")
    assert shown.code == 0 and not list(folder.iterdir())
    document = archgen(
        "new", "shop", "--preset", "crud", "--dry-run", "--json"
    ).document
    assert document["dry_run"] is True and not list(folder.iterdir())
    archgen("new", "shop", "--preset", "crud", "--no-input")
    assert {entry["path"]: entry["bytes"] for entry in document["tree"]} == {
        path: len(content) for path, content in tree(folder / "shop").items()
    }
    assert f"{document['files']} files, " in shown.out and "archgen.yaml" in shown.out


def test_ones_own_architecture_is_built_and_warned_of(
    archgen: Archgen, folder: Path
) -> None:
    told = archgen(
        "new",
        "shop",
        "--preset",
        "crud",
        "--architecture",
        "microservices",
        "--no-input",
        "--dry-run",
    )
    assert told.code == 0
    assert "warning: microservices was asked for, and monolith is advised: " in told.err


def test_more_services_than_the_teams_can_own_are_warned_of_and_recorded(
    archgen: Archgen, folder: Path
) -> None:
    ask = [
        "new",
        "shop",
        "--preset",
        "ecommerce",
        "--architecture",
        "microservices",
        "--no-input",
        "--no-git",
    ]
    told = archgen(*ask)
    assert (
        told.code == 0
        and "4 services are more than the teams can own, which is 3" in told.err
    )
    assert load_record(folder / "shop/archgen.yaml")["ownership"]["services"] == 4
    assert (
        "these are 4 services, and the teams can own 3"
        in (folder / "shop/docs/adr/0001-architecture.md").read_text()
    )
    grouping = shlex.split(told.err.partition("to group them: ")[2].splitlines()[0])
    shutil.rmtree(folder / "shop")
    grouped = archgen(*ask, *grouping)
    assert grouped.code == 0 and "more than the teams can own" not in grouped.err
    assert "ownership" not in load_record(folder / "shop/archgen.yaml")
    alone = archgen(*ask, "--output", str(folder / "alone"), "--set", "team_size=1")
    assert (
        "which is 1" in alone.err
        and "--architecture monolith makes one of them" in alone.err
    )


def test_traffic_in_words_is_printed_with_what_it_was_taken_for(
    archgen: Archgen,
) -> None:
    told = archgen(
        "new", "shop", "--no-input", "--dry-run", "--set", "traffic=50k users/day"
    )
    assert (
        "traffic_rps_avg 17.4 (50k users/day, at 30 requests a user and day)"
        in told.out
    )
    assert (
        "traffic_rps_peak 52.2 (3 times between average and peak of diurnal traffic)"
        in told.out
    )


def test_what_is_printed_fits_the_terminal(
    archgen: Archgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    told = archgen(
        "recommend", "--preset", "ecommerce", "--set", "traffic=2M requests/month"
    )
    assert told.code == 0 and max(map(len, told.out.splitlines())) <= 60
    assert "\x1b" not in told.out


@pytest.mark.parametrize(("columns", "most"), [("0", 80), ("12", 40)])
def test_no_width_of_a_terminal_is_too_little(
    archgen: Archgen, monkeypatch: pytest.MonkeyPatch, columns: str, most: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    told = archgen("new", "shop", "--preset", "crud", "--no-input", "--dry-run")
    assert (
        told.code == 0
        and max(map(len, told.out.partition("shop/")[0].splitlines())) <= most
    )


def test_a_dot_writes_into_this_folder_under_its_name(
    archgen: Archgen, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "book-shop").mkdir()
    monkeypatch.chdir(folder / "book-shop")
    (folder / "book-shop/README").write_text("mine")
    told = archgen("new", ".", "--preset", "crud", "--no-input", "--no-git")
    assert told.code == 0, told.err
    assert load_record(folder / "book-shop/archgen.yaml")["name"] == "book-shop"
    assert (
        "Next\n  make dev    # http" in told.out
        and "archgen new . --preset crud" in told.out
    )
    again = archgen("new", ".", "--preset", "crud", "--no-input")
    assert again.code == 4 and "is not empty: it holds .editorconfig" in again.err


def test_a_dot_in_a_folder_whose_name_will_not_do_takes_one_that_is_said(
    archgen: Archgen, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "My Folder").mkdir()
    monkeypatch.chdir(folder / "My Folder")
    told = archgen("new", ".", "--no-input")
    assert (
        told.code == 2
        and "'My Folder' is not lower-case letters" in told.err
        and "--set name=NAME" in told.err
    )
    assert archgen("new", ".", "--no-input", "-o", "x").code == 2
    assert archgen("new", ".", "--no-input", "--no-git", "--set", "name=shop").code == 0
    assert load_record(folder / "My Folder/archgen.yaml")["name"] == "shop"


def test_a_home_folder_is_meant_where_the_shell_left_its_sign(
    archgen: Archgen, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder / "home"))
    (folder / "home").mkdir()
    (folder / "home/answers.yaml").write_text("preset: crud\n")
    new = archgen(
        "new",
        "shop",
        "--answers=~/answers.yaml",
        "--no-git",
        "--json",
        "--no-input",
        "--output=~/made",
    )
    assert new.code == 0, new.err
    told = archgen(
        "recommend",
        "--no-input",
        "--check=~/made/shop/archgen.yaml",
        "--output=~/advice.txt",
    )
    assert told.code == 0, told.err
    assert (folder / "home/made/shop/archgen.yaml").is_file() and (
        folder / "home/advice.txt"
    ).is_file()
    assert [path.name for path in folder.iterdir()] == ["home"]


@pytest.mark.parametrize("option", ["--output", "--answers"])
def test_a_home_folder_of_nobody_is_wrong_input(
    archgen: Archgen, folder: Path, option: str
) -> None:
    told = archgen(
        "new",
        "shop",
        "--preset",
        "crud",
        "--no-input",
        option,
        "~nobody-of-this-name/x",
    )
    assert told.code == 2 and "nobody-of-this-name" in told.err
    assert not list(folder.iterdir())
