"""`archgen import` gives answers and says what became of all that was there; `archgen
new --jdl` makes the project.
"""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Archgen

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_file
from archgen.exchange.language import CHILD
from archgen.generator.record import load_record

DOMAIN = """
entity Order { id Long, name String required }
entity Line (lines) { amount LocalTime }
relationship OneToMany { Order{lines(name) required} to Line{order} }
paginate * with pagination
dto * with mapstruct
"""


def test_answers_go_to_stdout_and_the_report_to_stderr(
    archgen: Archgen, folder: Path
) -> None:
    (folder / "d.jdl").write_text(DOMAIN)
    told = archgen("import", "jdl", "d.jdl")
    assert told.code == 0
    (folder / "answers.yaml").write_text(told.out)
    assert resolve([from_file(folder / "answers.yaml")]).domain.names == (
        "accounts",
        "core",
    )
    assert "      # d.jdl:2 Order\n      order:\n" in told.out
    assert told.err.startswith(
        "Took 2 entities, 3 fields, 1 relation\n  module core: 2 entities\nRenamed\n"
    )
    for line in (
        "  Order.id (d.jdl:2) is order_id: id is taken by what every entity has or its\n    code is written with",
        "Changed",
        "  a string such as 14:30:00, for a time of day: Line.amount (d.jdl:3)",
        "Could not be said",
        "  at least one of the other end: a row is made before those that refer to it, so\n    your service checks it, when it has to hold: Order{lines} to Line{order}\n    (d.jdl:4)",
        "Needs nothing here",
    ):
        assert f"\n{line}\n" in told.err, told.err
    assert max(map(len, told.err.splitlines())) <= 80


def test_with_a_file_to_write_the_report_goes_to_stdout(
    archgen: Archgen, folder: Path
) -> None:
    (folder / "d.jdl").write_text(DOMAIN)
    told = archgen("import", "jdl", "d.jdl", "-o", "answers.yaml")
    assert told.code == 0 and told.err == "" and "Took 2 entities" in told.out
    assert "archgen new -a answers.yaml makes a project of it" in told.out
    before = (folder / "answers.yaml").read_bytes()
    again = archgen("import", "jdl", "d.jdl", "-o", "answers.yaml")
    assert (
        again.code == 4
        and "is there already" in again.err
        and (folder / "answers.yaml").read_bytes() == before
    )
    assert archgen("import", "jdl", "d.jdl", "-o", "answers.yaml", "--force").code == 0
    assert archgen("import", "jdl", "d.jdl", "-o", ".").code == 4
    assert archgen("import", "jdl", "d.jdl", "-o", "no/where.yaml").code == 4


def test_the_document_has_every_note_with_its_place(
    archgen: Archgen, folder: Path
) -> None:
    (folder / "d.jdl").write_text(DOMAIN)
    told = archgen("import", "jdl", "d.jdl", "--json")
    document = told.document
    assert told.err == "" and document["written"] is None
    assert (
        document["answers"]["modules"]["core"]["entities"]["line"]["fields"]["order"][
            "to"
        ]
        == "core.order"
    )
    assert document["taken"] == {"entities": 2, "fields": 3, "relations": 1}
    assert {
        "file": "d.jdl",
        "line": 2,
        "was": "Order",
        "name": "order",
        "because": None,
    } in document["renamed"]
    unsaid = {"what": "Order{lines} to Line{order}", "message": CHILD}
    assert document["unsaid"] == [{"file": "d.jdl", "line": 4, **unsaid}]
    assert {one["what"] for one in document["left"]} == {
        "Order",
        "Line",
        "Order{lines(name)}",
    }
    assert {one["line"] for one in document["changed"]} == {3, 5}


def test_what_is_no_jdl_is_wrong_input(archgen: Archgen, folder: Path) -> None:
    (folder / "d.jdl").write_text("entity A {\n  a String\n")
    told = archgen("import", "jdl", "d.jdl", "nowhere.jdl", "-o", "answers.yaml")
    assert told.code == 2 and told.out == "" and not (folder / "answers.yaml").exists()
    assert "error: d.jdl, line 3, column 1: the file ends here; expected" in told.err
    assert "hint: a { has no } that closes it" in told.err
    assert "error: nowhere.jdl: cannot be read: No such file or directory" in told.err
    assert archgen("import", "jdl").code == 2
    assert archgen("import", "pdf", "x").code == 2


def test_a_project_is_made_of_it_and_other_answers_win(
    archgen: Archgen, folder: Path
) -> None:
    (folder / "d.jdl").write_text(DOMAIN)
    told = archgen(
        "new",
        "core",
        "--jdl",
        "d.jdl",
        "--set",
        "team_size=2",
        "--no-git",
        "--no-input",
    )
    assert told.code == 0 and "Could not be said" in told.err
    record = load_record(folder / "core/archgen.yaml")
    assert (record["name"], record["answers"]["team_size"]) == ("core", 2)
    assert list(record["answers"]["modules"]) == ["core_domain"]
    assert (
        "archgen new core --jdl d.jdl --set team_size=2 --no-git --no-input" in told.out
    )
    document = archgen("new", "--jdl", "d.jdl", "--no-git", "--json").document
    assert document["name"] == "d" and document["imported"]["taken"]["entities"] == 2


def test_a_mistake_of_the_whole_is_told_with_the_line(
    archgen: Archgen, folder: Path
) -> None:
    fields = "\n".join(f"f{number} String" for number in range(120))
    (folder / "d.jdl").write_text(f"\nentity A {{\n{fields}\n}}")
    told = archgen("new", "--jdl", "d.jdl", "--no-input")
    assert (
        told.code == 2
        and "d.jdl, line 2: modules.core.entities.a.fields: has 120 fields" in told.err
    )
