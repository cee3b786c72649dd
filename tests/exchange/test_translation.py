"""What another tool's domain becomes: answers that are taken, names that will do, and a
note for all that is not the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.answers.yaml_reader import read_yaml
from archgen.errors import InputError, Mistakes
from archgen.exchange.answers_file import write_answers
from archgen.exchange.jdl_reader import TYPES, read_jdl
from archgen.exchange.language import CHILD
from archgen.exchange.translation import Translated, translate

EVERYTHING = Path(__file__).with_name("everything.jdl")
Import = Callable[[str], Translated]


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    def write_and_import(text: str) -> Translated:
        path = tmp_path / "d.jdl"
        path.write_text(text)
        return translate(read_jdl([path]))

    return write_and_import


def entities(found: Translated) -> dict[str, Any]:
    return {
        name: entity
        for module in found.document["modules"].values()
        for name, entity in module["entities"].items()
    }


def told(found: Translated) -> list[str]:
    return [
        f"{note.kind} {note.place} {note.what}: {note.message}" for note in found.notes
    ]


def accepted(found: Translated) -> None:
    """The answers file reads as what was made, and is taken."""
    text = write_answers(found.document, found.comments, found.head)
    read = read_yaml(text, "answers.yaml").data
    assert read == found.document
    resolve([from_record(read)])


def test_every_construct_is_taken_or_told() -> None:
    found = translate(read_jdl([EVERYTHING]))
    accepted(found)
    book = entities(found)["book"]["fields"]
    assert (
        entities(found)["book"]["totals"]
        and entities(found)["loan"]["totals"]
        and "totals" not in entities(found)["fine"]
    )
    assert (
        len(entities(found)["book"]["filters"]) == 16
        and "summary" not in entities(found)["book"]["filters"]
    )
    assert {"title", "summary"} <= {
        *entities(found)["book"]["search"]
    } and "search" not in entities(found)["loan"]
    assert (
        book["branches"]["type"] == "references"
        and book["branches"]["to"] == "city_library_domain.branch"
    )
    assert found.document["name"] == "city-library" and found.document["stack"] == {
        "auth": "oidc",
        "database": "postgresql",
    }
    assert list(found.document["modules"]) == [
        "billing",
        "lending",
        "city_library_domain",
    ]
    book = entities(found)["book"]["fields"]
    assert book["title"] == {
        "type": "string",
        "min_length": 2,
        "max_length": 40,
        "required": True,
    }
    assert book["price"] == {"type": "decimal", "scale": 3, "min": "0.001"}
    assert book["isbn"] == {
        "type": "string",
        "pattern": "^[0-9/-]{10,17}$",
        "unique": True,
    }
    assert book["weight"] == {"type": "number"}
    assert (book["bought_at"]["type"], book["reading_time"]["type"]) == (
        "zoned_datetime",
        "duration",
    )
    assert entities(found)["branch"]["audit"] is True
    assert book["scan"]["type"] == "file" and book["scan"]["required"] is True
    assert book["state"] == {"type": "enum", "enum": "state"}
    assert book["state2"] == {"type": "enum", "enum": "state", "required": True}
    assert found.document["modules"]["city_library_domain"]["enums"] == {
        "state": {
            "values": ["NEW", "USED", "LOST"],
            "labels": {"USED": "second hand", "LOST": "gone for good"},
        }
    }
    assert "created_at" not in book and book["book_id"] == {"type": "integer"}
    assert entities(found)["loan"]["fields"]["loan_from"] == {
        "type": "datetime",
        "required": True,
    }
    assert (entities(found)["loan"]["expand"], entities(found)["book"]["display"]) == (
        ["book"],
        ["title"],
    )
    lines = told(found)
    source = EVERYTHING.read_text().splitlines()
    for kind, written, says in (
        (
            "changed",
            "entity Book",
            "Book: the table books_of_old: the database is PostgreSQL",
        ),
        ("changed", "entity Book", "Book: its description is a comment"),
        ("unsaid", "@Trimmed", "Book.title: @Trimmed"),
        ("changed", "opensAt", "Book.opensAt: a string such as 14:30:00"),
        ("changed", "scan AnyBlob", "Book.scan: a file: an image, PDF"),
        ("changed", "createdAt", "Book.createdAt: every row has created_at"),
        (
            "unsaid",
            "Book{loans",
            "Book{loans} to Loan{book}: at least one of the other end: a row is made before",
        ),
        (
            "unsaid",
            "Book{branches",
            "Book{branches(name)}: which field shows the other end of a relation: it is none",
        ),
        ("changed", "Branch{parent", "branch.parent: not required: it closes a circle"),
        ("unsaid", "Book to Authority", "Book to Authority: roles are"),
        ("changed", "Book{branches", "Book{branches} to Branch{books}: at most"),
        (
            "changed",
            "User{reads}",
            "User{reads} to Book: Book refers to accounts, not the other way round",
        ),
        (
            "left",
            "paginate Fine",
            "Fine: paginate infinite-scroll: every list has pages",
        ),
        ("changed", "readOnly", "Branch: readOnly: only staff"),
        ("unsaid", "filter Book", "book: filter: not by "),
        ("unsaid", "clusterBy", "Book: clusterBy shelf: an option"),
        ("left", "skipClient", "Fine: skipClient: of a front-end"),
        (
            "left",
            "deploymentType",
            "deployment deploymentType docker-compose: a setting of Java",
        ),
    ):
        place = next(number for number, line in enumerate(source, 1) if written in line)
        begin = f"{kind} everything.jdl:{place} {says}"
        assert any(line.startswith(begin) for line in lines), (begin, lines)


def test_relations_of_all_kinds_become_references(imported: Import) -> None:
    found = imported(
        "entity A\nentity B { n String }\nrelationship OneToMany { A{bs} to B{a required} }\n"
        "relationship ManyToOne { B{other} to A }\nrelationship OneToOne { B{twin required} to A{b} }\n"
        "relationship ManyToMany { A{many} to B{manies} }"
    )
    accepted(found)
    made = entities(found)
    assert made["b"]["fields"] == {
        "n": {"type": "string"},
        "a": {
            "type": "reference",
            "to": "core.a",
            "required": True,
            "indexed": True,
            "listed_as": "bs",
        },
        "other": {"type": "reference", "to": "core.a", "indexed": True},
        "twin": {
            "type": "reference",
            "to": "core.a",
            "required": True,
            "one_to_one": True,
            "listed_as": "b",
        },
    }
    assert made["a"]["fields"] == {
        "many": {"type": "references", "to": "core.b", "listed_as": "manies", "max": 23}
    }


def test_what_shows_the_other_end_is_displayed_and_comes_along(
    imported: Import,
) -> None:
    """Where both are of one module; of the other side's list nothing is missing, since
    it has whole rows.
    """
    found = imported(
        "entity Town { name String required, mayorName String, arms Blob }\nentity House { no Integer }\n"
        "relationship ManyToOne { House{town(name)} to Town{houses(no)}, House{birthTown(mayorName)} to Town }\n"
        "relationship ManyToMany { Town{twins(name)} to Town{twinOf} }\n"
        "relationship ManyToOne { House{bought(id)} to Town, House{seen(arms)} to Town, House{owner(login)} to User }"
    )
    accepted(found)
    town, house = entities(found)["town"], entities(found)["house"]
    assert (town["display"], town["expand"]) == (["name", "mayor_name"], ["twins"])
    assert house["expand"] == ["town", "birth_town"] and "display" not in house
    notes = {(note.kind, note.what): note.message for note in found.notes}
    assert notes["left", "Town{houses(no)}"] == "the list of that side shows whole rows"
    assert ("left", "House{bought(id)}") in notes
    assert "none of its simple fields" in notes["unsaid", "House{seen(arms)}"]
    assert "an account shows nobody" in notes["unsaid", "House{owner(login)}"]


def test_modules_that_would_show_each_other_s_rows_show_those_of_one(
    imported: Import,
) -> None:
    """The second is told: each would wait for the other."""
    found = imported(
        "entity Town { name String }\nentity House { no Integer }\n"
        "relationship ManyToOne { House{town(name)} to Town, Town{hall(no)} to House }\n"
        "microservice Town with places\nmicroservice House with estate"
    )
    accepted(found)
    town, house = entities(found)["town"], entities(found)["house"]
    assert (town["display"], house["expand"]) == (
        ["name"],
        ["town"],
    ) and "expand" not in town
    assert any(
        note.what == "Town{hall(no)}" and "in a circle" in note.message
        for note in found.notes
    )


def test_a_many_to_many_that_needs_one_is_required_at_the_end_that_holds_it(
    imported: Import,
) -> None:
    found = imported(
        "entity A { n String }\nentity B { n String }\nrelationship ManyToMany { A{bs required} to B{as} }\n"
        "relationship ManyToMany { A{others} to B{others required} }"
    )
    accepted(found)
    fields = entities(found)["a"]["fields"]
    assert fields["bs"]["required"] is True and "required" not in fields["others"]
    assert [line for line in told(found) if "at least one" in line] == [
        f"unsaid d.jdl:4 A{{others}} to B{{others}}: {CHILD}"
    ]


def test_a_table_keeps_its_name_where_the_path_has_another(imported: Import) -> None:
    found = imported(
        "entity A(as_of_old) { n String }\nentity B(as_of_old) { n String }\nentity C(cs) { n String }\n"
        "entity D(outbox) { n String }\nentity E(bs) { n String }"
    )
    accepted(found)
    made = entities(found)
    assert [one.get("table") for one in made.values()] == [
        "as_of_old",
        None,
        None,
        None,
        None,
    ]
    assert found.document["stack"] == {"database": "postgresql"}
    assert [line for line in told(found) if "table" in line] == [
        "changed d.jdl:1 A: the table as_of_old: the database is PostgreSQL, also for functions; DynamoDB does not serve it",
        "unsaid d.jdl:2 B(as_of_old): a table name of its own: another has it",
        "unsaid d.jdl:4 D(outbox): a table name of its own: outbox is a table of every project",
        "unsaid d.jdl:5 E(bs): a table name of its own: another has it",
    ]


def test_an_id_of_the_entity_s_own_is_a_key_beside_that_of_every_row(
    imported: Import,
) -> None:
    found = imported(
        "entity Lamp { @Id code String maxlength(300), @id when Instant, watts Integer }\n"
        "entity Bulb { @Id lampId Long }\nrelationship OneToOne { Bulb{lamp} to @Id Lamp with jpaDerivedIdentifier }"
    )
    accepted(found)
    made = entities(found)
    assert made["lamp"]["keys"] == ["code"] and made["bulb"]["keys"] == ["lamp_id"]
    assert made["lamp"]["fields"]["code"] == {
        "type": "string",
        "max_length": 255,
        "required": True,
        "unique": True,
    }
    assert made["bulb"]["fields"]["lamp"]["one_to_one"]
    said = told(found)
    assert "unsaid d.jdl:1 Lamp.when: the key of its entity: a datetime is none" in said
    assert [line for line in said if line.startswith("changed d.jdl:2 Bulb.lampId")]
    assert {line.partition(" ")[0] for line in said if "an id of its own" in line} == {
        "left"
    }


def test_an_option_may_have_a_capital_before_its_entity(imported: Import) -> None:
    found = imported(
        "@ReadOnly @Paginate(pagination) @ChangelogDate(20240101) @SkipClient entity Lamp { a String }"
    )
    accepted(found)
    lamp = entities(found)["lamp"]
    assert lamp["totals"] and lamp["access"] == {"write": "staff"}
    assert not any(line.startswith("unsaid") for line in told(found))


def test_no_field_has_a_name_that_lists_of_its_entity_take_for_themselves(
    imported: Import,
) -> None:
    found = imported(
        "entity Lamp { size Integer, after LocalDate, search String, watts Integer }\nentity Page { size Integer, search String }\n"
        "relationship ManyToOne { Lamp{page} to Page, Page{after} to Page }\n"
        "paginate Lamp with pagination\nfilter Lamp\nsearch Lamp with elasticsearch"
    )
    accepted(found)
    lamp, page = entities(found)["lamp"], entities(found)["page"]
    assert list(lamp["fields"]) == [
        "lamp_size",
        "lamp_after",
        "lamp_search",
        "watts",
        "page_page",
    ]
    assert lamp["filters"] == [*lamp["fields"]] and lamp["search"] == ["lamp_search"]
    assert list(page["fields"]) == ["size", "search", "after_page"]
    assert not any(line.startswith("unsaid") for line in told(found))


def test_lists_are_filtered_by_times_that_every_row_has_where_the_source_has_them(
    imported: Import,
) -> None:
    found = imported(
        "entity Lamp { createdAt Instant, createdAtTo Instant, shade String, shadeTo String, tone Long, toneTo Long }\n"
        "entity Bulb { watts Integer }\nrelationship ManyToMany { Lamp{bulbs} to Bulb }\nfilter *"
    )
    accepted(found)
    assert entities(found)["lamp"]["filters"] == [
        "shade",
        "shade_to",
        "tone",
        "created_at",
    ]
    (unsaid,) = [line for line in told(found) if line.startswith("unsaid")]
    assert "not by created_at_to, tone_to (" in unsaid


def test_user_is_the_account_unless_it_is_declared_with_fields(
    imported: Import,
) -> None:
    text = "entity User {}\nentity A { n String }\nrelationship ManyToOne { A{user(login)} to User }"
    assert entities(imported(text))["a"]["fields"]["user"]["to"] == "accounts.account"
    own = imported(text.replace("{}", "{ login String }"))
    accepted(own)
    assert entities(own)["a"]["fields"]["user"]["to"] == "core.user"


def test_names_that_are_taken_are_others_and_told(imported: Import) -> None:
    found = imported(
        "entity Job { id Long, self String, class String, modelYear Integer, limit Integer, List String, list String }\n"
        "entity A { n String }\nentity AIn { n String }\nentity Account { n String }\nentity File { data Blob }\n"
        f"entity {'Long' * 20} {{ {'x' * 60} String {'x' * 61} String }}\nentity Écran {{ größe String, имя String }}\n"
        "relationship ManyToOne { A{limit} to Job }"
    )
    accepted(found)
    made = entities(found)
    assert made["job"]["plural"] == "job_list"
    assert list(made["job"]["fields"]) == [
        "job_id",
        "job_self",
        "job_class",
        "job_model_year",
        "limit",
        "job_list",
        "list_value",
    ]
    assert "limit" not in made["a"]["fields"] and {
        "core_a_in",
        "core_account",
        "core_file",
        "ecran",
    } <= set(made)
    because = {one.was: one.because for one in found.renamed}
    assert "another entity" in (because["Account"] or "") and because["Job"] is None
    assert all(one.place.file == "d.jdl" for one in found.renamed)


def test_circles_of_required_references_are_opened_at_one_place(
    imported: Import,
) -> None:
    found = imported(
        "entity A\nentity B\nentity C\nrelationship ManyToOne { A{b required} to B, B{c required} to C, C{a required} to A }"
    )
    accepted(found)
    assert [line for line in told(found) if "circle" in line] == [
        "changed d.jdl:4 c.a: not required: it closes a circle in which no row could be the first"
    ]


def test_a_relation_that_is_said_from_both_ends_is_one(imported: Import) -> None:
    found = imported(
        "entity A\nentity B\nrelationship OneToMany { A{bs} to B{a} }\nrelationship ManyToOne { B{a required} to A{bs} }"
    )
    assert entities(found)["b"]["fields"] == {
        "a": {
            "type": "reference",
            "to": "core.a",
            "indexed": True,
            "listed_as": "bs",
            "required": True,
        }
    }
    assert any("is there already" in line for line in told(found))


def test_what_is_said_of_an_enum_stands_above_it(imported: Import) -> None:
    found = imported(
        "/** of one */ enum E { X }\n/** of many */ enum F { Y }\nentity A { e E, f F }\nentity B { f F }"
    )
    enum = found.document["modules"]["core"]["entities"]["a"]["fields"]["f"]["enum"]
    assert found.comments["modules", "core", "entities", "a", "fields", "e"] == [
        "of one"
    ]
    assert found.comments["modules", "core", "enums", enum] == ["of many"]
    assert [line for line in told(found) if "description" in line] == [
        "changed d.jdl:1 enum E: its description is a comment of the answers file",
        "changed d.jdl:2 enum F: its description is a comment of the answers file",
    ]


def test_an_option_that_is_taken_back_for_some_does_nothing_there(
    imported: Import,
) -> None:
    found = imported(
        "entity A { n String }\nentity B { n String }\nsearch * with elasticsearch\npaginate * with pagination\n"
        "search B with no\npaginate B with no"
    )
    made = entities(found)
    assert (
        made["a"]["search"] == ["n"]
        and made["a"]["totals"]
        and not {"search", "totals"} & made["b"].keys()
    )
    assert "left d.jdl:5 B: search no: none is asked for" in told(found)


def test_the_other_side_is_a_plural_where_its_word_has_one(imported: Import) -> None:
    found = imported(
        "entity A\nrelationship ManyToMany { A{blocks} to A{blockedBy}, A{likes} to A{fan}, A{knows} to A{knownBy} }"
    )
    accepted(found)
    sides = {
        name: one["listed_as"] for name, one in entities(found)["a"]["fields"].items()
    }
    assert sides == {"blocks": "blocked_by", "likes": "fans", "knows": "known_by"}


def test_bounds_that_do_not_fit_are_told(imported: Import) -> None:
    found = imported(
        "entity A { a Integer min(2.5) max(99999999999999999999), b String maxlength(0), c String maxlength(20000), d String unique maxlength(900)\n"
        " e TextBlob unique, f Integer min(5) max(1), g Boolean unique min(1), h ImageBlob required minbytes(3), i BigDecimal max(0.1234),\n"
        " j Double max(0.5), k String pattern(/^(?=x)y$/) minlength(3), l Integer max("
        + "9" * 5000
        + ") m String minlength(0) }"
    )
    accepted(found)
    fields = entities(found)["a"]["fields"]
    assert fields["a"] == {"type": "integer", "min": 3} and fields["b"] == {
        "type": "string"
    }
    assert (
        fields["c"] == {"type": "text", "max_length": 20000}
        and fields["d"]["max_length"] == 255
    )
    assert fields["e"] == {"type": "string", "unique": True} and fields["i"] == {
        "type": "decimal",
        "scale": 4,
        "max": "0.1234",
    }
    assert fields["j"] == {"type": "number", "max": 0.5} and fields["k"] == {
        "type": "string",
        "min_length": 3,
    }
    assert fields["l"] == {"type": "integer"} and fields["m"] == {"type": "string"}
    assert any(
        "looks ahead" in note.message for note in found.notes if note.what == "A.k"
    )
    assert fields["g"] == {"type": "boolean"} and fields["h"] == {
        "type": "file",
        "required": True,
    }
    assert len([note for note in found.notes if note.what == "A.f"]) == 1


def test_an_enum_with_too_many_values_is_a_string(imported: Import) -> None:
    found = imported(
        "entity A { e E, f F }\nenum E { "
        + ", ".join(f"V{n}" for n in range(200))
        + " }\nenum F {}"
    )
    accepted(found)
    assert entities(found)["a"]["fields"] == {
        "e": {"type": "string"},
        "f": {"type": "string"},
    }


def test_services_are_modules_and_a_large_monolith_is_grouped(imported: Import) -> None:
    services = imported(
        "entity A\nentity B\nentity C\nmicroservice A with one\nmicroservice B with two"
    )
    modules = {
        name: list(one["entities"])
        for name, one in services.document["modules"].items()
    }
    assert (
        modules == {"one": ["a"], "two": ["b"], "d_domain": ["c"]}
        and services.document["architecture"] == "microservices"
    )
    text = (
        "\n".join(f"entity E{n} {{ n String }}" for n in range(250))
        + "\nrelationship ManyToOne {\n"
    )
    text += (
        "\n".join(
            [f"E{n} to E0" for n in range(1, 120)]
            + [f"E{n} to E130" for n in range(131, 140)]
        )
        + "}"
    )
    large = imported(text)
    accepted(large)
    sizes = {
        name: len(one["entities"]) for name, one in large.document["modules"].items()
    }
    assert sizes == {"e0": 100, "e0_2": 20, "e130": 10, "core": 100, "core_2": 20}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ("d.jdl", "declares no entity")),
        ("enum A { B }", ("d.jdl", "declares no entity")),
        (
            "\n\nentity A {" + "\n".join(f"f{n} String" for n in range(120)) + "}",
            ("d.jdl, line 3", "has 120 fields, and 100 are the most"),
        ),
        (
            "\n".join(f"entity E{n}" for n in range(301)),
            ("d.jdl, line 1", "has 301 entities, and 300 are the most"),
        ),
    ],
)
def test_what_is_larger_than_a_project_is_told_with_its_line(
    imported: Import, text: str, told: tuple[str, str]
) -> None:
    with pytest.raises(InputError) as failed:
        imported(text)
    first = failed.value.mistakes[0]
    assert first.where == told[0] and told[1] in first.message


@pytest.mark.timeout(30)
def test_as_many_entities_as_a_project_has_are_done_in_time(imported: Import) -> None:
    text = "\n".join(
        f"entity E{n} {{ {' '.join(f'f{m} String required' for m in range(20))} }}"
        for n in range(300)
    )
    found = imported(
        text
        + "\nrelationship ManyToOne {"
        + "\n".join(f"E{n}{{x required}} to E{(n * 7 + 1) % 300}" for n in range(300))
        + "}"
    )
    assert (
        sum(len(one["entities"]) for one in found.document["modules"].values()) == 300
    )


WORDS = st.sampled_from(
    [
        "id", "self", "order", "Order", "orders", "user", "User", "list", "type", "model_x", "createdAt", "version", "x" * 60, "X" * 61,
        "größe", "имя", "名", "_a", "a_", "a__b", "A", "AIn", "Job", "File", "Account", "limit", "import", "class", "Any", "Entity", "A1", "None",
    ]
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> str:
    """JDL that its own tool might take, with every name that could be in the way."""
    names = draw(st.lists(WORDS, min_size=1, max_size=8, unique=True))
    parts = ["enum Kind { A, B(label), _c }"]
    for name in names:
        fields = [
            f"  {field} {draw(st.sampled_from([*TYPES, 'Kind']))} {draw(st.sampled_from(['', 'required', 'unique', 'min(3)', 'maxlength(9000)', 'required unique']))}"
            for field in draw(st.lists(WORDS, max_size=6))
        ]
        parts.append(f"entity {name} {{\n" + "\n".join(fields) + "\n}")
    for _ in range(draw(st.integers(0, 8))):
        kind = draw(
            st.sampled_from(["OneToOne", "OneToMany", "ManyToOne", "ManyToMany"])
        )
        ends = [
            draw(st.sampled_from([*names, "User"]))
            + draw(
                st.sampled_from(
                    [
                        "",
                        f"{{{draw(WORDS)}}}",
                        f"{{{draw(WORDS)} required}}",
                        f"{{{draw(WORDS)}(id)}}",
                    ]
                )
            )
            for _ in range(2)
        ]
        parts.append(f"relationship {kind} {{ {ends[0]} to {ends[1]} }}")
    parts.append(
        draw(
            st.sampled_from(
                [
                    "",
                    "paginate * with pagination",
                    f"microservice {names[0]} with accounts",
                    "readOnly all",
                ]
            )
        )
    )
    return "\n".join(parts)


@given(documents())
def test_whatever_the_names_the_answers_are_taken(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("jdl") / "any.jdl"
    path.write_text(text)
    mistakes = Mistakes()
    found = mistakes.of(lambda: translate(read_jdl([path])), None)
    assert [mistake.message for mistake in mistakes] in ([], ["declares no entity"]), (
        text
    )
    if found is not None:
        accepted(found)


def test_files_of_others_are_taken() -> None:
    """The folder that ARCHGEN_DOMAINS names, and this one: each file is accepted, with
    its renames told.
    """
    folders = [
        EVERYTHING.parent,
        *map(Path, filter(None, [os.environ.get("ARCHGEN_DOMAINS")])),
    ]
    files = [
        path
        for folder in folders
        for path in sorted(folder.iterdir())
        if path.suffix in (".jdl", ".jh")
    ]
    assert files
    for path in files:
        found = translate(read_jdl([path]))
        accepted(found)
        assert found.taken["entities"] and all(
            one.because or one.was != one.name for one in found.renamed
        )


@pytest.mark.parametrize("said", ["--5", "\u00b2", "9" * 5000])
def test_a_default_that_is_no_number_is_left_out_and_told(
    imported: Import, said: str
) -> None:
    found = imported(f'entity A {{ @defaultValue("{said}") n Integer }}')
    accepted(found)
    assert "default" not in entities(found)["a"]["fields"]["n"]
    assert any(note.what == "A.n" for note in found.notes)
