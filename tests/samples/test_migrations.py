"""The owner of a project changes a module's tables, and `make migration` writes what
has to happen.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.projects import Project, ask, new
from tests.support.tables import Lab, lab

pytestmark = [pytest.mark.samples, pytest.mark.timeout(600)]
COLUMN = '    sa.Column("title", sa.Text(), nullable=False),\n'
ADDED = """\
    sa.Column("hidden", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("weight", FixedDecimal(3), nullable=True),
    sa.Column("mass", sa.Double(), nullable=True),
    sa.Column("took", Duration(), nullable=True),
    sa.Column("there", ZonedDateTime(), nullable=True),
    sa.Column("seen_at", UtcDateTime(), nullable=True),
    sa.Column("colour", sortable_string(30), nullable=True),
"""


@pytest.fixture
def project(tmp_path: Path, scope: str) -> Project:
    made = new(
        tmp_path,
        "shop",
        "--preset",
        "crud",
        "--architecture",
        "monolith",
        "--set",
        f"scope={scope}",
    )
    made.make("migrate")
    return made


@pytest.fixture
def scope() -> str:
    """Whose migrations are written with a guide; without one where a test asks for an
    mvp, too.
    """
    return "product"


in_any_scope = pytest.mark.parametrize("scope", ["product", "mvp"])


def add(project: Project, columns: str) -> None:
    repository = project.folder / "src/shop/items/repository.py"
    text = repository.read_text().replace(COLUMN, COLUMN + columns)
    imports = "import sqlalchemy as sa\n"
    text = text.replace(
        imports,
        f"{imports}from shop.chassis.mechanism.sql import Duration, FixedDecimal, UtcDateTime, ZonedDateTime, sortable_string\n",
        1,
    )
    repository.write_text(text)


@pytest.mark.few(1)
@in_any_scope
def test_new_columns_of_the_chassis_own_types_become_a_migration_that_runs(
    project: Project,
) -> None:
    add(project, ADDED)
    project.make("migration", "MODULE=items", "NAME=more of an item")
    (written,) = (project.folder / "src/shop/items/migrations").glob(
        "*more_of_an_item.py"
    )
    text = written.read_text()
    assert (
        "FixedDecimal(3)" in text
        and "sortable_string(30)" in text
        and "server_default=sa.false()" in text
    )
    project.make("migrate")
    assert "Nothing changed" in project.make("migration", "MODULE=items", "NAME=again")


def test_a_column_that_rows_could_not_take_is_refused_with_what_to_do(
    project: Project,
) -> None:
    add(project, '    sa.Column("hidden", sa.Boolean(), nullable=False),\n')
    with pytest.raises(
        AssertionError, match=r"items\.hidden: the rows that are there need a value"
    ):
        project.make("migration", "MODULE=items", "NAME=hidden")
    assert len(list((project.folder / "src/shop/items/migrations").glob("*.py"))) == 1


def test_a_module_that_is_not_there_is_named_beside_those_that_are(
    project: Project,
) -> None:
    with pytest.raises(
        AssertionError,
        match="There is no module nope with tables; there are accounts, items",
    ):
        project.make("migration", "MODULE=nope", "NAME=x")


@pytest.mark.few(1)
@in_any_scope
def test_migrations_that_two_branches_wrote_are_told_of_and_joined(
    project: Project,
) -> None:
    repository = project.folder / "src/shop/items/repository.py"
    migrations = project.folder / "src/shop/items/migrations"
    before = repository.read_text()
    for name in ("one", "two"):  # each of its branch, which has not the other's
        kept = {path: path.read_text() for path in migrations.glob("*_one.py")}
        for path in kept:
            path.unlink()
        repository.write_text(before)
        add(project, f'    sa.Column("{name}", sa.Text(), nullable=True),\n')
        project.make("migration", "MODULE=items", f"NAME={name}")
        for path, text in kept.items():
            path.write_text(text)
    add(project, '    sa.Column("one", sa.Text(), nullable=True),\n')
    with pytest.raises(
        AssertionError, match=r"_one\.py and \d+_two\.py were written apart"
    ) as refused:
        project.make("migrate")
    assert "Traceback" not in str(refused.value)
    project.make("migration", "MODULE=items", "NAME=merge")
    project.make("migrate")
    assert "Nothing changed" in project.make("migration", "MODULE=items", "NAME=again")


def test_a_migration_s_name_is_not_the_shell_s(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAME", "host-of-wsl")
    monkeypatch.setenv("MODULE", "items")
    with pytest.raises(AssertionError, match="which\\? make migration MODULE="):
        project.make("migration")


@pytest.mark.few(1)
@in_any_scope
def test_a_module_that_was_added_by_hand_gets_its_first_migration(
    project: Project,
) -> None:
    items, reviews = (
        project.folder / "src/shop/items",
        project.folder / "src/shop/reviews",
    )
    reviews.mkdir()
    for name in ("__init__.py", "domain.py", "repository.py"):
        (reviews / name).write_text(
            (items / name).read_text().replace("items", "reviews")
        )
    project.make("migration", "MODULE=reviews", "NAME=initial")
    (written,) = (reviews / "migrations").glob("*.py")
    assert 'op.create_table("reviews"' in " ".join(written.read_text().split()).replace(
        "( ", "("
    )


@pytest.fixture
def chemistry(tmp_path: Path) -> Lab:
    made = lab(tmp_path)
    made.make("migrate")
    return made


def test_a_table_that_others_refer_to_is_altered_and_nothing_is_lost_or_left_over(
    chemistry: Lab,
) -> None:
    chemistry.fill("a", "b")
    chemistry.edit(("sortable_string(255)", "sortable_string(100)"))
    chemistry.revise()
    chemistry.make("migrate")
    assert chemistry.run("SELECT count(*) FROM tests JOIN runs ON test = tests.id") == [
        (2,)
    ]
    (declared,) = chemistry.run("SELECT sql FROM sqlite_master WHERE name = 'tests'")
    assert "VARCHAR(100)" in declared[0] and "REFERENCES tests" in declared[0]
    assert (
        chemistry.run("SELECT name FROM sqlite_master WHERE name LIKE '%alembic_tmp%'")
        == []
    )
    assert chemistry.run("PRAGMA foreign_key_check") == []
    assert "Nothing changed" in chemistry.revise()


def test_a_migration_that_fails_changes_nothing_and_runs_when_its_rows_are_mended(
    chemistry: Lab,
) -> None:
    chemistry.fill("a" * 120)
    chemistry.edit(
        ("sortable_string(255)", "sortable_string(100)"),
        ("nullable=True", "nullable=False"),
    )
    assert "values of more than 100 characters stop the migration" in chemistry.revise()
    before = chemistry.run("SELECT name, sql FROM sqlite_master ORDER BY name")
    with pytest.raises(
        AssertionError, match=r"Nothing was changed: 1 values of tests.name do not fit"
    ) as failed:
        chemistry.make("migrate")
    assert "Traceback" not in str(failed.value)
    chemistry.run("UPDATE tests SET name = 'short'")
    with pytest.raises(
        AssertionError,
        match=r"Nothing was changed in lab: its rows do not fit, NOT NULL",
    ):
        chemistry.make("migrate")
    assert chemistry.run("SELECT name, sql FROM sqlite_master ORDER BY name") == before
    chemistry.run("UPDATE tests SET price = 1")
    chemistry.make("migrate")
    assert "Nothing changed" in chemistry.revise()


def test_a_migration_after_which_rows_refer_to_nothing_is_refused(
    chemistry: Lab,
) -> None:
    chemistry.fill("a")
    chemistry.edit(('"price", FixedDecimal(2)', '"price", FixedDecimal(4)'))
    chemistry.revise()
    (revision,) = chemistry.migrations
    revision.write_text(
        revision.read_text().replace(
            "def upgrade() -> None:\n",
            "def upgrade() -> None:\n    op.execute('DELETE FROM tests')\n",
        )
    )
    with pytest.raises(
        AssertionError,
        match="rows would refer to what is not there: 1 of runs to tests",
    ):
        chemistry.make("migrate")
    assert chemistry.run("SELECT count(*) FROM tests") == [(1,)]


def test_what_an_interrupted_migration_left_is_taken_away_and_gets_into_no_revision(
    chemistry: Lab,
) -> None:
    chemistry.run(
        "CREATE TABLE _alembic_tmp_tests (id CHAR(32))",
        "CREATE TABLE _alembic_tmp_gone (id CHAR(32))",
    )
    assert "Nothing changed" in chemistry.revise()
    left = chemistry.run(
        "SELECT name FROM sqlite_master WHERE name LIKE '%alembic_tmp%'"
    )
    # whose table is not there: it may hold all that there is
    assert left == [("_alembic_tmp_gone",)]
    with chemistry.project.running() as url:
        assert ask(f"{url}/health/ready")[0] == 200


def test_another_name_for_a_column_keeps_its_values_when_that_is_said(
    chemistry: Lab,
) -> None:
    chemistry.fill("a")
    chemistry.edit(
        ('"name", sortable_string(255)', '"title", sortable_string(255)'),
        ('"ix_tests_name", "name"', '"ix_tests_title", "title"'),
    )
    domain = chemistry.project.folder / "src/chemistry/lab/domain.py"
    domain.write_text(
        domain.read_text()
        .replace('"name"', '"title"')
        .replace("name: str", "title: str")
    )
    with pytest.raises(
        AssertionError,
        match=r"Is it another name\? make migration \.\.\. RENAME=tests.name:title",
    ):
        chemistry.revise()
    assert chemistry.migrations == []
    chemistry.revise("RENAME=tests.name:title")
    chemistry.make("migrate")
    assert chemistry.run("SELECT title FROM tests") == [("a",)]
    assert "Nothing changed" in chemistry.revise()


def test_what_goes_for_good_is_warned_of(chemistry: Lab) -> None:
    chemistry.edit(
        (
            '    sa.Column("price", FixedDecimal(2), nullable=True),\n',
            '    sa.Column("cost", FixedDecimal(2), nullable=True),\n',
        )
    )
    said = chemistry.revise()
    assert "tests.price: its values are lost" in said
    assert (
        "tests: price goes with its values, and cost comes without. Is it another name?"
        in said
    )


def test_a_check_without_a_name_and_a_name_that_postgresql_would_not_take_are_refused(
    chemistry: Lab,
) -> None:
    price = '    sa.Column("price", FixedDecimal(2), nullable=True),\n'
    chemistry.edit((price, price + '    sa.CheckConstraint("price >= 0"),\n'))
    with pytest.raises(
        AssertionError, match=r"tests: CHECK \(price >= 0\) needs a name"
    ):
        chemistry.revise()
    chemistry.edit(('"price >= 0"', f'"price >= 0", name="{"c" * 64}"'))
    with pytest.raises(AssertionError, match="is longer than the 63 letters"):
        chemistry.revise()
