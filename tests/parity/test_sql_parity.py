"""SQLite and PostgreSQL cannot be told apart by what SQL alone serves either: filters
that combine, ranges and sets, orders of several, pages by number, searches, tables of
other names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule
from tests.parity.everything import IN_SQL, TARGETS, VALUES
from tests.parity.systems import ABSENT, running, write_project
from tests.parity.test_parity import EXAMPLES_EACH, WHO, Twins, drive
from tests.support.postgres import postgres

from archgen.domain.schema import ORDERED, TIMES, EntitySpec, ModuleSpec

SPECS: dict[str, EntitySpec] = {
    entity.pluralize(name): entity
    for content in IN_SQL["modules"].values()
    for name, entity in ModuleSpec.model_validate(content).entities.items()
}
COMBINED = [plural for plural, spec in SPECS.items() if any(spec.combined)]
NUMBERED = [plural for plural, spec in SPECS.items() if spec.totals]
SEARCHED = [plural for plural, spec in SPECS.items() if spec.search]
SEARCHES = ["a", "A", "b", "a b", "once", "ONCE upon", "time onc", "fox", "É", "e\u0301", "京", "京都", "東京都庁", "ü" * 200, "ü" * 201, "😀", "", "!", "z", "c" * 255,
            "a OR b", 'a"b', "a*", "\0", "a " * 21]  # fmt: skip
MOMENTS = [
    "2024-01-01T00:00:00Z",
    "2100-01-01T00:00:00+02:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
]
SOME = [None, "nonsense", *MOMENTS, "2024-01-01", "0", "-1e3", "9" * 30, "", "NaN", "1e400", "\0", "é" * 300, "P9999999D",
        "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", str(2**63), "True"]  # fmt: skip


class SqlTwins(Twins):
    """As twins, asked besides for what DynamoDB has no words for."""

    def one(self, data: st.DataObject, plural: str, name: str) -> Any:
        """A value that a list may be filtered by; now and then one that no row can
        have.
        """
        if name in TIMES:
            return data.draw(st.sampled_from(MOMENTS))
        if data.draw(st.integers(0, 15)) == 15:
            return data.draw(st.sampled_from(SOME))
        found = self.value(data, plural, name)
        found = (found or [ABSENT])[0] if VALUES[plural][name] == ["refs"] else found
        return str(found).lower() if isinstance(found, bool) else found

    @rule(
        data=st.data(),
        plural=st.sampled_from(COMBINED),
        who=WHO,
        limit=st.sampled_from([1, 2, 5, 20]),
    )
    def combine(self, data: st.DataObject, plural: str, who: str, limit: int) -> None:
        """Any filters, of one value, of several or of a range, and any orders: by
        cursors, and by numbers where there are some.
        """
        spec, query = SPECS[plural], dict[str, Any]()
        exact, sorts = spec.combined
        exact += tuple(
            name
            for name in TARGETS
            if name in spec.fields and spec.fields[name].type == "references"
        )
        for name in (
            data.draw(st.lists(st.sampled_from(exact), max_size=3, unique=True))
            if exact
            else ()
        ):
            ranged = name in TIMES or spec.fields[name].type in ORDERED
            if ranged and (name in TIMES or data.draw(st.booleans())):
                for end in data.draw(
                    st.sampled_from((["_from"], ["_to"], ["_from", "_to"]))
                ):
                    query[name + end] = self.one(data, plural, name)
            else:
                query[name] = [
                    self.one(data, plural, name)
                    for _ in range(data.draw(st.sampled_from((1, 1, 2, 3))))
                ]
        query = {
            name: value for name, value in query.items() if value not in (None, [None])
        }
        words = (
            data.draw(st.lists(st.sampled_from(sorts), max_size=3, unique=True))
            if sorts
            else []
        )
        if words:
            query["sort"] = ",".join(
                data.draw(st.sampled_from(("", "-"))) + word for word in words
            )
        self.pages(who, f"/api/{plural}", {**query, "limit": limit})
        self.count(data, who, plural, query)

    @rule(data=st.data(), plural=st.sampled_from(NUMBERED), who=WHO)
    def number(self, data: st.DataObject, plural: str, who: str) -> None:
        self.count(data, who, plural, {})

    def count(
        self, data: st.DataObject, who: str, plural: str, query: dict[str, Any]
    ) -> None:
        """A page by its number: on SQL of entities with totals, of others the same
        refusal.
        """
        page, size = (
            data.draw(st.sampled_from((1, 1, 2, 3, 0, 10**9))),
            data.draw(st.sampled_from((1, 3, 20))),
        )
        self.page(
            who, f"/api/{plural}", {**query, "page": page, "size": size}, (None, None)
        )

    @rule(
        data=st.data(),
        plural=st.sampled_from(SEARCHED),
        who=WHO,
        words=st.sampled_from(SEARCHES),
    )
    def search(self, data: st.DataObject, plural: str, who: str, words: str) -> None:
        self.pages(
            who,
            f"/api/{plural}",
            {"search": words, "limit": data.draw(st.sampled_from([1, 20]))},
        )
        self.count(data, who, plural, {"search": words})

    @rule(target=Twins.rows, data=st.data(), who=WHO)
    def write_words(self, data: st.DataObject, who: str) -> Any:
        """A row that searches find or no longer find."""
        return (
            self.add(data, data.draw(st.sampled_from(SEARCHED)), who, "") or multiple()
        )

    def teardown(self) -> None:
        try:
            for plural in SEARCHED:
                for words in SEARCHES:
                    self.page(
                        "staff",
                        f"/api/{plural}",
                        {"search": words, "limit": 100},
                        (None, None),
                    )
        finally:
            super().teardown()


@pytest.mark.real
@pytest.mark.timeout(1800)
def test_sqlite_and_postgresql_agree(
    tmp_path_factory: pytest.TempPathFactory, containers: None
) -> None:
    folder: Path = tmp_path_factory.mktemp("sql")
    first, second = (
        write_project(folder, f"sql-{name}", "monolith", IN_SQL)
        for name in ("sqlite", "postgresql")
    )
    with (
        postgres() as server,
        running(first, database_url=f"sqlite+aiosqlite:///{folder}/data") as sqlite,
        running(second, database_url=f"{server}/postgres") as postgresql,
    ):
        drive(sqlite, postgresql, EXAMPLES_EACH, SqlTwins)
