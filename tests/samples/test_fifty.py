"""Fifty changes of one project, one after the other: it holds at 1, 10, 25 and 50, and
its rows are there after each ten.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.growth.conftest import ANSWERS
from tests.samples.test_evolving import commit, hold, own
from tests.support.owner import git
from tests.support.projects import ARCHGEN, Project, ask, new
from tests.support.walking import Walk

pytestmark = [pytest.mark.samples, pytest.mark.long, pytest.mark.timeout(7200)]

# as a person types them; what is new in one is used by later ones
FIFTY = """
add field catalog.book.pages --type integer
add field catalog.book.isbn --type string --set max_length=20 --unique
add entity catalog.author --set 'fields.name={type: string, required: true, indexed: true}'
add reference catalog.book.author --to catalog.author --indexed
add list catalog.book category,-price
add field catalog.book.format --type enum --set 'values=[paper, audio]' --set default=paper
add field catalog.author.born --type date
add field reviews.review.stars --type integer --required --value 3 --set min=1 --set max=5
add reaction reviews catalog.book.deleted
add option dead_letters
add module clubs --set 'entities.club.fields.name={type: string, required: true}'
add entity clubs.member --set 'access={read: owner, write: owner}' --set 'fields.club={type: reference, to: clubs.club, required: true, indexed: true}'
add reference clubs.club.favourite --to catalog.book
add reaction clubs catalog.book.deleted
add field clubs.club.topics --type list --set of=string
add field clubs.club.place --type object --set 'fields={street: {type: string}, town: {type: string}}'
add field catalog.book.related --type references --set to=catalog.book
add field catalog.author.mail --type email
add field catalog.author.site --type url
rename field catalog.book.pages sheets
add field catalog.author.born_in --type string --set max_length=80
add field catalog.book.summary --type text
add field clubs.member.since --type datetime
add field clubs.member.fee --type decimal --set "default='9.50'"
add list clubs.club -name
rename entity reviews.review opinion
add field reviews.opinion.words --type text
add field reviews.opinion.helpful --type boolean --set default=false
add entity reviews.reply --set 'fields.opinion={type: reference, to: reviews.opinion, required: true}' --set 'fields.words={type: text, required: true}'
add list reviews.opinion stars,-created_at
remove field catalog.author.site
contract --yes
add field catalog.book.weight --type number
add field catalog.book.runtime --type duration
change field catalog.book.isbn --set max_length=40
add module shelves --set 'entities.shelf.fields.code={type: string, required: true, unique: true}' --set 'entities.shelf.plural=shelves'
add entity shelves.loan --set 'lists=[[due]]' --set 'fields.due={type: date, required: true}' --set 'fields.book={type: reference, to: catalog.book}'
add reaction shelves catalog.book.deleted
add field shelves.shelf.tag --type uuid
remove list catalog.book category,-price
add field shelves.shelf.extra --type json
add field shelves.loan.returned_at --type zoned_datetime
add field catalog.book.cover --type file
remove entity reviews.reply
contract --yes
add entity catalog.series --set plural=book_series --set 'fields.title={type: string, required: true}'
add reference catalog.book.series --to catalog.series --indexed
rename field shelves.shelf.extra notes
add option key_rotation
add field shelves.loan.days --type integer --required --value 14
"""
# what a key-value database, whose rows are not migrated, can have
OF_FUNCTIONS = """
add field catalog.book.pages --type integer
add entity catalog.author --set 'fields.name={type: string, required: true, indexed: true}'
add reference catalog.book.author --to catalog.author
add module clubs --set 'entities.club.fields.name={type: string, required: true}'
add reference clubs.club.favourite --to catalog.book
add field clubs.club.place --type object --set 'fields={street: {type: string}, town: {type: string}}'
add field clubs.club.topics --type list --set of=string
add field catalog.book.format --type enum --set 'values=[paper, audio]' --set default=paper
add field reviews.review.words --type text
add field catalog.book.cover --type file
"""
# of the fifty, in services
SHORT = [*range(13), 18, 19, 25, 26, 30, 31, 35, 36, 37, 42]


@dataclass(frozen=True)
class Life:
    """`holds`: after how many changes its own checks and tests run; `runs`: after how
    many its rows are looked at.
    """

    architecture: str
    changes: list[str]
    holds: tuple[int, ...]
    runs: tuple[int, ...]


def _lines(text: str) -> list[str]:
    return text.strip().splitlines()


LIVES = {
    "monolith": Life("monolith", _lines(FIFTY), (1, 10, 25, 50), (10, 20, 30, 40, 50)),
    "services": Life(
        "microservices", [_lines(FIFTY)[number] for number in SHORT], (10, 23), (10, 23)
    ),
    "functions": Life("serverless", _lines(OF_FUNCTIONS), (10,), (10,)),
}
RENAMED = {"reviews": "opinions"}  # what paths are called, before and after


@dataclass
class Rows:
    """How many rows clients have seen, by path."""

    project: Project
    seen: dict[str, int] = field(default_factory=dict)

    def look(self) -> None:
        """Rows that were there are there after their tables have changed; then there
        are more, and each use of them goes as it should. What functions keep here goes
        with the process.
        """
        kept = "\nmigrate:" in (self.project.folder / "Makefile").read_text()
        if kept:
            self.project.make("migrate")
        with self.project.running() as url:
            found = count(self.project, url)
            for path, before in self.seen.items() if kept else ():
                now = path if path in found else RENAMED.get(path, path)
                assert now not in found or found[now] >= before, (
                    f"{path}: {before} rows, and {found[now]} after"
                )
            self.project.make("seed", f"URL={url}")
            assert Walk(url, self.project).go() == []
            self.seen = count(self.project, url)
            assert sum(self.seen.values()) >= 30
        (self.project.folder / "dev.log").unlink()


def count(project: Project, url: str) -> dict[str, int]:
    """How many rows lists have, by path, as staff see them."""
    values = dict(
        line.split("=", 1)
        for line in (project.folder / ".env").read_text().splitlines()
        if line[:1].isalpha()
    )
    status, tokens = ask(
        f"{url}/api/auth/login",
        "POST",
        {"email": values["ADMIN_EMAIL"], "password": values["ADMIN_PASSWORD"]},
    )
    assert status == 200, tokens
    document = ask(f"{url}/openapi.json")[1]
    lists = [
        path
        for path, one in document["paths"].items()
        if "{" not in path and {"get", "post"} <= one.keys()
    ]
    return {
        path.rpartition("/")[2]: _count(url + path, tokens["access_token"])
        for path in lists
    }


def _count(url: str, token: str) -> int:
    rows, after = 0, ""
    while True:
        status, page = ask(f"{url}?limit=100{after}", token=token)
        assert status == 200, f"{url}: {page}"
        rows += len(page["items"])
        if page["next"] is None:
            return rows
        after = f"&after={page['next']}"


@pytest.mark.parametrize("name", list(LIVES))
def test_a_project_holds_however_often_it_is_added_to(
    name: str, tmp_path: Path
) -> None:
    life = LIVES[name]
    assert name != "monolith" or len(life.changes) == 50
    # which come
    without = (
        {}
        if name == "functions"
        else {"extras": {"dead_letters": False, "key_rotation": False}}
    )
    answers: dict[str, Any] = {
        **ANSWERS,
        "scope": "product",
        "architecture": life.architecture,
        **without,
    }
    (tmp_path / "answers.json").write_text(json.dumps(answers))
    project = new(tmp_path, "lib", "-a", str(tmp_path / "answers.json"))
    git(project.folder, "init", "--quiet", "--initial-branch=main")
    commit(project.folder)
    rows = Rows(project)
    rows.look()
    for number, change in enumerate(life.changes, 1):
        command = [*ARCHGEN, *shlex.split(change), "--no-input"]
        done = subprocess.run(
            command,
            cwd=project.folder,
            env=own(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{change}: {done.stderr}"
        commit(project.folder)
        if number in life.holds:
            hold(project)
        if number in life.runs:
            rows.look()
