"""Names of projects, parts, modules, entities and fields: their form, and every word
that is taken.

What an option takes, its folder says (`reserves` in its option.yaml); what every
project takes stands here. A name becomes a Python package, a class, a column and a
path, so one that works in all of them is asked for at once.
"""

from __future__ import annotations

import builtins
import keyword
import re
import sys
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from typing import Literal

from archgen.options import options
from archgen.text import shown

MOST = 40  # letters of a project's name
PLURAL_MOST = 50
PART_MOST = 40  # of any other; what the database calls a name made of several is shortened where it must be

_PROJECT = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)
_TABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*", re.ASCII)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Soft keywords (match, case, type) are names like any other: `import case` is Python.
PYTHON = frozenset(map(str.lower, keyword.kwlist))
# What Python has without an import: a table or a class of that name would hide it,
# which lint refuses. What it has for people at its prompt alone, nobody misses: the
# settings of a project's lint name these too.
BUILTINS = frozenset(dir(builtins)) - _words("copyright credits license")

# What every generated project imports, or what it imports looks for (structlog,
# prometheus_client): a package of its own with one of these names would shadow it.
DEPENDENCIES = _words("""
    annotated_types anyascii anyio archgen cachetools certifi cffi click cronsim cryptography dotenv fastapi fastapi_csp_docs
    fastapi_offline h11 httpcore httpx httpx2 idna import_linter importlinter iniconfig jinja2 jwt locust mypy mypy_extensions
    packaging pip pluggy prometheus_client purgatory pydantic pydantic_core pydantic_settings pyjwt pytest python_multipart
    requests ruff setuptools stamina starlette structlog tenacity typing_extensions typing_inspection urllib3 uuid_utils uv wheel
""")

# What Windows takes for a device, whatever the ending: a folder or a file of this name
# cannot be there.
DEVICES = _words("con prn aux nul") | {
    f"{port}{number}" for port in ("com", "lpt") for number in range(10)
}

# Folders and tools that a project's own package would be taken for.
_PROJECTS = _words(
    "src test tests docs build dist deploy venv env conftest setup pg_catalog"
)

# Modules of the standard library that a generated project imports by name.
_IMPORTED = _words("""
    abc asyncio base64 collections contextlib copy dataclasses datetime decimal enum functools hashlib importlib inspect io
    itertools json logging math operator os pathlib re secrets signal string sys threading time types typing uuid warnings
""")
# What lies beside a module: in the project's package, and in its `tests/`.
BESIDE = _words("accounts apps chassis contracts local")
TESTS = _words("api conftest journey load")
# What a module's unit of work stands on has the name that its own would have.
UNITS = _words("publishing")

# What lies beside a part's root in `apps/`; and a root's client of a part named `part`
# would be `to_part`, which makes them.
PARTS = _words("dev settings part")
# What the containers of a part are called that stand beside its servers.
BESIDE_PARTS = ("_asks", "_worker", "_migrate", "_postgres", "_postgres_roles")

UNQUOTED = "a word of SQL that stands unquoted"

# Tables and paths of every project beside the entities' own, and what a module's unit
# of work calls its own.
PLURALS = _words("""
    outbox processed dead_letters jobs idempotency_keys me
    repository repeated remember already_processed commit publish staged module table cache database relay domain
    absent apply expiring file_fields files_changed find_processed indexes_of_all links_of reading repository_of select uncounted writes_of
""")

# Tables of every project beside the entities' own.
TABLES = _words("outbox processed dead_letters jobs idempotency_keys alembic_version")

# Entities whose constant, the name in capitals, a module's `service.py` imports, or
# whose sample is taken for an import.
ENTITIES = _words("uuid uuid4")

# What a module's `domain.py` and `api.py` import, as far as an entity could make the
# same.
CLASSES = _words("Any Decimal Entity ListQuery Listing Literal Owned")
# What is made of each entity's class; every one of them is unique over a project, as in
# its OpenAPI document.
SUFFIXES = ("", "In", "Patch", "Out", "Query", "Created", "Updated", "Deleted")

# What every entity has, its methods, what pydantic claims (and everything that begins
# with model_), and what stands beside a field in the body of its class: types,
# `dt.date`, `domain.NoteKind`, `fixed_scale(2)`, `read_only()`.
FIELDS = _words("""
    id created_at updated_at version owner_id self cls evolve check_version
    copy dict json schema schema_json validate construct from_orm parse_obj parse_raw parse_file update_forward_refs
    str int bool list float tuple dt domain fixed_scale email_form url_form filtered_lists read_only
""")

# What every list takes, and the method that finds its index: no list is filtered by a
# field of that name.
FILTERS = _words("limit after sort of")
NUMBERED = _words("page size")  # and where lists have pages by number


def check_project(name: str) -> str | None:
    """What is wrong with a project's name, if anything."""
    if not name:
        return "a name is needed"
    if len(name) > MOST:
        return f"has {len(name)} characters, and {MOST} are the most"
    if not _PROJECT.fullmatch(name):
        return f"{shown(name, 20)} is not lower-case letters, digits and single hyphens, first a letter"
    package = to_package_name(name)
    if package in PYTHON:
        return f"{name} is a word of Python"
    if package in sys.stdlib_module_names:
        return f"{name} is a module of Python's standard library"
    if package in DEPENDENCIES:
        return f"{name} is a package that the project itself needs"
    for option in options():
        if package in option.reserves.packages:
            return (
                f"{name} is a package that the project itself needs with {option.value}"
            )
    if package in DEVICES:
        return f"{name} is a device of Windows"
    if package in _PROJECTS or package in _IMPORTED:
        return f"{name} is taken by a folder or a tool of every project"
    return None


def check_part(name: str) -> str | None:
    if name.endswith(BESIDE_PARTS):
        return f"names that end with {' or '.join(BESIDE_PARTS)} belong to what lies beside a part's own"
    return (
        _form(name)
        or _taken(
            name,
            (PYTHON, "a word of Python"),
            (DEVICES, "a device of Windows"),
            (PARTS, "a file of every project's apps"),
        )
        or _reserved(name, "parts")
    )


def check_module(name: str, package: str | None = None) -> str | None:
    """What is wrong with a module's name in the project whose package is `package`."""
    if name == package:
        return f"{name} is the project's own name"
    if name.startswith("pg_"):
        return "names that begin with pg_ belong to PostgreSQL"
    if name.startswith("test_"):
        return "names that begin with test_ belong to pytest"
    taken = _taken(
        name,
        (PYTHON, "a word of Python"),
        (_stored(), UNQUOTED),
        (DEVICES, "a device of Windows"),
        (BESIDE, "a folder of every project's own package"),
        (TESTS, "a file or folder of every project's tests"),
        (
            UNITS,
            "taken: its unit of work would have the name of what all units stand on",
        ),
    )
    return _form(name) or taken or _reserved(name, "modules")


def check_entity(name: str) -> str | None:
    return _form(name) or _taken(
        name, (PYTHON, "a word of Python"), (ENTITIES, "taken in every module")
    )


def check_plural(name: str) -> str | None:
    return (
        _form(name, PLURAL_MOST)
        or _taken(
            name,
            (PYTHON, "a word of Python"),
            (BUILTINS, "a name that Python has everywhere"),
            (_stored(), UNQUOTED),
            (PLURALS, "taken in every project"),
        )
        or _reserved(name, "plurals")
    )


def check_table(name: str) -> str | None:
    """What is wrong with the name of a table, which may stand in a schema that is there
    already.
    """
    if len(name) > PLURAL_MOST:
        return f"has {len(name)} characters, and {PLURAL_MOST} are the most"
    if not _TABLE.fullmatch(name):
        return "letters of ASCII, digits and underscores, first a letter, name a table here"
    if name.lower().startswith(("pg_", "sqlite_")):
        return "names that begin with pg_ or sqlite_ belong to the database"
    return _taken(
        name.lower(), (_stored(), UNQUOTED), (TABLES, "a table of every project")
    )


def check_field(name: str) -> str | None:
    if name.startswith("model_"):
        return "names that begin with model_ belong to pydantic"
    return _form(name) or _taken(
        name,
        (PYTHON, "a word of Python"),
        (_stored(), UNQUOTED),
        (FIELDS, "taken by what every entity has or its code is written with"),
    )


def check_enum(name: str) -> str | None:
    """What is wrong with the name of an enum that fields share, if anything."""
    return _form(name)


def check_filter(name: str, *, numbered: bool = False) -> str | None:
    """What is wrong with a field's name where lists are filtered by it, if anything;
    `numbered`: lists with pages by number.
    """
    own = NUMBERED if numbered else frozenset()
    return _taken(
        name,
        (FILTERS, "taken by what every list takes, so that none is filtered by it"),
        (
            own,
            "taken by pages by number (totals), so that none of these lists is filtered by it",
        ),
    )


def check_class(name: str) -> str | None:
    """What is wrong with an entity's class name, if anything."""
    for suffix in SUFFIXES:
        if name + suffix in CLASSES:
            return (
                f"makes the class {name + suffix}, which the generated code has already"
            )
        if name + suffix in BUILTINS:
            return f"makes the class {name + suffix}, which Python has everywhere"
    return None


def to_class_name(entity: str) -> str:
    """order_line -> OrderLine."""
    return "".join(word.capitalize() for word in entity.split("_"))


def list_class_names(entity: str) -> tuple[str, ...]:
    """Every class name that an entity makes."""
    return tuple(to_class_name(entity) + suffix for suffix in SUFFIXES)


@cache
def pluralize(entity: str) -> str:
    """The English plural of an entity's last word: order_line -> order_lines, category
    -> categories.
    """
    from pluralizer import Pluralizer

    english = Pluralizer()  # type: ignore[no-untyped-call]
    for singular, plural in (
        ("schema", "schemas"),
        ("virus", "viruses"),
        ("index", "indexes"),
    ):
        english.add_irregular_rule(singular, plural)
    *first, last = entity.split("_")
    found = "_".join([*first, english.plural(last)])
    return found if _NAME.fullmatch(found) else f"{entity}s"


def in_form(name: str) -> str | None:
    """`name` as lower-case words with underscores, if that makes a name: firstName ->
    first_name.
    """
    plain = "".join(
        c
        for c in unicodedata.normalize("NFKD", name.strip()[:200])
        if not unicodedata.combining(c)
    )
    if not plain.isascii():
        return None
    words = (
        re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", plain).strip("_").lower()
    )
    return words if _NAME.fullmatch(words) else None


def suggest_name(check: Callable[[str], str | None], name: str, longer: str) -> str:
    """A name that would do: the same one in the form that is asked for, else `longer`."""
    for candidate in (in_form(name), in_form(longer)):
        if candidate and candidate != name and check(candidate) is None:
            return f"for example {candidate}"
    return "choose another name"


def to_package_name(project: str) -> str:
    return project.replace("-", "_")


def _form(name: str, most: int = PART_MOST) -> str | None:
    if len(name) > most:
        return f"has {len(name)} characters, and {most} are the most"
    if not _NAME.fullmatch(name):
        return "is not lower-case letters, digits and single underscores, beginning with a letter"
    return None


def _taken(name: str, *lists: tuple[frozenset[str], str]) -> str | None:
    return next((f"{name} is {why}" for words, why in lists if name in words), None)


@cache
def _stored() -> frozenset[str]:
    return frozenset(word for option in options() for word in option.reserves.stored)


def _reserved(name: str, what: Literal["modules", "parts", "plurals"]) -> str | None:
    """By what of which option the name is taken, if it is."""
    for option in options():
        words: Mapping[str, str] = getattr(option.reserves, what)
        if name in words:
            return f"{name} is {words[name]}"
    return None
