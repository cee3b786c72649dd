"""`archgen evolve`: another architecture of the same modules, with all that the owner
wrote, and the way back.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from tests.growth.conftest import ANSWERS, Home

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.generator import load_record, preview
from archgen.pipeline import make_plan

Copy = Callable[..., Home]
ARCHITECTURES = ("monolith", "microservices", "serverless")
SHOP = {
    "preset": "ecommerce",
    "modules": {},
    "workload": "ecommerce",
    "scope": "product",
}
SERVICES = ["apps/accounts.py", "apps/catalog.py", "apps/reviews.py"]


def tree(folder: Path) -> dict[str, bytes]:
    """What git would keep of a project, without its record and its decisions, whatever
    the last of these is called.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if (
            path.is_file()
            and not name.startswith((".git/", "docs/adr/"))
            and name not in ("archgen.yaml", ".env")
        ):
            found[name] = neutral(path.read_bytes())
    return found


def neutral(content: bytes) -> bytes:
    for number in range(2, 10):
        content = content.replace(
            f"000{number}-architecture".encode(), b"0001-architecture"
        )
    return content


def fresh(
    architecture: str,
    answers: Mapping[str, Any],
    stack: Mapping[str, str],
    evolutions: Sequence[Any] = (),
) -> dict[str, bytes]:
    """What `archgen new` writes of these answers with that architecture, and what carries
    rows where these evolutions changed the database.
    """
    said = {**answers, "architecture": architecture, "stack": stack}
    record = make_plan(resolve([from_record(said)])).record
    since = {"evolutions": list(evolutions)} if evolutions else {}
    files = preview({**record, **since})
    return {
        path: neutral(content)
        for path, content in files
        if path != "archgen.yaml" and not path.startswith("docs/adr/")
    }


def evolve(project: Home, *arguments: str, code: int = 0) -> Any:
    done = project.archgen("evolve", *arguments)
    assert done.code == code, done.err
    if code == 0:
        project.commit()
    return done


def lines(told: str, word: str) -> list[str]:
    return [line for line in told.splitlines() if word in line]


@pytest.mark.few(4)
@pytest.mark.parametrize("others", [{}, SHOP], ids=["own", "ecommerce"])
@pytest.mark.parametrize(
    ("start", "target"), list(permutations(ARCHITECTURES, 2)), ids="-".join
)
def test_what_nobody_edited_becomes_what_new_writes_and_goes_back_to_what_it_was(
    home: Copy, start: str, target: str, others: dict[str, Any]
) -> None:
    project = home(start, **others)
    before, recorded = (
        tree(project.folder),
        load_record(project.folder / "archgen.yaml"),
    )
    evolve(project, "--to", target)
    record = load_record(project.folder / "archgen.yaml")
    answers = {**ANSWERS, **others}
    assert tree(project.folder) == fresh(
        target,
        answers,
        {"database": record["stack"]["database"]},
        record["evolutions"],
    )
    assert project.archgen("status", "--json").document["drift"] == []
    assert project.archgen("status", "--json").document["files"] == {}

    evolve(project, "--to", start)
    again = load_record(project.folder / "archgen.yaml")
    assert len(again["evolutions"]) == 2
    if recorded["stack"]["database"] != record["stack"]["database"]:
        stack = {"database": recorded["stack"]["database"]}
        carried = fresh(start, answers, stack, again["evolutions"])
        shared = ("Makefile", "README.md", "pyproject.toml")
        more = [path for path in carried if path not in before or path in shared]
        assert "docs/carrying.md" in more
        before |= {path: carried[path] for path in more}
    assert tree(project.folder) == before
    for key in (
        "parts",
        "stack",
        "extras",
        "modules",
        "slo",
        "architecture",
        "template",
    ):
        assert again[key] == recorded[key], key
    adr = {path.name for path in (project.folder / "docs/adr").iterdir()}
    assert adr == {
        f"000{n}-architecture.{kind}" for n in (1, 2, 3) for kind in ("md", "yaml")
    }
    assert project.archgen("status", "--json").document["files"] == {}


def test_the_second_decision_supersedes_the_first_and_says_why(home: Copy) -> None:
    project = home()
    first = project.read("docs/adr/0001-architecture.md")
    done = evolve(
        project, "--to", "serverless", "--database", "dynamodb", "--set", "team_size=2"
    )
    assert (
        "rows of accounts, catalog, reviews have to be moved" in done.err
        and "0002-architecture.md" in done.err
    )
    adr = project.read("docs/adr/0002-architecture.md")
    assert "status: accepted" in adr and "Supersedes [0001-architecture]" in adr
    assert (
        "archgen evolve --to serverless --set stack.database=dynamodb --set team_size=2"
        in adr
    )
    assert (
        "| database | postgresql | dynamodb |" in adr
        and "| catalog | the database app | DynamoDB |" in adr
    )
    assert "| team size | 3 | 2 |" in adr
    superseded = project.read("docs/adr/0001-architecture.md")
    assert "status: superseded by 0002-architecture.md" in superseded
    told = [
        line for line in superseded.splitlines() if line and "uperseded" not in line
    ]
    assert told == [
        line for line in first.splitlines() if line and line != "status: accepted"
    ]
    assert "docs/adr/0002-architecture.md" in project.read("README.md")

    (project.folder / "docs/adr/0007-mine.md").write_text("# Mine\n")
    project.commit()
    evolve(project, "--to", "monolith")
    assert "superseded by 0008-architecture.md" in project.read(
        "docs/adr/0002-architecture.md"
    )
    assert (
        project.read("docs/adr/0002-architecture.md").count("| team size | 3 | 2 |")
        == 1
    )
    assert "superseded by 0002-architecture.md" in project.read(
        "docs/adr/0001-architecture.md"
    )


def test_whoever_asks_for_it_is_told_what_moves_the_rows_and_has_it(home: Copy) -> None:
    project = home()
    done = evolve(project, "--extract", "reviews", "--set", "extras.moving=true")
    assert lines(done.err, "make move MODULE=... moves them") and not lines(
        done.err, "--set extras.moving"
    )
    assert "make move MODULE=" in project.read("docs/moving.md")


def test_a_module_gets_a_part_of_its_own_and_parts_become_one_again(home: Copy) -> None:
    project = home()
    before = tree(project.folder)
    done = evolve(project, "--extract", "reviews")
    assert (
        "rows of reviews have to be moved before that is deployed: from the database app to the database reviews"
        in done.err
    )
    assert not lines(done.err, "rows of accounts")
    assert lines(done.err, "with --set extras.moving=true, make move moves them")
    record = load_record(project.folder / "archgen.yaml")
    assert [(part["name"], part["modules"]) for part in record["parts"]] == [
        ("app", ["accounts", "catalog"]),
        ("reviews", ["reviews"]),
    ]
    parts = {"app": ["accounts", "catalog"], "reviews": ["reviews"]}
    assert tree(project.folder) == fresh(
        "microservices", {**ANSWERS, "parts": parts}, {}
    )
    evolve(project, "--extract", "catalog")
    record = load_record(project.folder / "archgen.yaml")
    assert [part["name"] for part in record["parts"]] == ["app", "reviews", "catalog"]
    evolve(project, "--to", "microservices")
    record = load_record(project.folder / "archgen.yaml")
    assert [part["name"] for part in record["parts"]] == [
        "accounts",
        "catalog",
        "reviews",
    ]
    assert "parts" not in record["answers"] or not record["answers"]["parts"]
    done = evolve(project, "--merge", "catalog,reviews,accounts")
    assert "one part is left: that is a monolith" in done.err
    assert tree(project.folder) == before


def test_after_it_the_project_grows_as_before_and_it_can_be_taken_back(
    home: Copy,
) -> None:
    project = home()
    before = project.files()
    done = project.archgen(
        "evolve", "--to", "microservices", "--dry-run", "--json"
    ).document
    assert (
        done["written"] is False
        and done["evolution"]["after"]["template"] == "microservices"
    )
    assert project.files() == before
    assert project.archgen("evolve", "--to", "microservices").code == 0
    assert project.archgen("evolve", "--abort").code == 0
    assert project.files() == before
    evolve(project, "--to", "microservices")
    assert (
        project.archgen("add", "field", "catalog.book.pages", "--type", "integer").code
        == 0
    )
    project.commit()
    assert (
        project.archgen(
            "add", "module", "clubs", "--set", "entities.club.fields.name.type=string"
        ).code
        == 0
    )
    project.commit()
    assert "clubs" not in project.read("docs/adr/0002-architecture.md")
    assert project.archgen("status", "--json").document["files"] == {}
    evolve(project, "--to", "monolith")
    assert project.archgen("status", "--json").document["files"] == {}


def test_what_was_added_while_functions_had_the_rows_becomes_a_migration_on_the_way_back(
    home: Copy,
) -> None:
    project = home()
    assert (
        project.archgen("add", "field", "catalog.book.pages", "--type", "integer").code
        == 0
    )
    project.commit()
    folder = project.folder / "src/lib/catalog/migrations"
    ran = {path.name: path.read_bytes() for path in folder.glob("0*.py")}
    assert len(ran) == 2
    evolve(project, "--to", "serverless", "--database", "dynamodb")
    assert not folder.exists()
    for command in (
        ("add", "field", "catalog.book.isbn", "--type", "string"),
        ("add", "entity", "reviews.badge", "--set", "fields.name.type=string"),
        ("add", "module", "clubs", "--set", "entities.club.fields.name.type=string"),
    ):
        done = project.archgen(*command)
        assert done.code == 0, done.err
        project.commit()
    evolve(project, "--to", "monolith")
    now = {path.name: path.read_bytes() for path in folder.glob("0*.py")}
    assert {name: now[name] for name in ran} == ran
    assert sorted(now.keys() - ran.keys()) == ["0003_evolve_to_monolith.py"]
    assert b'"isbn"' in now["0003_evolve_to_monolith.py"]
    reviews = project.folder / "src/lib/reviews/migrations"
    assert [path.name for path in sorted(reviews.glob("0*.py"))] == [
        "0001_initial.py",
        "0002_evolve_to_monolith.py",
    ]
    assert [
        path.name
        for path in (project.folder / "src/lib/clubs/migrations").glob("0*.py")
    ] == ["0001_initial.py"]
    assert project.archgen("status", "--json").document["files"] == {}
    tested = project.pytest("tests/test_tables.py", "tests/catalog", "-x")
    assert tested.returncode == 0, tested.stdout[-3000:]


def test_another_kind_of_database_brings_what_carries_the_rows_there(
    home: Copy,
) -> None:
    """And back."""
    project = home()
    assert not (project.folder / "deploy/carry.py").exists()
    done = evolve(project, "--to", "serverless", "--database", "dynamodb")
    assert lines(done.err, "make carry FROM=")
    tool = project.read("deploy/carry.py")
    assert 'MODULES = ["accounts", "catalog", "reviews"]' in tool
    assert (project.folder / "deploy/moving/gate.py").exists()
    assert "make carry FROM=../before" in project.read("docs/carrying.md")
    assert "carry: setup" in project.read("Makefile")
    done = evolve(project, "--to", "monolith")
    assert lines(done.err, "make carry FROM=")
    assert "CarryingBack" in project.read("deploy/carry.py")


def test_a_router_and_middleware_of_a_root_go_where_they_belong_and_come_back(
    home: Copy,
) -> None:
    project = home()
    wire(project)
    mine = project.read("src/lib/apps/app.py")
    done = evolve(project, "--to", "microservices")
    assert "conflict" not in done.err
    for path in SERVICES:
        text = project.read(f"src/lib/{path}")
        assert "app.add_middleware(GZipMiddleware)  # smaller answers" in text
        assert "from starlette.middleware.gzip import GZipMiddleware\n" in text
        assert ("reports_router" in text) is ("catalog" in path)
    assert not (project.folder / "src/lib/apps/app.py").exists()
    evolve(project, "--to", "monolith")
    assert project.read("src/lib/apps/app.py") == mine
    evolve(project, "--extract", "catalog")
    assert "reports_router" not in project.read("src/lib/apps/app.py")
    assert "GZipMiddleware" in project.read("src/lib/apps/app.py")
    assert "reports_router" in project.read("src/lib/apps/catalog.py")
    evolve(project, "--to", "serverless")
    evolve(project, "--to", "monolith")
    assert project.read("src/lib/apps/app.py") == mine


def test_a_router_goes_to_a_root_whose_routers_depend_on_the_broker(home: Copy) -> None:
    project = home(stack={"broker": "kafka"}, scope="product")
    wire(project)
    mine = project.read("src/lib/apps/app.py")
    evolve(project, "--to", "microservices")
    assert "routers.append(" in project.read("src/lib/apps/catalog.py")
    assert "reports_router]" in project.read("src/lib/apps/catalog.py")
    assert "reports_router" not in project.read("src/lib/apps/reviews.py")
    evolve(project, "--to", "monolith")
    # but for the place of the middleware
    assert sorted(project.read("src/lib/apps/app.py").splitlines()) == sorted(
        mine.splitlines()
    )


def wire(project: Home) -> None:
    """A router of its owner's, and middleware, in the root of a monolith."""
    (project.folder / "src/lib/catalog/reports.py").write_text(
        "from fastapi import APIRouter\n\nrouter = APIRouter()\n"
    )
    root = "src/lib/apps/app.py"
    project.edit(
        root,
        "from lib.catalog.api import router as catalog_router\n",
        "from lib.catalog.api import router as catalog_router\nfrom lib.catalog.reports import router as reports_router\n",
    )
    project.edit(
        root,
        "from fastapi import FastAPI\n",
        "from fastapi import FastAPI\nfrom starlette.middleware.gzip import GZipMiddleware\n",
    )
    text = project.read(root)
    before, _, after = text.partition(
        "well_known]" if "well_known]" in text else "well_known,\n"
    )
    mark = (
        "well_known, reports_router]"
        if "well_known]" in text
        else "well_known,\n            reports_router,\n"
    )
    (project.folder / root).write_text(before + mark + after)
    text = project.read(root)
    at = text.rindex("    return ")
    (project.folder / root).write_text(
        text[:at]
        + "    app.add_middleware(GZipMiddleware)  # smaller answers\n"
        + text[at:]
    )
    subprocess.run(
        [sys.executable, "-m", "ruff", "format", "-q", root],
        cwd=project.folder,
        check=True,
    )
    project.commit()


def test_any_other_edit_of_a_root_that_goes_is_a_conflict_that_says_where_it_belongs(
    home: Copy,
) -> None:
    project = home()
    project.edit(
        "src/lib/apps/app.py",
        "settings = checked(",
        "settings = checked(  # mine\n        ",
    )
    project.commit()
    before = project.files()
    done = project.archgen("evolve", "--to", "microservices")
    assert done.code == 4
    assert (
        "conflict: src/lib/apps/app.py: monolith had it" in done.err
        and "src/lib/apps/catalog.py" in done.err
    )
    assert "# mine" in project.read("src/lib/apps/app.py")
    assert "src/lib/apps/app.py" in project.git(
        "diff", "--name-only", "--diff-filter=U"
    )
    assert project.archgen("evolve", "--to", "serverless").code == 4
    assert project.archgen("evolve", "--abort").code == 0
    assert project.files() == before


def test_a_file_that_only_the_former_architecture_has_and_that_is_edited_is_a_conflict(
    home: Copy,
) -> None:
    project = home()
    project.edit(
        "deploy/compose.yaml", "services:\n", "services:\n  mine:\n    image: mine\n\n"
    )
    project.commit()
    done = project.archgen("evolve", "--to", "serverless")
    assert (
        done.code == 4
        and "conflict: deploy/compose.yaml: you changed or moved it, and archgen has it no more"
        in done.err
    )
    assert "image: mine" in project.read("deploy/compose.yaml")


@pytest.mark.parametrize("start", ["monolith", "microservices"])
def test_a_file_that_was_kept_while_functions_did_without_it_is_merged_when_it_comes_back(
    home: Copy, start: str
) -> None:
    project = home(start)
    project.edit(
        "deploy/compose.yaml", "services:\n", "services:\n  mine:\n    image: mine\n\n"
    )
    project.commit()
    assert project.archgen("evolve", "--to", "serverless").code == 4
    project.commit()
    evolve(project, "--to", "monolith")
    text = project.read("deploy/compose.yaml")
    assert (
        "services:\n  mine:\n    image: mine\n\n" in text
        and "catalog-migrate" not in text
    )
    assert project.archgen("status", "--json").document["files"] == {
        "deploy/compose.yaml": "changed"
    }


def test_a_compose_service_of_its_owner_s_stays_when_a_monolith_becomes_services(
    home: Copy,
) -> None:
    project = home()
    project.edit(
        "deploy/compose.yaml", "services:\n", "services:\n  mine:\n    image: mine\n\n"
    )
    project.commit()
    evolve(project, "--extract", "reviews")
    assert "  mine:\n    image: mine\n" in project.read("deploy/compose.yaml")


def test_what_the_architecture_cannot_have_is_refused_with_what_to_say(
    home: Copy,
) -> None:
    project = home(
        "monolith", stack={"cache": "valkey"}, extras={"worker": True}, scope="product"
    )
    done = project.archgen("evolve", "--to", "serverless")
    assert (
        done.code == 2
        and "stack.cache: valkey cannot be had with serverless" in done.err
    )
    assert "--set stack.cache=none or cloudfront" in done.err
    done = project.archgen("evolve", "--to", "serverless", "--set", "stack.cache=none")
    assert done.code == 3 and "extras.worker" in done.err and "=false" in done.err
    done = evolve(
        project,
        "--to",
        "serverless",
        "--set",
        "stack.cache=none",
        "--set",
        "extras.worker=false",
    )
    assert (
        "cache: none in place of valkey" in done.err
        and "extra that goes: worker" in done.err
    )
    assert "deployment: lambda in place of one_machine" in done.err
    done = evolve(project, "--to", "microservices")
    record = load_record(project.folder / "archgen.yaml")
    assert record["stack"]["cache"] == "valkey" and "worker" in record["extras"]
    assert (
        record["answers"]["stack"]["cache"] == "valkey"
        and record["answers"]["extras"]["worker"] is True
    )


def test_a_domain_that_a_database_cannot_have_is_refused(home: Copy) -> None:
    modules = {
        "catalog": {
            "entities": {
                "book": {"totals": True, "fields": {"title": {"type": "string"}}}
            }
        }
    }
    project = home("monolith", modules=modules)
    before = project.files()
    done = project.archgen("evolve", "--to", "serverless", "--database", "dynamodb")
    assert done.code == 3 and "catalog.book" in done.err
    assert project.files() == before
    evolve(project, "--to", "serverless")
    assert (
        load_record(project.folder / "archgen.yaml")["stack"]["database"]
        == "postgresql"
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "nothing is said"),
        (("--to", "monolith"), "it is monolith in these parts already"),
        (("--to", "microservice"), "did you mean microservices?"),
        (("--extract", "review"), "did you mean reviews?"),
        (("--merge", "app"), "app alone cannot become one"),
        (("--merge", "app,shop"), "there is no part 'shop'"),
        (("--to", "serverless", "--extract", "reviews"), "goes not together with --to"),
        (
            ("--to", "serverless", "--set", "modules.a.reacts_to=[]"),
            "archgen add adds to it",
        ),
        (("--to", "serverless", "--database", "oracle"), "oracle"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    home: Copy, arguments: tuple[str, ...], says: str
) -> None:
    project = home()
    before = project.files()
    done = project.archgen("evolve", *arguments)
    assert done.code in (2, 3) and says in done.err
    assert project.files() == before


def test_recommend_in_a_project_says_what_is_advised_now_and_what_has_come_about(
    home: Copy,
) -> None:
    project = home("microservices", **SHOP)
    told = project.archgen("recommend", "--json").document
    assert told["since"]["built"] == "microservices" and told["since"]["crossed"] == []
    assert "override" not in told
    flips = load_record(project.folder / "archgen.yaml")["recommendation"]["flips"]
    flip = flips[0]
    value = ",".join(flip["to"]) if isinstance(flip["to"], list) else flip["to"]
    told = project.archgen("recommend", "--json", "--set", f"{flip['field']}={value}")
    assert told.code == 0, told.err
    assert flip in told.document["since"]["crossed"]
    said = project.archgen(
        "recommend", "--no-input", "--set", f"{flip['field']}={value}"
    )
    assert "Come about since" in said.out and "Built is the microservices" in said.out


def test_what_is_removed_and_still_in_the_database_is_dropped_before_and_what_functions_lost_is_retired_on_the_way_back(
    home: Copy,
) -> None:
    project = home()
    assert project.archgen("remove", "field", "catalog.book.category").code == 0
    project.commit()
    done = project.archgen("evolve", "--to", "microservices")
    assert done.code == 3 and "archgen contract catalog.book.category first" in done.err
    assert project.archgen("contract", "catalog.book.category", "--yes").code == 0
    project.commit()
    evolve(project, "--to", "serverless", "--database", "dynamodb")
    assert project.archgen("remove", "field", "catalog.book.price", "--yes").code == 0
    project.commit()
    evolve(project, "--to", "monolith")
    book = next(
        entity
        for module in load_record(project.folder / "archgen.yaml")["modules"]
        for entity in module["entities"]
        if entity["name"] == "book"
    )
    assert [one["name"] for one in book["fields"]] == ["title"]
    assert [one["name"] for one in book["retired"]] == ["price"]
    assert project.archgen("status", "--json").document["files"] == {}
    tested = project.pytest("tests/test_tables.py", "-x")
    assert tested.returncode == 0, tested.stdout[-3000:]


def test_what_lies_in_a_folder_that_its_owner_moved_is_there_when_new_files_come_to_it(
    home: Copy,
) -> None:
    project = home()
    decision = project.read("docs/adr/0001-architecture.md")
    project.git("mv", "docs", "documentation")
    project.commit()
    # one page is generated no more
    evolve(project, "--to", "serverless", "--database", "dynamodb", code=4)
    assert project.read("documentation/adr/0001-architecture.md") == decision
    assert (
        project.folder / "documentation/adr/0002-architecture.md"
    ).is_file() and not (project.folder / "docs").exists()
    assert project.git("diff", "--name-only", "--diff-filter=U").split() == [
        "documentation/database.md"
    ]


def test_a_project_whose_owner_deleted_the_argument_evolves(home: Copy) -> None:
    project = home()
    (project.folder / "docs/adr/0001-architecture.yaml").unlink()
    project.commit()
    evolve(project, "--to", "microservices")
    decision = project.read("docs/adr/0002-architecture.md")
    assert (
        "What was known when 0001-architecture was decided is not recorded any more."
        in decision
    )
    assert not (project.folder / "docs/adr/0001-architecture.yaml").exists()
