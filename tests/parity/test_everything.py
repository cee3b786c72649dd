"""What the state machines are of says all that the language has words for, and each of
it is sent.
"""

from __future__ import annotations

from tests.parity.everything import EVERYTHING, IN_SQL, REQUIRED, VALUES
from tests.support.words import list_words, said_words

from archgen.domain.schema import ModuleSpec

SQL_ALONE = ("totals", "filters", "sorts", "search", "table")


def test_everything_that_there_are_words_for_is_in_it() -> None:
    """Files apart, which have a machine of their own (`test_files.py`)."""
    said = {*said_words(IN_SQL["modules"])}
    missing = [
        word for word in list_words() if word not in said and "file" not in word.split()
    ]
    # the first says the same as `required`, the second is what `rename module` writes
    assert missing == ["references min", "module stored_as"]


def test_what_every_database_serves_is_compared_on_each() -> None:
    said = {*said_words(EVERYTHING["modules"])}
    missing = {*said_words(IN_SQL["modules"])} - said
    assert {
        word.split()[0].removeprefix("entity ")
        for word in missing
        if not word.startswith("entity ")
    } <= {*SQL_ALONE}
    assert {
        word.removeprefix("entity ") for word in missing if word.startswith("entity ")
    } == {*SQL_ALONE}


def test_every_field_of_every_entity_is_sent() -> None:
    """Those apart that no body has."""
    for content in EVERYTHING["modules"].values():
        for name, entity in ModuleSpec.model_validate(content).entities.items():
            plural = entity.pluralize(name)
            fields = {
                key for key, field in entity.fields.items() if field.set_by != "caller"
            }
            assert {*VALUES[plural]} == fields, plural
            assert {
                key
                for key in fields
                if entity.fields[key].needed and entity.fields[key].type != "slug"
            } == REQUIRED[plural]
