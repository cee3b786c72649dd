"""JDL is read whole, with the line of everything, and what is wrong is told where it
stands.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgen.errors import InputError, Mistakes
from archgen.exchange.jdl_reader import MOST_BYTES, read_jdl
from archgen.exchange.model import Side, SourceDomain

EVERYTHING = Path(__file__).with_name("everything.jdl")
Read = Callable[..., SourceDomain]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(*texts: str | bytes) -> SourceDomain:
        paths = []
        for index, text in enumerate(texts):
            paths.append(tmp_path / f"d{index}.jdl")
            paths[-1].write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_jdl(paths)

    return write_and_read


def line_of(text: str) -> int:
    return next(
        n
        for n, line in enumerate(EVERYTHING.read_text().splitlines(), 1)
        if text in line
    )


def test_every_construct_is_read() -> None:
    domain = read_jdl([EVERYTHING])
    assert (domain.name, domain.architecture) == ("cityLibrary", "microservices")
    assert list(domain.entities) == ["Book", "Loan", "Fine", "Reader", "Branch"]
    assert {name: entity.group for name, entity in domain.entities.items()} == {
        "Book": "cityLibrary",
        "Loan": "lending",
        "Fine": "billing",
        "Reader": "cityLibrary",
        "Branch": "cityLibrary",
    }
    book = domain.entities["Book"]
    assert (book.table, book.doc, book.place.line) == (
        "books_of_old",
        "What can be lent.\n@author nobody",
        line_of("entity Book"),
    )
    fields = {one.name: one for one in book.fields}
    assert (
        len(fields) == 19
        and fields["required"].type == "boolean"
        and fields["min"].type == "integer"
    )
    title = fields["title"]
    assert (title.required, title.bounds) == (
        True,
        {"minlength": "2", "maxlength": "40"},
    )
    assert (
        title.doc == "as it stands on the cover\nand nothing else"
        and title.annotations[0].name == "Trimmed"
    )
    assert fields["isbn"].unique and fields["isbn"].pattern == "^[0-9/-]{10,17}$"
    assert (
        fields["price"].bounds == {"min": "0.001"}
        and fields["boughtAt"].type == "zoned"
    )
    assert fields["state"].enum == fields["state2"].enum == "State"
    assert domain.enums["State"].values == [
        ("NEW", None),
        ("USED", "second hand"),
        ("LOST", "gone for good"),
    ]
    assert domain.enums["State"].doc == "of a book"
    settings = {one.key: one.value for one in domain.settings}
    assert (
        settings["languages"] == "en, pt-br"
        and settings["jwtSecretKey"] == "a secret, with a comma"
    )
    assert settings["deployment deploymentType"] == "docker-compose"


def test_a_comment_describes_what_it_stands_before_behind_or_in(read: Read) -> None:
    domain = read(
        "/** values */ enum E { A, /** the second */\n B }\n"
        "entity C { one E /** behind */\n/** before */ two String\n/** last of C */ }\n"
        "relationship OneToMany { /** a relation */ C{ds}\nto /** its end */ D{c}\n E2 to E2 }\n/** no entity */\n"
        "paginate C with pagination\nentity D\nentity E2"
    )
    assert domain.enums["E"].doc == "values\nthe second"
    assert {name: one.doc for name, one in domain.entities.items()} == {
        "C": "last of C",
        "D": "",
        "E2": "",
    }
    assert {one.name: one.doc for one in domain.entities["C"].fields} == {
        "one": "behind",
        "two": "before",
    }
    assert [one.doc for one in domain.relations] == ["a relation\nits end", ""]
    assert [str(note) for note in domain.notes if "no entity" in note.message] != []


def test_a_slash_within_a_pattern_does_not_end_it(read: Read) -> None:
    written = (r"/^a(\/)b$/", "/[/)]+/", r"/^[^\]\/)]*$/", '"a/)b"')
    fields = ", ".join(
        f"f{number} String pattern({pattern}) required"
        for number, pattern in enumerate(written)
    )
    found = [
        one.pattern for one in read(f"entity A {{ {fields} }}").entities["A"].fields
    ]
    assert found == ["^a(/)b$", "[/)]+", r"^[^\]/)]*$", "a/)b"]


def test_relations_have_their_ends_and_options() -> None:
    relations = read_jdl([EVERYTHING]).relations
    assert [one.kind for one in relations] == ["OneToMany"] + ["ManyToOne"] * 4 + [
        "OneToOne"
    ] * 2 + ["ManyToMany"] * 4
    first = relations[0]
    assert first.source == Side("Book", "loans", None, True) and first.target == Side(
        "Loan", "book", "title", True
    )
    assert first.doc == "who has it" and first.place.line == line_of("Book{loans")
    assert relations[3].source == Side("Fine") and relations[3].target == Side("Loan")
    assert [one.name for one in relations[2].annotations] == ["builtInEntity"]
    assert [(one.name, one.value) for one in relations[6].annotations] == [
        ("OnDelete", "cascade")
    ]


def test_options_reach_the_entities_that_they_name() -> None:
    domain = read_jdl([EVERYTHING])
    said = {
        name: [f"{a.name} {a.value}".strip() for a in one.annotations]
        for name, one in domain.entities.items()
    }
    assert (
        "service serviceImpl" in said["Reader"]
        and "service serviceImpl" not in said["Branch"]
    )
    assert "dto mapstruct" in said["Branch"] and "paginate pager" in said["Reader"]
    assert {"EnableAudit", "readOnly", "skipClient"} <= set(said["Branch"])
    assert (
        "ChangelogDate 20240101" in said["Book"] and "clusterBy shelf" in said["Book"]
    )


def test_what_an_option_says_may_stand_in_quotes_or_before_its_entity(
    read: Read,
) -> None:
    domain = read(
        'clientRootFolder Shelf with "../shop"\nentity Shelf (old-shelves) { a String }\n'
        '@Microservice("stock") @ReadOnly entity Lamp { a String }\nmicroservice Shelf with "front"'
    )
    shelf, lamp = domain.entities.values()
    assert (shelf.table, shelf.group, lamp.group) == ("old-shelves", "front", "stock")
    assert [(one.name, one.value) for one in shelf.annotations] == [
        ("clientRootFolder", "../shop")
    ]
    assert [one.name for one in lamp.annotations] == ["ReadOnly"]


def test_several_files_are_one_domain(read: Read) -> None:
    domain = read(
        "entity A { b B }",
        "enum B { X }\nrelationship ManyToOne { A{c} to C }",
        "entity C",
    )
    assert (
        list(domain.entities) == ["A", "C"]
        and domain.entities["A"].fields[0].enum == "B"
    )
    assert str(domain.relations[0].place) == "d1.jdl:2"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "entity A {\n  a String\n",
            ("line 3, column 1", "the file ends here", "a { has no } that closes it"),
        ),
        (
            "entiy A {\n}",
            (
                "line 1, column 9",
                "'{' is not what can stand here",
                "did you mean entity?",
            ),
        ),
        ("entity A {\n  a Integer max(3\n}", ("line 3, column 1", "expected )", "")),
        ("entity A { my-name String }", ("column 14", "expected a name", "")),
        (
            "relationship OneToFew {}",
            ("'OneToFew'", "OneToOne, OneToMany, ManyToOne or ManyToMany", ""),
        ),
        ("relationship OneToOne { A{b to C }", ("'to'", "expected", "")),
        (
            "entity A { a String maxlength 20 }",
            ("'20'", "expected", "a bound is written maxlength(20)"),
        ),
        (
            "# a comment\nentity A",
            (
                "line 1, column 1",
                "expected entity, enum, relationship, application, deployment or an option",
                "a comment is written // ...",
            ),
        ),
        ("entity A { a String; }", ("column 20", "expected", "ends with a comma")),
        (
            "enum E { A-B }",
            ("'-B'", "expected a comma", "a name has letters, digits and _"),
        ),
        (
            "/* never closed",
            (
                "line 1, column 1",
                "is not what can stand here",
                "a comment that begins with /* ends with */",
            ),
        ),
        (
            "entity A { a String pattern(x) }",
            ("line 1", "is not what can stand here", ""),
        ),
        (
            b"entity A {\n  \xe9 String\n}",
            ("line 2", "is not text in UTF-8", "save it as UTF-8"),
        ),
        (b"\x00", ("d0.jdl", "a byte that no text has", "")),
    ],
)
def test_what_is_no_jdl_is_told_with_its_place(
    read: Read, text: str, told: tuple[str, str, str]
) -> None:
    with pytest.raises(InputError) as failed:
        read(text)
    (mistake,) = failed.value.mistakes
    words = f"{mistake.where} {mistake.message} {mistake.hint}"
    assert words.startswith("d0.jdl") and all(part in words for part in told), words


def test_what_is_wrong_with_each_file_is_told_at_once(
    read: Read, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as failed:
        read("entity", "entity A", "x")
    assert [mistake.where.partition(",")[0] for mistake in failed.value.mistakes] == [
        "d0.jdl",
        "d2.jdl",
    ]
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_jdl([tmp_path / "nowhere.jdl"])
    with pytest.raises(InputError, match="is a folder"):
        read_jdl([tmp_path])


def test_what_makes_no_sense_is_noted_and_the_rest_is_read(read: Read) -> None:
    domain = read(
        "entity A { a Strng, a String, b Integer max(NOWHERE) }\nentity A { c String }\nenum E { X }\nenum E { Y }\n"
        "paginate Z with pagination\n@lost\nenum F { X, Y, X (again) }\n/** alone */"
    )
    told = [f"{note.place} {note.what}: {note.message}" for note in domain.notes]
    kinds = [note.kind for note in domain.notes]
    assert sorted(kinds) == ["left"] * 2 + ["unsaid"] * 9, told
    for part in (
        "d0.jdl:1 A.a: 'Strng' is no type of JDL and no enum of these files; did you mean String?; taken as a string",
        "d0.jdl:1 A.a: is declared twice; the first is kept",
        "d0.jdl:1 A.b: NOWHERE is a constant that no file declares",
        "d0.jdl:2 entity A: is declared at d0.jdl:1 already, which is kept",
        "d0.jdl:4 enum E: is declared at d0.jdl:3 already, which is kept",
        "d0.jdl:5 paginate pagination: names Z, which is no entity of these files",
        "d0.jdl:6 @lost: stands before what takes none",
        "d0.jdl:7 F.X: is declared twice; the first is kept",
        "d0.jdl:3 enum E: no field has its values",
        "d0.jdl:8 a comment: describes nothing: 'alone'",
    ):
        assert part in told


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(EVERYTHING.read_text().split()), max_size=60).map(
        " ".join
    )
)
def test_any_text_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("jdl") / "any.jdl"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    mistakes = Mistakes()
    mistakes.of(lambda: read_jdl([path]), SourceDomain())
    assert all(mistake.where.startswith("any.jdl") for mistake in mistakes)


@pytest.mark.parametrize(
    "bomb",
    [
        "{" * 1_000_000,
        "application { config { a " + "[" * 500_000,
        "/*" + "*" * 1_000_000,
        "entity A { a String pattern(" + "/ " * 400_000,
        "@" * 500_000,
        "@a" + "(" * 500_000,
        "x" * (MOST_BYTES + 1),
    ],
    ids=[
        "braces",
        "brackets",
        "comment",
        "pattern",
        "annotations",
        "arguments",
        "size",
    ],
)
@pytest.mark.timeout(30)
def test_a_bomb_is_refused_in_time(read: Read, bomb: str) -> None:
    with pytest.raises(InputError) as failed:
        read(bomb)
    assert all(len(mistake.message) < 300 for mistake in failed.value.mistakes)


def test_words_of_the_language_are_names_where_names_stand(read: Read) -> None:
    words = [
        "entity",
        "enum",
        "relationship",
        "application",
        "deployment",
        "config",
        "entities",
        "use",
        "for",
        "with",
        "to",
        "except",
        "all",
        "min",
        "pattern",
    ]
    fields = "\n".join(f"  @A(1) {word} String\n  {word}2 Integer" for word in words)
    domain = read(
        f"entity A {{\n{fields}\n}}\nrelationship ManyToOne {{ @A A{{@B to required}} to @C B\n B{{with(all)}} to A }}\nentity B"
    )
    assert [one.name for one in domain.entities["A"].fields] == [
        name for word in words for name in (word, f"{word}2")
    ]
    assert all(len(one.annotations) == 1 for one in domain.entities["A"].fields[::2])
    assert (
        domain.relations[0].source == Side("A", "to", None, True)
        and domain.relations[1].source.field == "with"
    )
    assert sorted(one.name for one in domain.relations[0].annotations) == [
        "A",
        "B",
        "C",
    ]
