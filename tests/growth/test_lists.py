"""Lists that both the owner and archgen add to are merged as lists; what a person would
not join stays a conflict.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from archgen.growth.merge.lists import merge_lists, merge_partly
from archgen.growth.trees.store import Store

ROOT = """\
from fastapi import FastAPI

from lib import accounts, catalog
from lib.apps.settings import Settings
from lib.chassis.mechanism.sql import Database

app = FastAPI()
"""
PROJECT = (
    '[project]\ndependencies = [\n    "alembic>=1.20,<2",\n    "zxcvbn>=4.5,<5",\n]\n'
)
COMPOSE = "services:\n  app:\n    image: lib\n\nvolumes:\n  data: {}\n"
MODEL = "class Book:\n    title: str\n    price: Decimal\n\n\nLISTS = ()\n"
TABLE = 'books = sa.Table(\n    "books",\n    sa.Column("title", sa.String(9)),\n)\n'


def merged(tmp_path: Path, path: str, base: str, yours: str, new: str) -> str | None:
    found = merge_lists(
        Store(tmp_path / "store"), path, yours.encode(), base.encode(), new.encode()
    )
    return None if found is None else found.decode()


def test_imports_are_merged_by_the_names_that_they_import(tmp_path: Path) -> None:
    yours = ROOT.replace(
        "accounts, catalog\n", "accounts, catalog\nfrom lib.audit import Audit\n"
    )
    new = ROOT.replace("accounts, catalog\n", "accounts, catalog, clubs\n")
    found = merged(tmp_path, "src/lib/apps/app.py", ROOT, yours, new)
    assert found == ROOT.replace(
        "accounts, catalog\n", "accounts, catalog, clubs\nfrom lib.audit import Audit\n"
    )


def test_names_that_both_import_from_one_module_are_there_and_what_one_side_drops_is_not(
    tmp_path: Path,
) -> None:
    yours = ROOT.replace("accounts, catalog\n", "accounts, audit, catalog\n")
    new = ROOT.replace("accounts, catalog\n", "catalog, clubs\n")
    assert "from lib import audit, catalog, clubs\n" in (
        merged(tmp_path, "a.py", ROOT, yours, new) or ""
    )


@pytest.mark.parametrize(
    ("path", "base", "after", "mine", "theirs"),
    [
        (
            "pyproject.toml",
            PROJECT,
            '<2",\n',
            '    "boto3>=1",\n',
            '    "aiokafka>=0.14,<0.15",\n',
        ),
        (
            "deploy/compose.yaml",
            COMPOSE,
            "lib\n",
            "  mailer:\n    image: mine\n",
            "  worker:\n    image: lib\n",
        ),
        (
            "domain.py",
            MODEL,
            "Decimal\n",
            "    shelf: str | None = None\n",
            "    pages: int | None = None\n",
        ),
        (
            "repository.py",
            TABLE,
            "(9)),\n",
            '    sa.Column("shelf", sa.Text()),\n',
            '    sa.Column("pages", sa.Date()),\n',
        ),
    ],
    ids=["dependencies", "services", "fields", "columns"],
)
def test_items_that_both_add_at_one_place_are_both_there(
    tmp_path: Path, path: str, base: str, after: str, mine: str, theirs: str
) -> None:
    found = merged(
        tmp_path,
        path,
        base,
        base.replace(after, after + mine, 1),
        base.replace(after, after + theirs, 1),
    )
    assert found == base.replace(after, after + mine + theirs, 1)


@pytest.mark.parametrize(
    ("path", "base", "old", "mine", "theirs"),
    [
        (
            "pyproject.toml",
            PROJECT,
            "alembic>=1.20,<2",
            "alembic>=1.21,<2",
            "alembic>=1.22,<2",
        ),
        ("deploy/compose.yaml", COMPOSE, "image: lib", "image: mine", "image: other"),
        ("domain.py", MODEL, "price: Decimal", "price: int", "price: float"),
        ("domain.py", MODEL, "LISTS = ()", "LISTS = (1,)", "LISTS = (2,)"),
        (
            "a.py",
            ROOT,
            "from lib import accounts, catalog",
            "from lib import accounts  # ours",
            "from lib import clubs",
        ),
        ("README.md", "one\n", "one", "two", "three"),
    ],
)
def test_what_both_say_otherwise_stays_a_conflict(
    tmp_path: Path, path: str, base: str, old: str, mine: str, theirs: str
) -> None:
    assert (
        merged(tmp_path, path, base, base.replace(old, mine), base.replace(old, theirs))
        is None
    )


def test_a_service_that_both_add_under_one_name_stays_a_conflict(
    tmp_path: Path,
) -> None:
    mine, theirs = (
        COMPOSE.replace("lib\n", f"lib\n  worker:\n    image: {name}\n", 1)
        for name in ("a", "b")
    )
    assert merged(tmp_path, "compose.yaml", COMPOSE, mine, theirs) is None


RULES = "X = 1\n\n\ndef last() -> int:\n    return X\n"
ENV = "A=1\n\n# of the cache\nCACHE_URL=\n"
ROWS = "| name | does |\n| --- | --- |\n| a | b |\n"
MAKE = "check:\n\truff check\n"
NGINX = "server {\n    listen 80;\n}\n"
COMPOSED = 'MODULES = ("accounts", "catalog")\n\n\napp = create(\n    [\n        catalog_router,\n        pages,\n    ],\n    [accounts, catalog],\n)\n'


@pytest.mark.parametrize(
    ("path", "base", "after", "mine", "theirs"),
    [
        (
            "rules.py",
            RULES,
            "X = 1\n",
            "\n\ndef mine() -> int:\n    return 2\n",
            "\n\nclass Theirs:\n    y: int = 3\n",
        ),
        ("rules.py", RULES, "X = 1\n", "MINE = 2\n", "THEIRS = 3\n"),
        (
            "app.py",
            COMPOSED,
            "pages,\n",
            "        mine_router,\n",
            "        clubs_router,\n",
        ),
        (
            ".env.example",
            ENV,
            "CACHE_URL=\n",
            "# ours\nMINE=1\n",
            "# theirs\nTHEIRS=2\n",
        ),
        ("docs/guide.md", ROWS, "| b |\n", "| mine | c |\n", "| theirs | d |\n"),
        ("Makefile", MAKE, "\truff check\n", "mine:\n\techo\n", "theirs:\n\techo\n"),
        (
            "site.conf.template",
            NGINX,
            "80;\n",
            "    client_max_body_size 9m;\n",
            "    location /x {\n        return 404;\n    }\n",
        ),
        (
            "pyproject.toml",
            PROJECT,
            "]\n",
            "[tool.mine]\nx = 1\n",
            "[tool.theirs]\nx = 1\n",
        ),
        (
            "compose.yaml",
            COMPOSE,
            "lib\n",
            "  # ours\n  mailer:\n    image: mine\n",
            "  worker:\n    image: lib\n",
        ),
    ],
)
def test_what_both_put_beside_each_other_is_there_in_the_order_of_both(
    tmp_path: Path, path: str, base: str, after: str, mine: str, theirs: str
) -> None:
    found = merged(
        tmp_path,
        path,
        base,
        base.replace(after, after + mine, 1),
        base.replace(after, after + theirs, 1),
    )
    assert found == base.replace(after, after + mine + theirs, 1)


def test_what_both_add_is_there_once_with_what_its_owner_put_beside_it(
    tmp_path: Path,
) -> None:
    new = f"{ENV}\n# of Keycloak\nPORT=1\n\n# of metrics\nMETRICS=2\n"
    yours = new.replace("\n\n# of metrics", "\n  # ours\n# of metrics") + "MINE=3\n"
    assert merged(tmp_path, ".env.example", ENV, yours, new) == yours
    other = yours.replace("PORT=1", "PORT=9")
    assert merged(tmp_path, ".env.example", ENV, other, new) is None


@pytest.mark.parametrize("said", ["PORT=1\n", "# ours\nPORT=1\n"])
def test_what_both_take_out_is_gone(tmp_path: Path, said: str) -> None:
    base = f"{ENV}{said}LAST=1\n"
    yours, new = f"{ENV}MINE=1\nLAST=1\n", f"{ENV}THEIRS=2\nLAST=1\n"
    assert merged(tmp_path, ".env.example", base, yours, new) == (
        f"{ENV}MINE=1\nTHEIRS=2\nLAST=1\n"
    )


def test_words_of_a_list_on_one_line_are_merged_also_where_one_side_lays_it_out_anew(
    tmp_path: Path,
) -> None:
    yours = COMPOSED.replace('"catalog")', '"catalog", "mine")').replace(
        "[accounts, catalog]", "[accounts, catalog, mine]"
    )
    new = COMPOSED.replace('"catalog")', '"catalog", "clubs")').replace(
        "[accounts, catalog]",
        "[\n        accounts,\n        catalog,\n        clubs,\n    ]",
    )
    found = merged(tmp_path, "app.py", COMPOSED, yours, new)
    assert found is not None and '("accounts", "catalog", "clubs", "mine")' in found
    assert "        catalog,\n        mine,\n        clubs,\n" in found


def test_a_field_with_a_default_comes_after_those_without(tmp_path: Path) -> None:
    mine, theirs = (
        MODEL.replace("Decimal\n", f"Decimal\n    {line}\n")
        for line in ("shelf: str = ''", "count: int")
    )
    assert "    count: int\n    shelf: str = ''\n" in (
        merged(tmp_path, "domain.py", MODEL, mine, theirs) or ""
    )


@pytest.mark.parametrize(
    ("path", "base", "mine", "theirs"),
    [
        # what the owner took out does not come back with a newer version, and what was
        # changed does not go
        (
            "pyproject.toml",
            PROJECT,
            PROJECT.replace('    "alembic>=1.20,<2",\n', ""),
            PROJECT.replace("1.20", "1.22"),
        ),
        (
            "pyproject.toml",
            PROJECT,
            PROJECT.replace("1.20", "1.21"),
            PROJECT.replace('    "alembic>=1.20,<2",\n', ""),
        ),
        # one needs what the other makes
        (
            "a.py",
            RULES,
            RULES.replace("1\n", "1\nY = 2\n", 1),
            RULES.replace("1\n", "1\nZ = Y\n", 1),
        ),
        # what stands marked from before is not settled
        (
            "pyproject.toml",
            f"{PROJECT}\n",
            f"<<<<<<< yours\n{PROJECT}x\n",
            f"{PROJECT}y\n",
        ),
        # statements whose order may matter
        (
            "a.py",
            RULES,
            RULES.replace("1\n", "1\nif X:\n    X = 2\n", 1),
            RULES.replace("1\n", "1\nif X:\n    X = 3\n", 1),
        ),
    ],
)
def test_what_a_person_has_to_look_at_stays_a_conflict(
    tmp_path: Path, path: str, base: str, mine: str, theirs: str
) -> None:
    assert merged(tmp_path, path, base, mine, theirs) is None


def test_statements_at_an_end_of_what_the_other_side_makes_otherwise_stay_beside_it(
    tmp_path: Path,
) -> None:
    base = 'if __name__ == "__main__":\n    main()\n'
    mine, theirs = f"{base}\n\nOURS = 1\n", base.replace("main()", "main(sys.argv[1])")
    assert merged(tmp_path, "serve.py", base, mine, theirs) == f"{theirs}\n\nOURS = 1\n"
    assert (
        merged(tmp_path, "serve.py", base, f"{base}OURS = 1\n", theirs)
        == f"{theirs}\n\nOURS = 1\n"
    )
    assert (
        merged(tmp_path, "a.py", "X = 1\n", "Y = 2\nX = 1\n", "X = 3\n")
        == "Y = 2\nX = 3\n"
    )


def test_a_statement_beside_what_goes_stays_a_conflict_where_it_needs_it(
    tmp_path: Path,
) -> None:
    assert merged(tmp_path, "a.py", "X = 1\n", "X = 1\nY = X + 1\n", "Z = 3\n") is None
    assert (
        merged(tmp_path, "a.py", "X = 1\n", "X = 1\nY = 2\n", "Z = 3\n")
        == "Z = 3\nY = 2\n"
    )


def test_blocks_at_an_end_of_what_the_other_side_makes_otherwise_stay_beside_it(
    tmp_path: Path,
) -> None:
    base = ".PHONY: up\nup: setup  ## up\n\tdocker up\n"
    mine, theirs = (
        ".PHONY: seed\nseed: ## ours\n\tpython seed.py\n",
        ".PHONY: deploy\ndeploy: setup\n\tsam deploy\n",
    )
    assert (
        merged(tmp_path, "Makefile", base, f"{base}\n{mine}", theirs)
        == f"{theirs}\n{mine}"
    )
    assert merged(tmp_path, "Makefile", base, mine + base, theirs) == mine + theirs
    assert (
        merged(
            tmp_path,
            "Makefile",
            base,
            f"{base}\n{mine}",
            theirs.replace("deploy:", "seed:"),
        )
        is None
    )


def test_what_can_be_merged_of_a_file_is_and_only_the_rest_is_marked(
    tmp_path: Path,
) -> None:
    base = ROOT.replace("FastAPI()", "FastAPI(1)")
    mine = base.replace(
        "accounts, catalog\n", "accounts, catalog\nfrom lib.audit import Audit\n"
    ).replace("(1)", "(2)")
    theirs = base.replace("accounts, catalog\n", "accounts, catalog, clubs\n").replace(
        "(1)", "(3)"
    )
    store = Store(tmp_path / "store")
    found = merge_partly(store, "app.py", mine.encode(), base.encode(), theirs.encode())
    assert found is not None and not found.whole
    expected = base.replace(
        "accounts, catalog\n", "accounts, catalog, clubs\nfrom lib.audit import Audit\n"
    )
    marked = (
        "<<<<<<< yours\napp = FastAPI(2)\n=======\napp = FastAPI(3)\n>>>>>>> archgen\n"
    )
    assert found.content.decode() == expected.replace("app = FastAPI(1)\n", marked)
    assert merge_partly(store, "app.py", b"X = 2\n", b"X = 1\n", b"X = 3\n") is None


def test_an_item_stays_where_the_one_before_it_goes(tmp_path: Path) -> None:
    base = "app = create(\n    [accounts_router, system.router],\n)\n"
    mine = base.replace("system.router]", "system.router, our_router]")
    theirs = base.replace(", system.router]", "]")
    expected = "app = create(\n    [accounts_router, our_router],\n)\n"
    assert merged(tmp_path, "app.py", base, mine, theirs) == expected
    assert merged(tmp_path, "app.py", base, theirs, mine) == expected


def test_paragraphs_beside_each_other_are_both_there(tmp_path: Path) -> None:
    base = "# Database\n\nOne.\n\n## Migrations\n"
    mine, theirs = (
        base.replace("## M", f"{said}\n\n## M")
        for said in ("Ours.", "Each part has its own.")
    )
    expected = base.replace("## M", "Ours.\n\nEach part has its own.\n\n## M")
    assert merged(tmp_path, "docs/database.md", base, mine, theirs) == expected
    mine, theirs = base.replace("One.", "Ours.\n\nOne."), base.replace("One.", "Two.")
    assert merged(tmp_path, "docs/database.md", base, mine, theirs) == base.replace(
        "One.", "Ours.\n\nTwo."
    )
    assert (
        merged(
            tmp_path, "docs/database.md", base, base.replace("One.", "Ours."), theirs
        )
        is None
    )


TABLES = "from . import domain\n\nmetadata = make()\n\nbooks = Table(1)\nread(books)\n"


@pytest.mark.parametrize(
    ("path", "base", "mine", "theirs", "expected"),
    [
        # seed 1492 of the model: lines taken out with an empty one, beside a new name
        (
            "a.py",
            TABLES,
            TABLES.replace("metadata = make()\n\n", ""),
            TABLES.replace("books", "tomes"),
            TABLES.replace("metadata = make()\n\n", "").replace("books", "tomes"),
        ),
        # put in with one, within a function and in a file of no kind that is known
        (
            "a.py",
            "def f():\n    a()\n\n    b()\n",
            "def f():\n    a()\n\n    ours()\n\n    b()\n",
            "def f():\n    a()\n\n    c()\n",
            "def f():\n    a()\n\n    ours()\n\n    c()\n",
        ),
        ("a.sh", "a\n\nb\n", "a\n\nours\n\nb\n", "a\n\nc\n", "a\n\nours\n\nc\n"),
        # by the empty line behind them
        ("a.sh", "a\n\nb\n\nc\n", "a\n\nc\n", "d\n\nb\n\nc\n", "d\n\nc\n"),
    ],
)
def test_edits_with_an_empty_line_between_them_do_not_conflict(
    tmp_path: Path, path: str, base: str, mine: str, theirs: str, expected: str
) -> None:
    assert merged(tmp_path, path, base, mine, theirs) == expected
    assert merged(tmp_path, path, base, theirs, mine) == expected


@pytest.mark.parametrize(
    ("base", "mine", "theirs"),
    [
        # no empty line between them
        ("a\nb\nc\n", "a\nc\n", "a\nb\nd\n"),
        ("a\nb\n", "a\nours\n\nb\n", "a\nc\n"),
        ("a\n\nb\nc\n", "a\n\nc\n", "a\n\nb\nd\n"),
        # what one side takes out, the other changes
        ("a\n\nb\n\nc\n", "a\n\nc\n", "a\n\nd\n\nc\n"),
        ("a\n\nb\n\nc\n", "a\n\nc\n", "a\n\nd\n\ne\n"),
        # both put something in at one place
        ("a\n\nb\n", "a\n\nours\n\nb\n", "a\n\nits\n\nb\n"),
    ],
)
def test_edits_that_touch_stay_a_conflict_whatever_is_empty_around_them(
    tmp_path: Path, base: str, mine: str, theirs: str
) -> None:
    for one, other in ((mine, theirs), (theirs, mine)):
        assert merged(tmp_path, "a.sh", base, one, other) is None
