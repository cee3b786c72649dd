"""Names are refused when they could not be a package, a class, a column, a path and a
container at once.
"""

from __future__ import annotations

import keyword
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgen.domain import naming
from archgen.text import shown


@pytest.mark.parametrize(
    "name", ["shop", "my-shop", "a", "shop2", "a" * 40, "x-1-y", "case"]
)
def test_a_good_project_name_is_taken(name: str) -> None:
    assert naming.check_project(name) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "a name is needed"),
        ("a" * 300, "has 300 characters, and 40 are the most"),
        ("../x", "is not lower-case letters"),
        ("/etc/x", "is not lower-case letters"),
        ("a b", "is not lower-case letters"),
        ("a\nb", "is not lower-case letters"),
        ("shop\n", "is not lower-case letters"),
        ("ünï", "is not lower-case letters"),
        ("Shop", "is not lower-case letters"),
        ("a--b", "is not lower-case letters"),
        ("a-", "is not lower-case letters"),
        ("1a", "is not lower-case letters"),
        ("a_b", "is not lower-case letters"),
        ("{{7*7}}", "is not lower-case letters"),
        ("class", "is a word of Python"),
        ("none", "is a word of Python"),
        ("json", "is a module of Python's standard library"),
        ("sqlalchemy", "is a package that the project itself needs"),
        ("pydantic-settings", "is a package that the project itself needs"),
        ("test", "is taken by a folder"),
        ("tests", "is taken by a folder"),
        ("src", "is taken by a folder"),
        ("con", "is a device of Windows"),
    ],
)
def test_a_bad_project_name_is_refused(name: str, said: str) -> None:
    assert said in str(naming.check_project(name))


@given(st.text(max_size=50) | st.from_regex(r"[a-z][a-z0-9-]{0,45}", fullmatch=True))
def test_a_name_that_is_taken_makes_an_importable_package(name: str) -> None:
    wrong = naming.check_project(name)
    package = naming.to_package_name(name)
    if wrong is None:
        assert (
            package.isidentifier()
            and package.isascii()
            and not keyword.iskeyword(package)
        )
        assert package not in sys.stdlib_module_names and len(package) <= 40
    else:
        assert wrong.isascii() and len(wrong) < 400 and "\n" not in wrong


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("class", "is a word of Python"),
        ("returning", "is a word of SQL that stands unquoted"),
        ("chassis", "is a folder of every project's own package"),
        ("conftest", "is a file or folder of every project's tests"),
        ("public", "is a schema of every PostgreSQL database"),
        ("publishing", "its unit of work would have the name"),
        ("sql", "its unit of work would have the name"),
        ("mail_server", "a file of the tests of accounts"),
        ("aux", "is a device of Windows"),
        ("shop", "is the project's own name"),
        ("pg_x", "belong to PostgreSQL"),
        ("test_x", "belong to pytest"),
        ("A", "is not lower-case"),
        ("a__b", "is not lower-case"),
        ("_a", "is not lower-case"),
        ("", "is not lower-case"),
    ],
)
def test_a_module_that_cannot_be_is_refused_and_told_by_what_its_name_is_taken(
    name: str, said: str
) -> None:
    assert said in str(naming.check_module(name, "shop"))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "settings",
            "mail",
            "keys",
            "support",
            "worker",
            "events",
            "database",
            "cache",
            "license",
            "help",
            "list",
        ),
        *(
            "select",
            "order",
            "user",
            "redis",
            "asyncio",
            "datetime",
            "background",
            "service",
            "domain",
            "staff",
        ),
    ],
)
def test_everyday_words_are_modules(name: str) -> None:
    assert naming.check_module(name, "shop") is None


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "created_at",
        "lateral",
        "model_x",
        "json",
        "self",
        "from",
        "version",
        "dt",
        "str",
        "construct",
    ],
)
def test_a_bad_field_name_is_refused(name: str) -> None:
    assert naming.check_field(name)


@pytest.mark.parametrize(
    "name",
    ["date", "datetime", "time", "limit", "sort", "set", "money", "repository", "path"],
)
def test_everyday_words_are_fields(name: str) -> None:
    assert naming.check_field(name) is None


@pytest.mark.parametrize("name", ["limit", "after", "sort", "of"])
def test_no_list_is_filtered_by_what_every_list_takes(name: str) -> None:
    assert "taken by what every list takes" in str(naming.check_filter(name))
    assert naming.check_filter(f"{name}_at") is None


@pytest.mark.parametrize(
    ("entity", "made"),
    [
        ("entity", "Entity"),
        ("list", "ListQuery"),
        ("decimal", "Decimal"),
        ("user_warning", "UserWarning"),
        ("import_error", "ImportError"),
    ],
)
def test_an_entity_whose_class_the_generated_code_has_is_refused(
    entity: str, made: str
) -> None:
    assert made in str(naming.check_class(naming.to_class_name(entity)))


@pytest.mark.parametrize("name", ["outbox", "me", "lateral", "vars", "bytes"])
def test_a_bad_path_is_refused(name: str) -> None:
    assert naming.check_plural(name)


@pytest.mark.parametrize(
    "entity",
    [
        "credit",
        "event",
        "page",
        "document",
        "store",
        "session",
        "request",
        "service",
        "item",
        "type",
    ],
)
def test_everyday_words_are_entities(entity: str) -> None:
    assert (
        naming.check_entity(entity) is None
        and naming.check_class(naming.to_class_name(entity)) is None
    )
    assert naming.check_plural(naming.pluralize(entity)) is None


def test_an_entity_makes_its_classes() -> None:
    assert naming.to_class_name("order_line") == "OrderLine"
    assert {"OrderLine", "OrderLineIn", "OrderLineCreated"} <= set(
        naming.list_class_names("order_line")
    )


@given(st.text(max_size=200) | st.integers() | st.lists(st.text()))
def test_what_a_user_typed_is_shown_on_one_short_line(value: object) -> None:
    told = shown(value)
    assert len(told.splitlines()) == 1 and len(told) < 800
