"""A live database -> tables, by SQLAlchemy's reflection; nothing is written, in a
connection that could not.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgen.errors import ArchgenError, InputError, Mistake
from archgen.exchange.model import Kind, Note, Place, SourceDomain
from archgen.exchange.project_tables import BY_ITSELF, is_module
from archgen.exchange.tables import Column, ForeignKey, Table, to_domain

if TYPE_CHECKING:
    from sqlalchemy import Engine

TABLES_MOST = 2_000
_HOW = "for example postgresql+psycopg://reader@localhost/shop or sqlite:///shop.db"


def read_database(url: str, schema: str | None = None) -> SourceDomain:
    """The domain whose tables a database has: in one schema, in its default one, or, of
    a project of archgen, in each module's.

    Of SQLite, a project has a folder with a database for each module.
    """
    from sqlalchemy.exc import SQLAlchemyError

    notes: list[Note] = []
    tables: list[Table] = []
    engines = _connect(url)
    try:
        for engine in engines:
            tables += _read(engine, schema, notes)
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip().splitlines()[0][:200]
        raise ArchgenError(
            f"the database cannot be read: {said}", "check --database, and that it runs"
        ) from None
    finally:
        for engine in engines:
            engine.dispose()
    if not tables:
        raise InputError(
            [
                Mistake(
                    "--database",
                    "has no tables" + (f" in {schema}" if schema else ""),
                    "say --schema",
                )
            ]
        )
    name, _, _ = _called(engines[0]).partition(".")
    return to_domain(
        name or "backend",
        dict.fromkeys(table.place.file for table in tables),
        tables,
        notes,
    )


def _called(engine: Engine) -> str:
    return _file(engine).rpartition("/")[2] or "the database"


def _file(engine: Engine) -> str:
    return (engine.url.database or "").removeprefix("file:")


def _read(engine: Engine, schema: str | None, notes: list[Note]) -> list[Table]:
    from sqlalchemy import inspect

    place = Place(_called(engine), 1)
    found: list[Table] = []
    with engine.connect() as connection:
        inspector: Any = inspect(connection)
        for each in [schema] if schema else _schemas(inspector):
            names = sorted(inspector.get_table_names(schema=each))
            if len(names) > TABLES_MOST:
                raise InputError(
                    [
                        Mistake(
                            "--database",
                            f"has {len(names)} tables, and {TABLES_MOST} are the most",
                            "say --schema",
                        )
                    ]
                )
            module = (
                (each or place.file.partition(".")[0]) if is_module(names) else None
            )
            if module in BY_ITSELF:
                notes.append(
                    Note("left", place, module, "a module that the project brings")
                )
                continue
            tables = [_table(inspector, name, each, place, notes) for name in names]
            for table in tables:
                table.module = module
            found += tables
    return found


def _schemas(inspector: Any) -> list[str | None]:
    """The default one; where that has no tables, those of the modules of a project."""
    if inspector.dialect.name != "postgresql" or inspector.get_table_names():
        return [None]
    others = [
        name for name in inspector.get_schema_names() if name != "information_schema"
    ]
    return [
        name for name in others if is_module(inspector.get_table_names(schema=name))
    ]


def _connect(url: str) -> list[Engine]:
    """Of a folder, its databases; of all else, the one."""
    engine = _open(url)
    folder = Path(_file(engine))
    if engine.dialect.name != "sqlite" or not folder.is_dir():
        return [engine]
    files = sorted(folder.glob("*.sqlite"))
    if not files:
        raise InputError(
            [
                Mistake(
                    "--database",
                    f"{folder} has no databases of a project (*.sqlite)",
                    _HOW,
                )
            ]
        )
    return [_open(f"sqlite:///{file}") for file in files]


def _open(url: str) -> Engine:
    try:
        from sqlalchemy import create_engine
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    except ImportError:
        raise ArchgenError(
            "to read a database takes SQLAlchemy", 'pip install "archgen[database]"'
        ) from None
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise InputError([Mistake("--database", "names no file", _HOW)])
            return create_engine(f"sqlite:///file:{parsed.database}?mode=ro&uri=true")
        options = (
            {"postgresql_readonly": True}
            if parsed.get_backend_name() == "postgresql"
            else {}
        )
        engine = create_engine(parsed, execution_options=options)
        if engine.dialect.is_async:
            raise InputError(
                [
                    Mistake(
                        "--database",
                        f"{engine.driver} is a driver that waits otherwise",
                        _HOW,
                    )
                ]
            )
        return engine
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise InputError(
            [
                Mistake(
                    "--database", "is no address of a database that can be read", _HOW
                )
            ]
        ) from None
    except ImportError as error:
        raise ArchgenError(
            f"the driver of that database is not installed: {error.name}",
            f"pip install {error.name}",
        ) from None


def _table(
    inspector: Any, name: str, schema: str | None, place: Place, notes: list[Note]
) -> Table:
    table = Table(name, place, doc=_comment(inspector, name, schema))
    for found in inspector.get_columns(name, schema=schema):
        table.columns[found["name"]] = _column(found, name, place, notes)
    table.key = list(
        inspector.get_pk_constraint(name, schema=schema)["constrained_columns"]
    )
    table.uniques = [
        list(one["column_names"])
        for one in inspector.get_unique_constraints(name, schema=schema)
    ]
    beside = (
        {"include_auto_indexes": True} if inspector.dialect.name == "sqlite" else {}
    )
    for index in inspector.get_indexes(name, schema=schema, **beside):
        columns = [column for column in index["column_names"] if column]
        if len(columns) < len(index["column_names"]):
            notes.append(
                Note(
                    "unsaid",
                    place,
                    f"{name}: {index['name']}",
                    "an index of expressions",
                )
            )
        elif index["unique"]:
            table.uniques += [columns] if columns not in table.uniques else []
        else:
            table.indexes.append(columns)
    for key in inspector.get_foreign_keys(name, schema=schema):
        on_delete = (key.get("options") or {}).get("ondelete")
        table.references.append(
            ForeignKey(
                list(key["constrained_columns"]),
                key["referred_table"],
                place,
                on_delete,
            )
        )
    for check in inspector.get_check_constraints(name, schema=schema):
        notes.append(Note("unsaid", place, name, f"CHECK {str(check['sqltext'])[:80]}"))
    return table


def _comment(inspector: Any, name: str, schema: str | None) -> str:
    try:
        return inspector.get_table_comment(name, schema=schema)["text"] or ""
    except NotImplementedError:  # what SQLAlchemy says of databases without comments
        return ""


def _column(found: Any, table: str, place: Place, notes: list[Note]) -> Column:
    from sqlalchemy import types

    kind, written = found["type"], str(found["type"])
    made = Column(
        found["name"],
        "string",
        written,
        place,
        nullable=found["nullable"],
        doc=found.get("comment") or "",
    )
    if isinstance(kind, types.ARRAY):
        kind, made.type = kind.item_type, "list"
        made.item = _find_kind(kind)
    elif (known := _find_kind(kind)) is not None:
        made.type = known
    else:
        notes.append(
            Note(
                "unsaid",
                place,
                f"{table}.{found['name']}",
                f"the type {written[:40]}; taken as a string",
            )
        )
    if isinstance(kind, types.Enum):
        made.values = tuple(kind.enums)
    elif isinstance(kind, types.Text) and not getattr(kind, "length", None):
        made.type, made.item = (
            ("list", "text") if made.type == "list" else ("text", None)
        )
    elif isinstance(kind, types.String):
        made.length = kind.length
    elif isinstance(kind, types.Numeric) and not isinstance(kind, types.Float):
        made.scale = kind.scale
    default = found.get("default")
    if default is not None and found.get("autoincrement") is not True:
        made.computed = str(default)
    return made


def _find_kind(kind: Any) -> Kind | None:
    return next((name for cls, name in _kinds() if isinstance(kind, cls)), None)


def _kinds() -> list[tuple[Any, Kind]]:
    """Types of SQLAlchemy, the narrower first."""
    from sqlalchemy import types

    return [
        (types.Enum, "enum"),
        (types.Uuid, "uuid"),
        (types.JSON, "json"),
        (types.Boolean, "boolean"),
        (types.DateTime, "datetime"),
        (types.Date, "date"),
        (types.Time, "time"),
        (types.Interval, "duration"),
        (types.Float, "double"),
        (types.Numeric, "decimal"),
        (types.Integer, "integer"),
        (types.LargeBinary, "blob"),
        (types.String, "string"),
    ]
