"""Tables become entities, whether DDL defines them or a database has them; what is
hostile is refused in time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.errors import ArchgenError, InputError, Mistakes
from archgen.exchange.model import SourceDomain
from archgen.exchange.reflection import read_database
from archgen.exchange.sql_reader import read_sql
from archgen.exchange.sql_statements import guess_dialect, split_statements
from archgen.exchange.translation import Translated, translate

DUMP = """-- a dump
SET statement_timeout = 0;
CREATE TYPE public.order_kind AS ENUM ('a', 'b');
CREATE TABLE public.customers (
  id bigint NOT NULL, email character varying(120) NOT NULL, full_name text,
  balance numeric(12,3) DEFAULT 0.5 NOT NULL CHECK (balance >= 0), created_at timestamptz DEFAULT now()
);
/* with a ; within */
CREATE TABLE public.orders (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  code varchar(40) NOT NULL,
  kind public.order_kind DEFAULT 'a'::public.order_kind NOT NULL,
  customer_id bigint NOT NULL, manager_id bigint UNIQUE,
  tags text[], note text DEFAULT 'it''s; so', at timestamp with time zone NOT NULL DEFAULT now(),
  size text CHECK (size IN ('s', 'm')), CHECK (code <> note)
);
CREATE TABLE categories (id int PRIMARY KEY, parent_id int REFERENCES categories(id), name varchar(20) UNIQUE);
CREATE TABLE order_categories (
  order_id uuid REFERENCES orders(id), category_id int REFERENCES categories, PRIMARY KEY (order_id, category_id)
);
CREATE TABLE prices (day date, shop varchar(9), amount double precision, PRIMARY KEY (day, shop));
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
COPY public.orders (id, code) FROM stdin;
x\ty; 'CREATE TABLE foo (
\\.
CREATE FUNCTION f() RETURNS int AS $body$ BEGIN; CREATE TABLE inner_one (n int); END $body$ LANGUAGE plpgsql;
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.customers ADD CONSTRAINT c_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.orders ADD CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;
ALTER TABLE public.orders ADD CONSTRAINT fk2 FOREIGN KEY (manager_id) REFERENCES public.customers(id);
CREATE UNIQUE INDEX u ON public.orders USING btree (code, kind);
CREATE INDEX ix ON public.orders (at);
CREATE INDEX iy ON public.orders (lower(code));
CREATE VIEW v AS SELECT 1;
COMMENT ON COLUMN public.orders.code IS 'on the paper';
"""
MYSQL = r"""
CREATE TABLE `users` (
  `id` int unsigned NOT NULL AUTO_INCREMENT, `name` varchar(50) NOT NULL DEFAULT 'it\'s; `x`' COMMENT 'hm',
  `role` enum('admin','guest') NOT NULL DEFAULT 'guest', `active` tinyint(1) DEFAULT 1, `photo` longblob, `born` date,
  PRIMARY KEY (`id`), UNIQUE KEY `u` (`name`)
) ENGINE=InnoDB;
INSERT INTO `users` VALUES (1,'a\\',"b;"),(2,'CREATE TABLE x (');
CREATE TABLE `posts` (`id` int NOT NULL, `userId` int NOT NULL, PRIMARY KEY (`id`), KEY `k` (`userId`),
  CONSTRAINT `fk` FOREIGN KEY (`userId`) REFERENCES `users` (`id`) ON DELETE RESTRICT);
"""


@pytest.fixture
def imported(tmp_path: Path) -> Callable[[str], Translated]:
    def write_and_import(text: str) -> Translated:
        path = tmp_path / "d.sql"
        path.write_text(text)
        return translate(read_sql(path))

    return write_and_import


def entities(found: Translated) -> dict[str, Any]:
    resolve([from_record(found.document)])
    (module,) = found.document["modules"].values()
    return dict(module["entities"])


def told(found: Translated) -> list[str]:
    return [
        f"{note.kind} {note.place} {note.what}: {note.message}" for note in found.notes
    ]


def test_a_dump_of_postgresql_is_read_by_what_defines_tables(
    imported: Callable[[str], Translated],
) -> None:
    found = imported(DUMP)
    made = entities(found)
    assert list(made) == ["customer", "order", "category", "price"]
    assert made["customer"]["fields"] == {
        "email": {"type": "string", "max_length": 120, "required": True},
        "full_name": {"type": "text"},
        "balance": {"type": "decimal", "scale": 3, "min": 0, "default": "0.5"},
    }
    order = made["order"]
    assert order["fields"]["kind"] == {
        "type": "enum",
        "values": ["a", "b"],
        "default": "a",
    }
    assert order["fields"]["size"] == {"type": "enum", "values": ["s", "m"]}
    assert order["fields"]["customer"] == {
        "type": "reference",
        "to": "core.customer",
        "required": True,
        "indexed": True,
        "on_delete": "cascade",
    }
    assert order["fields"]["manager"] == {
        "type": "reference",
        "to": "core.customer",
        "one_to_one": True,
    }
    assert order["fields"]["category"]["type"] == "references"
    assert order["fields"]["note"]["default"] == "it's; so" and order["fields"][
        "at"
    ] == {
        "type": "datetime",
        "indexed": True,
    }
    assert order["unique"] == [["code", "kind"]] and made["price"]["unique"] == [
        ["day", "shop"]
    ]
    assert made["price"]["fields"]["day"] == {"type": "date", "required": True}
    lines = told(found)
    for part in (
        "left d.sql:2 SET: is passed over",
        "changed d.sql:4 customers.id: every row has an id, a UUID, in place of BIGINT",
        "changed d.sql:9 orders.tags: each a string of 10,000 characters at most",
        "changed d.sql:9 orders.tags: at most 100 values in one row (max_items)",
        "unsaid d.sql:9 orders: CHECK code <> note",
        "changed d.sql:9 orders.at: not required: DEFAULT CURRENT_TIMESTAMP cannot be said",
        "changed d.sql:21 prices: its key, day, shop, is unique together, beside an id",
        "left d.sql:22 alembic_version: a table of a tool",
        "left d.sql:23 COPY: is passed over",
        "unsaid d.sql:26 CREATE FUNCTION: is passed over",
        "unsaid d.sql:33 CREATE INDEX iy",
        "unsaid d.sql:34 CREATE VIEW: is passed over",
    ):
        assert any(line.startswith(part) for line in lines), (part, lines)


def test_arrays_and_composite_types_are_lists_and_objects(
    imported: Callable[[str], Translated],
) -> None:
    found = imported(
        "CREATE TYPE mood AS ENUM ('ok', 'sad');\n"
        'CREATE TYPE place AS (street varchar(40), zip int, mood mood, "ID" uuid);\n'
        "CREATE TYPE deep AS (place place);\nCREATE TYPE odd AS (a int[]);\n"
        "CREATE TABLE t (tags text[] NOT NULL DEFAULT '{}', codes varchar(20)[] NOT NULL, moods mood[] DEFAULT ARRAY[]::mood[],\n"
        "sums numeric(9,4)[], days date[4], grid int[][], places place[], home public.place NOT NULL, far deep, strange odd,\n"
        "marks int[] DEFAULT '{1}');\nCREATE INDEX ON t (codes);"
    )
    fields = entities(found)["t"]["fields"]
    assert fields == {
        "tags": {
            "type": "list",
            "of": "string",
            "max_length": 10_000,
            "max_items": 100,
            "required": True,
        },
        "codes": {
            "type": "list",
            "of": "string",
            "max_length": 20,
            "max_items": 100,
            "required": True,
        },
        "moods": {
            "type": "list",
            "of": "enum",
            "values": ["ok", "sad"],
            "max_items": 100,
        },
        "sums": {"type": "list", "of": "decimal", "scale": 4, "max_items": 100},
        "days": {"type": "list", "of": "date", "max_items": 100},
        "grid": {"type": "json"},
        "places": {"type": "json"},
        "home": {
            "type": "object",
            "fields": {
                "street": {"type": "string", "max_length": 40},
                "zip": {"type": "integer"},
                "mood": {"type": "enum", "values": ["ok", "sad"]},
                "id_value": {"type": "uuid"},
            },
            "required": True,
        },
        "far": {"type": "json"},
        "strange": {"type": "json"},
        "marks": {"type": "list", "of": "integer", "max_items": 100},
    }
    lines = told(found)
    for part in (
        "changed d.sql:5 t.grid: an array of what is no simple value is kept as JSON",
        "changed d.sql:5 t.places: an array of what is no simple value is kept as JSON",
        "changed d.sql:5 t.far: an object is kept as JSON: its place is no simple value",
        "changed d.sql:5 t.strange: an object is kept as JSON: its a is no simple value",
        "changed d.sql:5 t.marks: not required: DEFAULT '{1}' cannot be said",
        "unsaid d.sql:5 t.codes: indexed: a field of type list cannot be indexed",
    ):
        assert any(line.startswith(part) for line in lines), (part, lines)
    assert [(one.was, one.name) for one in found.renamed if "home" in one.was] == [
        ("t.home.ID", "id_value")
    ]


def test_a_set_of_mysql_is_a_list_of_its_values(
    imported: Callable[[str], Translated],
) -> None:
    found = imported("CREATE TABLE `t` (`a` SET('x','y') NOT NULL) ENGINE=InnoDB;")
    assert entities(found)["t"]["fields"] == {
        "a": {
            "type": "list",
            "of": "enum",
            "values": ["x", "y"],
            "max_items": 100,
            "required": True,
        }
    }
    assert "changed d.sql:1 t.a: a set of values is a list, which has an order" in told(
        found
    )


def test_arrays_of_a_live_database_are_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.dialects import postgresql

    from archgen.exchange import reflection
    from archgen.exchange.model import Place

    kinds = {"tags": postgresql.ARRAY(postgresql.TEXT()), "codes": postgresql.ARRAY(postgresql.VARCHAR(9)),
             "moods": postgresql.ARRAY(postgresql.ENUM("a", "b", name="m"))}  # fmt: skip
    made = [
        reflection._column(
            {"name": name, "type": kind, "nullable": True}, "t", Place("d", 1), []
        )
        for name, kind in kinds.items()
    ]
    assert [(one.type, one.item, one.length, one.values) for one in made] == [
        ("list", "text", None, ()),
        ("list", "string", 9, ()),
        ("list", "enum", None, ("a", "b")),
    ]


def test_mysql_is_told_by_its_quotes(imported: Callable[[str], Translated]) -> None:
    assert guess_dialect(MYSQL) == "mysql"
    made = entities(imported(MYSQL))
    photo = made["user"]["fields"].pop("photo")
    assert photo["type"] == "file" and "application/pdf" in photo["accept"]
    assert made["user"]["fields"] == {
        "name": {"type": "string", "max_length": 50, "unique": True},
        "role": {"type": "enum", "values": ["admin", "guest"], "default": "guest"},
        "active": {"type": "boolean", "default": True},
        "born": {"type": "date"},
    }
    assert made["post"]["fields"]["user"] == {
        "type": "reference",
        "to": "core.user",
        "required": True,
        "indexed": True,
    }


def test_statements_end_where_their_semicolon_is_no_text() -> None:
    text = "a 'x;''y;' ; b -- ;\n /* ; */ \"c;\" $q$ ; $q$ ;\n d"
    assert [one.strip()[:1] for _, one in split_statements(text, "postgres")] == [
        "a",
        "b",
        "d",
    ]
    assert [one.strip() for _, one in split_statements("a '\\';' ; b", "mysql")] == [
        "a '\\';'",
        "b",
    ]


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        (
            "CREATE TABLE a (\n x int,\n y varchar(3 NOT NULL\n);",
            "d.sql, line 3",
            "is not read as SQL of postgres",
        ),
        ("SELECT 1;", "d.sql", "defines no table"),
        (
            "\n\nCREATE TABLE a (x int CHECK (" + "(" * 50_000 + ")))",
            "d.sql, line 3",
            "is nested too deeply",
        ),
        (
            "CREATE TABLE a (" + ",".join(f"c{n} int" for n in range(200)) + ");",
            "d.sql, line 1",
            "has 200 fields, and 100 are the most",
        ),
        (
            "\n".join(f"CREATE TABLE t{n} (n int);" for n in range(310)),
            "d.sql, line 1",
            "has 310 entities, and 300 are the most",
        ),
        (
            "\n".join(f"CREATE TABLE t{n} (n int);" for n in range(6000)),
            "d.sql, line 5001",
            "more than 5000 statements",
        ),
        (
            "CREATE TABLE a (" + ",".join(f"c{n} int" for n in range(40_000)) + ");",
            "d.sql, line 1",
            "a statement of more than",
        ),
    ],
    ids=["syntax", "nothing", "deep", "fields", "entities", "statements", "wide"],
)
@pytest.mark.timeout(30)
def test_what_is_no_ddl_or_too_much_is_told_with_its_line(
    imported: Callable[[str], Translated], text: str, where: str, says: str
) -> None:
    with pytest.raises(InputError) as failed:
        imported(text)
    assert (
        failed.value.mistakes[0].where == where
        and says in failed.value.mistakes[0].message
    )


@pytest.mark.parametrize(
    "rest",
    [
        "/* " * 300_000,
        "$a$ $b$ " * 200_000,
        "'x''" * 300_000,
        '"' * 300_001,
        "INSERT INTO a VALUES ('it''s; so');\n" * 50_000,
    ],
)
@pytest.mark.timeout(30)
def test_what_is_no_definition_is_passed_over_in_time(
    imported: Callable[[str], Translated], rest: str
) -> None:
    assert list(entities(imported("CREATE TABLE things (n int);\n" + rest))) == [
        "thing"
    ]


@given(
    st.lists(st.sampled_from(DUMP.split() + MYSQL.split()), max_size=80).map(" ".join)
    | st.text(max_size=100)
)
def test_any_text_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("sql") / "any.sql"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    mistakes = Mistakes()
    found = mistakes.of(lambda: read_sql(path), SourceDomain())
    if found.entities:
        mistakes.of(lambda: resolve([from_record(translate(found).document)]), None)
    assert all(mistake.where.startswith("any.sql") for mistake in mistakes)


def test_a_database_is_read_and_not_written(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as database:
        database.executescript(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE, owed DECIMAL(10,3), seen BOOLEAN);"
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id), at TIMESTAMP, n INTEGER,"
            " UNIQUE (n, at)); CREATE INDEX ix ON orders (at);"
        )
    before = path.read_bytes()
    found = translate(read_database(f"sqlite:///{path}"))
    made = entities(found)
    assert found.document["name"] == "shop" and path.read_bytes() == before
    assert made["customer"]["fields"] == {
        "name": {"type": "string", "max_length": 20, "required": True, "unique": True},
        "owed": {"type": "decimal", "scale": 3},
        "seen": {"type": "boolean"},
    }
    assert made["order"]["fields"]["at"] == {"type": "datetime", "indexed": True}
    assert made["order"]["fields"]["customer"]["to"] == "core.customer" and made[
        "order"
    ]["unique"] == [["n", "at"]]


@pytest.mark.parametrize(
    "url",
    ["", "nothing", "sqlite://", "oracle9://x", "postgresql+asyncpg://localhost:1/x"],
)
def test_an_address_that_leads_nowhere_is_wrong_input(url: str) -> None:
    with pytest.raises(InputError) as failed:
        read_database(url)
    assert failed.value.mistakes[0].where == "--database"


def test_a_database_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArchgenError, match="cannot be read: unable to open"):
        read_database(f"sqlite:///{tmp_path}/nowhere.db")
    sqlite3.connect(tmp_path / "empty.db").close()
    with pytest.raises(InputError, match="has no tables"):
        read_database(f"sqlite:///{tmp_path}/empty.db")


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (
            "s text CHECK (((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))",
            {"type": "enum", "values": ["a", "b"]},
        ),
        (
            "s text CHECK (((s = 'a'::text) OR (s = 'b'::text)))",
            {"type": "enum", "values": ["a", "b"]},
        ),
        ("s int CHECK ((s > 0))", {"type": "integer", "min": 1}),
        ("s int CHECK (s >= -5 AND s < 10)", {"type": "integer", "min": -5, "max": 9}),
        (
            "s int CHECK (s BETWEEN 1 AND 5)",
            {"type": "integer", "min": 1, "max": 5},
        ),
        ("S int, CHECK (s > 0)", {"type": "integer", "min": 1}),
    ],
)
def test_a_rule_of_one_column_is_read_as_it_is_written_and_as_dumps_write_it(
    imported: Callable[[str], Translated], rule: str, field: dict[str, Any]
) -> None:
    found = imported(f"CREATE TABLE things ({rule})")
    assert entities(found)["thing"]["fields"]["s"] == field
    assert not [line for line in told(found) if "CHECK" in line]


@pytest.mark.parametrize(
    "rule", ["s > 0.5", "lower(s::text) = 'a'", "s = 'a' OR n = 'b'", "s <> 'a'"]
)
def test_a_rule_that_is_no_bound_is_told(
    imported: Callable[[str], Translated], rule: str
) -> None:
    found = imported(f"CREATE TABLE things (s decimal, n text, CHECK ({rule}))")
    assert [line for line in told(found) if "unsaid d.sql:1 things: CHECK" in line]


def test_a_column_of_a_domain_has_its_type_and_its_rules(
    imported: Callable[[str], Translated],
) -> None:
    found = imported(
        "CREATE DOMAIN public.year AS integer CONSTRAINT y CHECK (((VALUE >= 1901) AND (VALUE <= 2155)));"
        'CREATE DOMAIN "Name" varchar(50) NOT NULL; CREATE TABLE films (made public.year, title "Name");'
    )
    assert entities(found)["film"]["fields"] == {
        "made": {"type": "integer", "min": 1901, "max": 2155},
        "title": {"type": "string", "max_length": 50, "required": True},
    }


def test_parts_of_a_table_are_no_entities_and_heirs_have_its_columns(
    imported: Callable[[str], Translated],
) -> None:
    found = imported(
        """CREATE TABLE payments (n int NOT NULL) PARTITION BY RANGE (n);
        CREATE TABLE p1 PARTITION OF payments FOR VALUES FROM (1) TO (2);
        CREATE TABLE p2 (n int NOT NULL);
        ALTER TABLE ONLY public.payments ATTACH PARTITION public.p2 FOR VALUES FROM (2) TO (3);
        ALTER TABLE ONLY p2 ADD CONSTRAINT u UNIQUE (n);
        CREATE INDEX i ON p2 (n);
        CREATE TABLE p3 (CHECK (n > 3)) INHERITS (payments);
        CREATE TABLE refunds (why text) INHERITS (payments);"""
    )
    made = entities(found)
    assert list(made) == ["payment", "refund"]
    assert list(made["refund"]["fields"]) == ["n", "why"]
    assert [note.what for note in found.notes if "a part of" in note.message] == [
        "p1",
        "p3",
        "p2",
    ]
    assert not [note for note in found.notes if note.kind == "unsaid"]


def test_names_without_quotes_are_the_same_in_any_case(
    imported: Callable[[str], Translated],
) -> None:
    found = imported(
        """CREATE TABLE Users (UserID serial PRIMARY KEY, Name varchar(9), Tenant varchar(9), UNIQUE (name, TENANT));
        CREATE TABLE OrderLines (n int, userid int REFERENCES users(userid));
        ALTER TABLE orderlines ALTER COLUMN N SET NOT NULL;
        COMMENT ON COLUMN ORDERLINES.n IS 'how many';"""
    )
    made = entities(found)
    assert made["user"]["fields"]["user_id"] == {"type": "integer", "unique": True}
    assert (
        made["user"]["unique"] == [["name", "tenant"]] and "table" not in made["user"]
    )
    line = made["order_line"]
    assert line["table"] == "orderlines"  # as PostgreSQL has it
    assert line["fields"]["n"] == {"type": "integer", "required": True}
    assert line["fields"]["userid"]["to"] == "core.user"


def test_what_is_altered_afterwards_is_taken(
    imported: Callable[[str], Translated],
) -> None:
    php_my_admin = imported(
        """CREATE TABLE `users` (`user_id` int(11) NOT NULL, `n` int NOT NULL);
        ALTER TABLE `users` ADD PRIMARY KEY (`user_id`);
        ALTER TABLE `users` MODIFY `user_id` int(11) NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=5;"""
    )
    assert entities(php_my_admin)["user"]["fields"]["user_id"] == {
        "type": "integer",
        "unique": True,
    }
    found = imported(
        "CREATE TABLE users (a varchar(9)); ALTER TABLE users ALTER COLUMN a SET DEFAULT 'x'"
    )
    assert entities(found)["user"]["fields"]["a"]["default"] == "x"


def test_strings_that_an_index_takes_only_shorter_are_shortened_or_told(
    imported: Callable[[str], Translated],
) -> None:
    found = imported(
        """CREATE TABLE a (x varchar(256), y text, n int, UNIQUE (x, n), UNIQUE (y, n));
        CREATE TABLE b (x text, y text, z text, UNIQUE (x, y, z));
        CREATE TABLE c (name text); CREATE INDEX i ON c (name);
        CREATE TABLE d (a int, b int, c int, d int, e int, f int, UNIQUE (a, b, c, d, e, f));"""
    )
    made = entities(found)
    assert made["a"]["unique"] == [["x", "n"], ["y", "n"]]
    assert made["a"]["fields"]["x"] == {"type": "string", "max_length": 255}
    assert made["c"]["fields"]["name"] == {"type": "string", "indexed": True}
    lines = told(found)
    for part in (
        "changed d.sql:1 a.x: at most 255 characters, which an index takes",
        "changed d.sql:1 a.y: a string, since an index is of it",
        "x, y, z unique together: their strings have up to 765 characters",
        "a, b, c, d, e, f unique together: of 5 fields at most",
    ):
        assert any(part in line for line in lines), part


def test_what_a_schema_is_created_with_is_read(
    imported: Callable[[str], Translated],
) -> None:
    found = imported(
        "CREATE SCHEMA people\n  CREATE TABLE persons(\n n int)\n  CREATE TABLE pets (n int);"
    )
    assert list(entities(found)) == ["person", "pet"]


def test_mysql_is_known_by_its_own_words() -> None:
    assert guess_dialect("CREATE TABLE a (n INT, UNIQUE KEY (n))") == "mysql"
    assert guess_dialect("CREATE TABLE a (n INT UNSIGNED)") == "mysql"
    assert guess_dialect("CREATE TABLE a (n INT,\n  KEY x (n))") == "mysql"
    assert guess_dialect("CREATE TABLE key (n INT, PRIMARY KEY (n))") == "postgres"
    assert guess_dialect("CREATE INDEX x\n ON a (n)") == "postgres"


@pytest.mark.parametrize("before", ["", "KEY", "INDEX x", "n INT", "a"])
@pytest.mark.parametrize("blank", ["\n", " "])
def test_empty_lines_and_blanks_without_end_are_of_no_sql_and_are_passed_over(
    before: str, blank: str
) -> None:
    """A pattern that tries each of them for each would not come to its end."""
    assert guess_dialect(f"CREATE TABLE a (\n{before}{blank * 900_000}") == "postgres"


def test_owners_of_tables_are_told_in_one_line(
    imported: Callable[[str], Translated],
) -> None:
    found = imported(
        "CREATE TABLE a (n int); ALTER TABLE public.a OWNER TO me; ALTER TABLE public.a_seq OWNER TO me;"
    )
    assert told(found) == ["left d.sql:1 ALTER: 2 statements are passed over"]


def test_a_column_that_is_computed_when_read_is_told(
    imported: Callable[[str], Translated],
) -> None:
    found = imported(
        "CREATE TABLE a (n int, m int GENERATED ALWAYS AS ((n * 2)) VIRTUAL)"
    )
    assert any("unsaid d.sql:1 a.m: computed" in line for line in told(found))
