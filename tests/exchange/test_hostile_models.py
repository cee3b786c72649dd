"""Models that nobody wrote by hand, at the size that a file may have: done, or refused
with the line, in 30 s of a processor and 2 GB.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.projects import ARCHGEN

SECONDS, BYTES = 30, 2 * 2**30
SIZE = 50_000_000
TABLE = "CREATE TABLE things (id bigint PRIMARY KEY, n int);\n"
SCRIPTS = (
    "Заказ",
    "注文",
    "طلب",
    "आदेश",
    "주문",
    "Commande_d_été",
    "Ελλάδα",
    "Đơn",
    "สั่งซื้อ",
    "ﬁn",
    "\U0001d518nit",
    "Łódź",
)


def confine() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def archgen(*arguments: str | Path) -> tuple[int, str]:
    """The exit code, and what was said; a process that takes more is killed, which is
    no exit code of archgen's.
    """
    done = subprocess.run(
        [*ARCHGEN, *map(str, arguments)],
        preexec_fn=confine,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    return done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr)


def filled(unit: str, before: str = TABLE, size: int = SIZE) -> bytes:
    """`before`, and behind it a text of so many bytes, all of it `unit`."""
    content = unit.encode()
    return before.encode() + content * (size // len(content))


TAKEN: dict[str, Callable[[], bytes]] = {
    "rows": lambda: filled("INSERT INTO things VALUES (1, 'it''s; so', NULL);\n"),
    "rows of COPY": lambda: (
        filled("1\tab;c'd\n", TABLE + "COPY things (id, n) FROM stdin;\n") + b"\\.\n"
    ),
    "many COPYs": lambda: filled("COPY things (id) FROM stdin;\n1\n\\.\n"),
    "semicolons": lambda: filled(";"),
    "one insert": lambda: filled("(1, 2),", TABLE + "INSERT INTO things VALUES "),
    "a comment": lambda: filled("* ", TABLE + "/"),
    "comments": lambda: filled("-- so; it's\n"),
    "short comments": lambda: filled("/**/"),
    "empty lines": lambda: filled("\n"),
    "a quote": lambda: filled("a", TABLE + "'"),
    "quotes": lambda: filled("'"),
    "dollars": lambda: filled("$a$ "),
    "a body": lambda: filled("SELECT 1; ", TABLE + "CREATE FUNCTION f() AS $$"),
    "one word": lambda: filled("a"),
}
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "statements": (lambda: filled("a;\n"), "hostile.sql, line "),
    "tables": (lambda: filled("CREATE TABLE t (a int);\n"), "hostile.sql, line 500"),
    "wide tables": (
        lambda: filled(
            "CREATE TABLE t ("
            + ",".join(f"c{n} varchar(30) NOT NULL" for n in range(9_000))
            + ");\n"
        ),
        "hostile.sql, line ",
    ),
    "a table": (
        lambda: filled("c int,", "CREATE TABLE things ("),
        "hostile.sql, line 1",
    ),
    "a default": (
        lambda: filled("(", "CREATE TABLE things (a int DEFAULT "),
        "hostile.sql, line 1",
    ),
    "noise": (lambda: filled("\x00\xff", ""), "hostile.sql"),
}


@pytest.mark.long
@pytest.mark.parametrize("made", TAKEN.values(), ids=TAKEN)
def test_a_large_dump_is_read_for_its_tables(
    made: Callable[[], bytes], tmp_path: Path
) -> None:
    (tmp_path / "hostile.sql").write_bytes(made())
    code, said = archgen("import", "sql", tmp_path / "hostile.sql", "--json")
    assert code == 0, said[-2000:]
    document = json.loads(said[said.index("{") : said.rindex("}") + 1])
    assert "thing" in json.dumps(document["answers"]["modules"])


@pytest.mark.long
@pytest.mark.parametrize(("made", "where"), REFUSED.values(), ids=REFUSED)
def test_ddl_without_end_is_refused_with_its_line(
    made: Callable[[], bytes], where: str, tmp_path: Path
) -> None:
    (tmp_path / "hostile.sql").write_bytes(made())
    code, said = archgen("import", "sql", tmp_path / "hostile.sql")
    assert (code, where in said) == (2, True), said[-2000:]


def test_ddl_of_more_than_is_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hostile.sql").write_bytes(filled("-", "", 65 * 2**20))
    code, said = archgen("import", "sql", tmp_path / "hostile.sql")
    assert (code, "more than 64 MiB" in said) == (2, True), said


def circle(entities: int, fields: int) -> str:
    """JDL of entities that all need the next one, and the first of which is needed by
    the last.
    """
    body = " ".join(
        f"f{n} String required maxlength({n + 1})," for n in range(fields)
    ).rstrip(",")
    said = [f"entity E{n} {{ {body} }}" for n in range(entities)]
    said += [
        f"relationship ManyToOne {{ E{n}{{next required}} to E{(n + 1) % entities} }}"
        for n in range(entities)
    ]
    return "\n".join(said)


@pytest.mark.long
def test_three_hundred_entities_in_a_circle_are_taken_and_rendered_in_time(
    tmp_path: Path,
) -> None:
    """Each of 95 fields: 28,500 of them, and more than 300 are refused."""
    (tmp_path / "large.jdl").write_text(circle(300, 95))
    code, said = archgen(
        "import", "jdl", tmp_path / "large.jdl", "-o", tmp_path / "answers.yaml"
    )
    assert code == 0, said[-2000:]
    (tmp_path / "more.jdl").write_text(circle(301, 2))
    code, said = archgen("import", "jdl", tmp_path / "more.jdl")
    assert (code, "301 entities, and 300 are the most" in said) == (2, True), said[
        -2000:
    ]


@pytest.mark.long
@pytest.mark.parametrize("architecture", ["monolith", "microservices"])
def test_three_hundred_entities_are_a_project_in_time(
    architecture: str, tmp_path: Path
) -> None:
    (tmp_path / "large.jdl").write_text(circle(300, 10))
    given = (
        "--jdl",
        tmp_path / "large.jdl",
        "--architecture",
        architecture,
        "--no-input",
        "--no-git",
    )
    code, said = archgen("new", "large", *given, "--output", tmp_path)
    assert code == 0, said[-2000:]


def test_two_hundred_fields_are_refused_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "wide.jdl").write_text("\n\n" + circle(2, 200))
    code, said = archgen("import", "jdl", tmp_path / "wide.jdl")
    assert (code, "wide.jdl, line 3" in said and "and 100 are the most" in said) == (
        2,
        True,
    ), said[-2000:]


@pytest.mark.long
def test_everything_related_to_everything_ends(tmp_path: Path) -> None:
    names = [f"E{n}" for n in range(60)]
    kinds = ("OneToMany", "ManyToMany", "OneToOne", "ManyToOne")
    said = [f"entity {name} {{ x String }}" for name in names]
    for at, one in enumerate(names):
        for to, other in enumerate(names):
            said.append(
                f"relationship {kinds[(at + to) % 4]} {{ {one}{{r{to} required}} to {other}{{s{at} required}} }}"
            )
    (tmp_path / "dense.jdl").write_text("\n".join(said))
    code, told = archgen("import", "jdl", tmp_path / "dense.jdl")
    assert code == 2 and "dense.jdl, line " in told, told[-2000:]


@pytest.mark.long
@pytest.mark.parametrize(
    "unit",
    ["entity A\n", "entity A { x String }\n", "// a comment\n", "/** doc */ entity B\n", "@A(1) ", "A = 1\n", "dto * with mapstruct\n",
     "relationship ManyToMany { A to A }\n", "relationship OneToMany { A{b} to B{a}, ", "enum E { A, B }\n", "paginate A with pager\n"],
)  # fmt: skip
def test_jdl_as_long_as_it_may_be_is_read_or_refused_with_its_line(
    unit: str, tmp_path: Path
) -> None:
    (tmp_path / "long.jdl").write_bytes(
        filled(unit, "entity A { x String }\n", 2 * 2**20 - 100)
    )
    code, said = archgen("import", "jdl", tmp_path / "long.jdl")
    assert code == 0 or (code == 2 and "long.jdl, line " in said), said[-2000:]


@pytest.mark.long
def test_fifteen_hundred_tables_without_a_latin_letter_all_get_a_name_before_they_are_too_many(
    tmp_path: Path,
) -> None:
    """A thousand of one name were told to be a defect of archgen."""
    tables = "\n".join(
        f'CREATE TABLE "{chr(0x4E00 + n)}" (n int);' for n in range(1_500)
    )
    (tmp_path / "han.sql").write_text(tables, "utf-8")
    code, said = archgen("import", "sql", tmp_path / "han.sql")
    assert (code, "han.sql, line 1" in said, "and 300 are the most" in said) == (
        2,
        True,
        True,
    ), said[-2000:]


@pytest.mark.few(4)
@pytest.mark.parametrize("name", SCRIPTS)
def test_names_in_every_script_are_renamed_and_told_or_refused_with_their_line(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "names.sql").write_text(
        f'CREATE TABLE "{name}" (id int PRIMARY KEY, "{name}" int, "{name}2" text);',
        "utf-8",
    )
    (tmp_path / "names.jdl").write_text(f"entity {name} {{ {name} String }}", "utf-8")
    schema = {
        "type": "object",
        "properties": {name: {"type": "string"}, f"{name} 2": {"type": "integer"}},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": name, "version": "1"},
        "paths": {},
        "components": {"schemas": {name: schema}},
    }
    (tmp_path / "names.json").write_text(
        json.dumps(document, ensure_ascii=False), "utf-8"
    )
    for kind, file in (
        ("sql", "names.sql"),
        ("jdl", "names.jdl"),
        ("openapi", "names.json"),
    ):
        code, said = archgen("import", kind, tmp_path / file)
        assert code == 0 or (code == 2 and file in said), said[-2000:]
    answers = {
        "modules": {
            "shop": {"entities": {name: {"fields": {name: {"type": "string"}}}}}
        }
    }
    (tmp_path / "answers.json").write_text(
        json.dumps(answers, ensure_ascii=False), "utf-8"
    )
    code, said = archgen(
        "new",
        "odd",
        "-a",
        tmp_path / "answers.json",
        "--no-input",
        "--dry-run",
        "--output",
        tmp_path,
    )
    assert code == 2 and "modules.shop.entities" in said, said[-2000:]


def schemas(**said: object) -> bytes:
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "x", "version": "1"},
            "paths": {},
            "components": {"schemas": said},
        }
    ).encode()


DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "a circle of references": lambda: schemas(**{f"S{n}": {"$ref": f"#/components/schemas/S{(n + 1) % 5000}"} for n in range(5000)}),
    "itself": lambda: schemas(A={"$ref": "#/components/schemas/A"}),
    "all of itself": lambda: schemas(A={"allOf": [{"$ref": "#/components/schemas/A"}] * 50}),
    "all of all": lambda: schemas(
        **{f"S{n}": {"allOf": [{"$ref": f"#/components/schemas/S{n + 1}"}] * 2} for n in range(40)},
        S40={"type": "object", "properties": {"x": {"type": "string"}}},
    ),
    "objects within objects": lambda: schemas(
        **{f"S{n}": {"type": "object", "properties": {c: {"$ref": f"#/components/schemas/S{n + 1}"} for c in "ab"}} for n in range(40)},
        S40={"type": "object", "properties": {"x": {"type": "string"}}},
    ),
    "many schemas": lambda: schemas(**{f"S{n}": {"type": "object", "properties": {"x": {"type": "string"}}} for n in range(40_000)}),
    "wide schemas": lambda: schemas(A={"type": "object", "properties": {f"f{n}": {"type": "string"} for n in range(90_000)}}),
    "a long enum": lambda: schemas(A={"type": "object", "properties": {"x": {"enum": [f"v{n}" for n in range(300_000)]}}}),
}  # fmt: skip


@pytest.mark.few(3)
@pytest.mark.parametrize("made", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_hostile_openapi_document_is_read_or_refused(
    made: Callable[[], bytes], tmp_path: Path
) -> None:
    (tmp_path / "hostile.json").write_bytes(made())
    code, said = archgen("import", "openapi", tmp_path / "hostile.json")
    assert code == 0 or (code == 2 and "hostile.json" in said), said[-2000:]


ANSWERS: dict[str, Callable[[], object]] = {
    "wrong fields": lambda: {f"e{n}": {"fields": {f"f{m}": {"type": "strng"} for m in range(90)}} for n in range(90)},
    "wrong references": lambda: {
        f"e{n}": {"fields": {f"f{m}": {"type": "reference", "to": f"shop.nothing{n}{m}"} for m in range(80)}} for n in range(90)
    },
    "a circle of all": lambda: {
        f"e{n}": {"fields": {f"f{m}": {"type": "reference", "to": f"shop.e{m}", "required": True} for m in range(90)}} for n in range(90)
    },
    "cascades of all": lambda: {
        f"e{n}": {
            "fields": {f"f{m}": {"type": "reference", "to": f"shop.e{m}", "on_delete": "cascade"} for m in range(n)} or {"x": {"type": "string"}}
        }
        for n in range(90)
    },
    "paths of all": lambda: {
        f"e{n}": {
            "expand": [f"f{m}.f{k}.f0" for m in range(3) for k in range(3)],
            "fields": {f"f{m}": {"type": "reference", "to": f"shop.e{(n + m) % 90}"} for m in range(90)},
        }
        for n in range(90)
    },
}  # fmt: skip


@pytest.mark.few(2)
@pytest.mark.parametrize("made", ANSWERS.values(), ids=ANSWERS)
def test_hostile_answers_are_taken_or_refused_in_time(
    made: Callable[[], object], tmp_path: Path
) -> None:
    (tmp_path / "hostile.json").write_text(
        json.dumps({"modules": {"shop": {"entities": made()}}}, separators=(",", ":"))
    )
    code, said = archgen(
        "new",
        "odd",
        "-a",
        tmp_path / "hostile.json",
        "--no-input",
        "--dry-run",
        "--output",
        tmp_path,
    )
    assert code in (0, 2, 3) and (code == 0 or "modules.shop" in said), said[-2000:]
