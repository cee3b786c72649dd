"""How what other tools say is said in the answers: the one table that grows with the
answers' language.

What a table has no words for is told to the user as `unsaid`, with its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from archgen.domain.file_types import FILE_TYPES
from archgen.exchange.model import Kind


@dataclass(frozen=True, slots=True)
class Said:
    """A type as the answers have it, and in `but` what is not quite the same."""

    document: dict[str, Any]
    but: str | None = None


TYPES: dict[Kind, Said] = {
    "string": Said({"type": "string"}),
    "text": Said({"type": "text"}),
    "email": Said({"type": "email"}),
    "url": Said({"type": "url"}, "a URL of http or https"),
    "integer": Said({"type": "integer"}),
    "decimal": Said({"type": "decimal"}),
    "double": Said({"type": "number"}),
    "boolean": Said({"type": "boolean"}),
    "date": Said({"type": "date"}),
    "time": Said(
        {"type": "string", "max_length": 18},
        "a string such as 14:30:00, for a time of day",
    ),
    "datetime": Said({"type": "datetime"}),
    "zoned": Said({"type": "zoned_datetime"}),
    "duration": Said({"type": "duration"}),
    "uuid": Said({"type": "uuid"}),
    "enum": Said({"type": "enum"}),
    "json": Said({"type": "json"}),
    "blob": Said(
        {"type": "file", "accept": list(FILE_TYPES)},
        "a file: an image, PDF, text or CSV",
    ),
    "image": Said({"type": "file"}),
    "list": Said({"type": "list"}),
    "object": Said({"type": "object"}),
}

# A bound of a field, by the key that says it, and for which types of the answers; None
# has no words yet.
BOUNDS: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "min": ("min", ("integer", "decimal", "number")),
    "max": ("max", ("integer", "decimal", "number")),
    "maxlength": ("max_length", ("string", "text", "email", "url")),
    "minlength": ("min_length", ("string", "text")),
    "maxbytes": ("max_bytes", ("file",)),
    "minbytes": (None, ()),
}


@dataclass(frozen=True, slots=True)
class Option:
    """What an option of an entity becomes: keys of the entity, or why it needs none
    (`left`) or has none (`unsaid`).
    """

    document: dict[str, Any] = field(default_factory=dict)
    changed: str | None = None
    left: str | None = None
    unsaid: str | None = None
    sql: bool = False  # no other database serves it


_FRONT = "of a front-end or of Java's code"
OPTIONS: dict[str, Option] = {
    "paginate": Option(left="every list has pages, by a cursor"),
    "paginate pagination": Option({"totals": True}, sql=True),
    "service": Option(left="every module has its service"),
    "dto": Option(left="every entity has documents of its own for what goes in and out"),
    "filter": Option({"filters": []}, sql=True),
    "search": Option({"search": []}, sql=True),
    "search no": Option(left="none is asked for"),
    "readOnly": Option({"access": {"write": "staff"}}, changed="only staff writes its rows (access)"),
    "EnableAudit": Option({"audit": True}),
    "embedded": Option(unsaid="an embedded document"),
    "builtInEntity": Option(left="says that the project brings it"),
    **dict.fromkeys(
        (
            "skipClient", "skipServer", "skipFakeData", "noFluentMethod", "angularSuffix", "clientRootFolder", "clientSuffix",
            "changelogDate", "jpaMetamodelFiltering", "entityPackage", "fluentMethods", "skipDbChangelog", "microfrontend",
        ),
        Option(left=_FRONT),
    ),
}  # fmt: skip

MANY = "references"  # the type of a field that says a many-to-many relation
MANY_MOST = 100  # references of one row, on SQL
WRITES_MOST = 100  # of one transaction of DynamoDB

# What else a domain may say.
# its key, and the types that take it
PATTERN: tuple[str | None, tuple[str, ...]] = ("pattern", ("string",))
DISPLAY = "which field shows the other end of a relation"
LISTED = "the list of that side shows whole rows"
# a request makes one row, a parent before its children: which moment it would hold from
# no model says
CHILD = "at least one of the other end: a row is made before those that refer to it, so your service checks it, when it has to hold"
# annotations and options of a relation, in small letters, that need nothing
RELATION_LEFT = {
    **dict.fromkeys(("id", "jpaderivedidentifier"), "every row has an id of its own"),
    "onupdate": "the id of a row never changes",
}
TABLE = "a table name of its own"
ONE_SIDE = "what is required of the other end of a one-to-one relation"
BUILT_IN = {"Authority": "roles are those of accounts: user and staff"}

# What is said of a whole system, by key and value: an answer; the words `left` or
# `unsaid` and why. Any other key is Java's or a front-end's.
SETTINGS: dict[str, dict[str, tuple[str, str]]] = {
    "authenticationType": {"oauth2": ("stack.auth", "oidc"), "jwt": ("left", "login is by tokens"), "*": ("left", "login is by tokens")},
    "prodDatabaseType": {"postgresql": ("left", "PostgreSQL is the database of servers"), "*": ("unsaid", "the database is PostgreSQL, for functions DynamoDB")},
    "databaseType": {"sql": ("left", "PostgreSQL is the database of servers"), "*": ("unsaid", "the database is PostgreSQL, for functions DynamoDB")},
    "cacheProvider": {"redis": ("left", "say stack.cache: valkey for it"), "memcached": ("left", "say stack.cache: memcached for it"), "*": ("left", "the advice chooses the cache")},
    "messageBroker": {"kafka": ("left", "say stack.broker: kafka for it"), "*": ("left", "the advice chooses the broker")},
    "searchEngine": {"no": ("left", "none is asked for"), "false": ("left", "none is asked for"), "*": ("unsaid", "a search engine")},
    "websocket": {"no": ("left", "none are asked for"), "false": ("left", "none are asked for"), "*": ("unsaid", "open connections")},
}  # fmt: skip
