"""The domain as people write it in `modules:`, and as the blueprint is made from it.

Here is its form (names are keys, types are types); what a whole domain must keep to is
in `rules`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Annotated, Literal, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    Strict,
    model_validator,
)

from archgen.domain.naming import pluralize
from archgen.text import nearest

FieldType = Literal[
    "string",
    "text",
    "email",
    "url",
    "slug",
    "integer",
    "decimal",
    "number",
    "boolean",
    "date",
    "datetime",
    "zoned_datetime",
    "duration",
    "uuid",
    "enum",
    "json",
    "list",
    "object",
    "reference",
    "references",
    "file",
]

ItemType = Literal[
    "string",
    "integer",
    "decimal",
    "number",
    "boolean",
    "date",
    "datetime",
    "uuid",
    "enum",
]

MemberType = Literal[ItemType, "text", "email", "url", "duration"]

ComputedType = Literal[
    "string",
    "text",
    "integer",
    "decimal",
    "number",
    "boolean",
    "date",
    "datetime",
    "duration",
]

Level = Literal["public", "user", "owner", "staff"]

Action = Literal["created", "updated", "deleted"]

OnDelete = Literal["refuse", "cascade", "clear"]

SetBy = Literal["caller", "staff"]

ITEM_TYPES = get_args(ItemType)
MEMBER_TYPES = get_args(MemberType)
COMPUTED_TYPES = get_args(ComputedType)
LEVELS = get_args(Level)
ON_DELETE = get_args(OnDelete)
SET_BY = get_args(SetBy)
# what each is in generated code stands in `_macros/field_types.jinja` of the templates
TYPES = get_args(FieldType)
# filters take ranges of them
ORDERED: tuple[FieldType, ...] = ("integer", "decimal", "number", "date", "datetime")
# types whose values stand in a path
KEYABLE: tuple[FieldType, ...] = ("string", "slug", "integer", "uuid", "reference")
KEYS_MOST = 4  # of an entity
# types whose words rows are searched by
SEARCHABLE: tuple[FieldType, ...] = ("string", "text")
FILTERS_MOST = 30  # fields whose filters combine, each with its index
SEARCH_MOST = 4  # fields that rows of an entity are searched by
EXPAND_MOST = 12  # paths that reads of an entity may bring along
DISPLAY_MOST = 8  # fields that show a row
SEARCH_WORDS = "search_words"  # the column that keeps them
AUDIT = ("created_by", "changed_by")  # of entities that say `audit`
TIMES = ("created_at", "updated_at")  # of every entity; lists may sort by them
OWNER = "owner"  # in `unique`, where no field has that name
ALL_ACTIONS: tuple[Action, ...] = get_args(Action)

# The largest domain that every promise of a project was tried on.
MODULES_MOST = 50
ENTITIES_MOST = 300  # of a project
MODULE_MOST = 100  # entities of a module
FIELDS_MOST = 100


# What people write who come from elsewhere, and what says it here.
MEANT_TYPES = {
    **dict.fromkeys(("str", "varchar", "char", "phone"), "string"),
    **dict.fromkeys(("uri", "link", "href", "website"), "url"),
    **dict.fromkeys(("permalink", "handle", "url_name"), "slug"),
    **dict.fromkeys(("mail", "email_address", "e-mail"), "email"),
    **dict.fromkeys(("timedelta", "interval", "period"), "duration"),
    **dict.fromkeys(
        ("int", "long", "bigint", "short", "smallint", "serial"), "integer"
    ),
    **dict.fromkeys(("numeric", "money", "currency", "bigdecimal"), "decimal"),
    **dict.fromkeys(
        ("float", "double", "real", "float64", "double_precision"), "number"
    ),
    **dict.fromkeys(("bool",), "boolean"),
    **dict.fromkeys(("localdate",), "date"),
    **dict.fromkeys(
        ("timestamp", "timestamptz", "instant", "time", "localtime"), "datetime"
    ),
    **dict.fromkeys(
        ("zoneddatetime", "offsetdatetime", "datetime_tz", "datetimeoffset"),
        "zoned_datetime",
    ),
    **dict.fromkeys(("guid", "id"), "uuid"),
    **dict.fromkeys(("choice", "choices", "select"), "enum"),
    **dict.fromkeys(("jsonb", "dict", "map"), "json"),
    **dict.fromkeys(
        (
            "address",
            "embedded",
            "embeddable",
            "struct",
            "component",
            "composite",
            "value_object",
        ),
        "object",
    ),
    **dict.fromkeys(("array", "tuple", "set", "strings", "tags"), "list"),
    **dict.fromkeys(("textblob", "clob", "longtext", "markdown", "html"), "text"),
    **dict.fromkeys(
        (
            "relation",
            "relationship",
            "ref",
            "fk",
            "foreign_key",
            "belongs_to",
            "many_to_one",
        ),
        "reference",
    ),
    **dict.fromkeys(
        ("many_to_many", "manytomany", "m2m", "has_many", "many"), "references"
    ),
    **dict.fromkeys(
        (
            "blob",
            "anyblob",
            "imageblob",
            "image",
            "upload",
            "attachment",
            "photo",
            "picture",
        ),
        "file",
    ),
}
NOT_HERE = {
    **dict.fromkeys(
        ("binary", "bytes", "bytea"),
        "bytes are not kept in rows: what a client uploads is of type file",
    ),
}
# The same for the keys of a field.
MEANT_KEYS = {
    **dict.fromkeys(("length", "maxlength", "max_len", "size"), "max_length"),
    **dict.fromkeys(("minlength", "min_len"), "min_length"),
    **dict.fromkeys(("regex", "regexp", "format", "matches"), "pattern"),
    **dict.fromkeys(("example", "samples"), "examples"),
    **dict.fromkeys(("nullable", "null", "optional", "not_null"), "required"),
    **dict.fromkeys(("choices", "options"), "values"),
    **dict.fromkeys(("descriptions", "texts", "titles", "names"), "labels"),
    **dict.fromkeys(("ref", "target", "references", "entity"), "to"),
    **dict.fromkeys(
        (
            "related_name",
            "back_populates",
            "backref",
            "inverse",
            "inverse_of",
            "mapped_by",
            "other_side",
            "reverse",
        ),
        "listed_as",
    ),
    **dict.fromkeys(("onetoone", "one2one", "has_one"), "one_to_one"),
    **dict.fromkeys(("ondelete", "cascade", "on_deletion", "deletes"), "on_delete"),
    **dict.fromkeys(("sorted", "ordered_list", "keep_order"), "ordered"),
    **dict.fromkeys(("most",), "max"),
    **dict.fromkeys(("maxitems", "max_count"), "max_items"),
    **dict.fromkeys(("populate_from", "made_from", "source", "slug_from"), "from"),
    **dict.fromkeys(("items", "item", "element", "elements", "of_type"), "of"),
    **dict.fromkeys(("index", "searchable", "filterable"), "indexed"),
    **dict.fromkeys(("precision", "digits", "decimals", "decimal_places"), "scale"),
    **dict.fromkeys(("minimum", "gte", "ge"), "min"),
    **dict.fromkeys(("maximum", "lte", "le"), "max"),
    **dict.fromkeys(("max_size", "maxbytes", "file_size"), "max_bytes"),
    **dict.fromkeys(
        (
            "accepts",
            "content_type",
            "content_types",
            "mime",
            "mime_types",
            "media_types",
        ),
        "accept",
    ),
}
KEYS_NOT_HERE = {
    **dict.fromkeys(("primary_key", "id"), "every entity has an id, a UUID"),
}


def _restrict_to(what: str, words: tuple[str, ...]) -> BeforeValidator:
    def check(value: object) -> object:
        if value == "org" and what == "access":
            raise ValueError("org, a tenant, is reserved for later")
        if value not in words:
            word = value.lower() if isinstance(value, str) else ""
            if what == "type" and word in NOT_HERE:
                raise ValueError(NOT_HERE[word])
            meant = nearest(word, words)
            if what in ("type", "of"):
                known = MEANT_TYPES.get(word, meant)
                meant = known if known in words else meant
            raise ValueError(
                f"must be one of {', '.join(words)}"
                + (f"; did you mean {meant}?" if meant else "")
            )
        return value

    return BeforeValidator(check)


Flag = Annotated[bool, Strict()]
Text = Annotated[str, Strict()]


def _bound(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("must be a number, or a decimal in quotes")  # noqa: TRY004 - pydantic reports ValueError
    return value


Number = Annotated[int | float | str, BeforeValidator(_bound)]


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


Values = Annotated[tuple[Text, ...], Field(max_length=100)]
Labels = Annotated[dict[Text, Text], Field(max_length=100)]


class EnumSpec(_Spec):
    """Values that several fields of a module share, and what they are called."""

    values: Values
    labels: Labels = {}


class FieldSpec(_Spec):
    """A field. `scale` and `max_length` as the type's default when not said: 2; 255,
    for text 100,000, a url 2,000, an email 254.

    `labels`: what values of an enum are called; `enum`: one of its module's, in place
    of values and labels. `pattern` is of the whole value (`patterns.py`); `examples`
    are values that fit, and what tests send. Of a file, `max_bytes` is 10 MiB when not
    said, and `accept` the images. Of references, `max` is how many one row may have, 20
    when not said; they are a set, or, `ordered`, in the order in which they were given;
    `required`, or a `min` of 1, says that there is one at least. `on_delete`: what
    becomes of a row when the one that it refers to is deleted; refuse, when not said,
    keeps that one. `one_to_one`: no two rows refer to the same. `set_by`: of an
    account, that it is always whoever creates the row, or that staff alone says which.
    `own`: of a reference, that the row it goes to is the caller's own. `of`: what each
    value of a list is, which the other keys are said of then; `max_items`: how many of
    them a row may have, 20 when not said. `fields`: of an object, each of a simple
    type. `from`: the string or text of the row that a slug is made from where none is
    sent. `listed_as`: what the rows with this reference are called below the path of
    the row that they refer to.
    """

    type: Annotated[FieldType, _restrict_to("type", TYPES)]
    required: Flag = False
    unique: Flag = False
    indexed: Flag = False
    default: JsonValue = None
    min: Number | None = None
    max: Number | None = None
    min_length: Annotated[int, Strict(), Field(ge=0, le=100_000)] | None = None
    max_length: Annotated[int, Strict(), Field(ge=1, le=100_000)] | None = None
    pattern: Text | None = None
    examples: Annotated[tuple[Text, ...], Field(max_length=20)] = ()
    scale: Annotated[int, Strict(), Field(ge=0, le=9)] | None = None
    values: Values = ()
    labels: Labels = {}
    enum: Text | None = None
    of: Annotated[ItemType, _restrict_to("of", ITEM_TYPES)] | None = None
    max_items: Annotated[int, Strict()] | None = None
    fields: dict[str, FieldSpec] = {}
    made_from: Text | None = Field(default=None, alias="from")
    to: Text | None = None
    ordered: Flag | None = None
    listed_as: Text | None = None
    one_to_one: Flag | None = None
    set_by: Annotated[SetBy, _restrict_to("set_by", SET_BY)] | None = None
    own: Flag | None = None
    on_delete: Annotated[OnDelete, _restrict_to("on_delete", ON_DELETE)] | None = None
    max_bytes: Annotated[int, Strict()] | None = None
    accept: Annotated[tuple[Text, ...], Field(max_length=20)] = ()

    @property
    def needed(self) -> bool:
        """Whether there is no row without it, as far as its type goes: without one
        reference at least, where it is several.
        """
        return self.required or (self.type == "references" and self.min == 1)

    @property
    def alone(self) -> bool:
        """Whether no two rows have the same value of it."""
        return self.unique or bool(self.one_to_one) or self.type == "slug"

    @property
    def is_listed(self) -> bool:
        """Whether the other side of this reference is a list, which has an index."""
        return (
            self.type == "reference"
            and self.listed_as is not None
            and not self.one_to_one
        )


class ComputedSpec(_Spec):
    """A field that is not kept but computed from its row by code of the owner's, first
    by `from`, an expression over fields.
    """

    type: Annotated[ComputedType, _restrict_to("type", COMPUTED_TYPES)]
    scale: Annotated[int, Strict(), Field(ge=0, le=9)] | None = None
    made_from: Text | None = Field(default=None, alias="from")


_ONE_OR_SEVERAL = BeforeValidator(
    lambda value: (value,) if isinstance(value, str) else value,
    json_schema_input_type=str | tuple[str, ...],
)


class AccessSpec(_Spec):
    """Who may read rows and who may write them."""

    read: Annotated[Level, _restrict_to("access", LEVELS)] = "user"
    write: Annotated[Level, _restrict_to("access", LEVELS)] = "user"


class EntitySpec(_Spec):
    """An entity. `lists`: filters, all of which must be given, and last the field to
    sort by, `-` for descending.

    `unique`: fields whose values together no two rows share; `owner` among them is
    whoever made the row. `audit`: rows remember who created them and who changed them
    last. `owned_by`: the field with the account whose rows they are, in place of
    whoever made them. `totals`: its lists have pages by number too, with a total.
    `filters`: fields whose filters combine as they are given. `sorts`: fields that such
    lists are sorted by, up to three of them at once, either way. `keys`: unique fields
    that a row is found by as by its id. `search`: strings and texts whose words its
    rows are searched by. `expand`: references whose rows a read brings along where it
    is asked to, `lines.product` by way of those of `lines`. `display`: what then shows
    a row of this entity, beside its id; the whole row, when nothing is said.
    `computed`: what clients get besides, read-only. `table`: what its table is called,
    the plural if nothing is said.
    """

    plural: Text | None = None
    table: Text | None = None
    access: AccessSpec = AccessSpec()
    lists: Annotated[tuple[tuple[Text, ...], ...], Field(max_length=8)] = ()
    unique: Annotated[tuple[tuple[Text, ...], ...], Field(max_length=8)] = ()
    audit: Flag | None = None
    owned_by: Text | None = None
    totals: Flag = False
    filters: Annotated[tuple[Text, ...], Field(max_length=FILTERS_MOST)] = ()
    sorts: Annotated[tuple[Text, ...], Field(max_length=8)] = ()
    keys: Annotated[tuple[Text, ...], Field(max_length=KEYS_MOST)] = ()
    search: Annotated[tuple[Text, ...], Field(max_length=SEARCH_MOST)] = ()
    expand: Annotated[tuple[Text, ...], Field(max_length=EXPAND_MOST)] = ()
    display: Annotated[
        tuple[Text, ...], Field(max_length=DISPLAY_MOST), _ONE_OR_SEVERAL
    ] = ()
    fields: dict[str, FieldSpec] = {}
    computed: Annotated[dict[str, ComputedSpec], Field(max_length=30)] = {}

    @property
    def owned(self) -> bool:
        """Whether its rows remember who made them."""
        return "owner" in (self.access.read, self.access.write)

    @property
    def combined(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What lists are filtered by and sorted by where filters combine: what
        `indexed` and `lists` say is among it.
        """
        if not self.filters and not self.sorts:
            return (), ()
        names = [
            name
            for name, content in self.fields.items()
            if content.indexed or content.is_listed
        ]
        names += [name for listing in self.lists for name in listing[:-1]]
        sorts = [listing[-1].removeprefix("-") for listing in self.lists if listing]
        return tuple(dict.fromkeys([*self.filters, *names])), tuple(
            dict.fromkeys([*self.sorts, *sorts])
        )

    def pluralize(self, name: str) -> str:
        return self.plural if self.plural is not None else pluralize(name)

    def store(self, name: str) -> str:
        """What its table is called."""
        return self.table if self.table is not None else self.pluralize(name)


class ModuleSpec(_Spec):
    """A module: what it keeps, and the events (`module.entity.action`) of others that
    it reacts to.

    A field of one of its `enums` has the values and labels of that, unless it says some
    itself. `stored_as`: what its schema, file or table is called, its name if nothing
    is said.
    """

    enums: Annotated[dict[str, EnumSpec], Field(max_length=100)] = {}
    entities: dict[str, EntitySpec] = {}
    reacts_to: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    stored_as: Text | None = None

    @model_validator(mode="after")
    def _share(self) -> Self:
        for entity in self.entities.values():
            for name, content in entity.fields.items():
                shared = self.enums.get(content.enum or "")
                if shared is not None and not content.values and not content.labels:
                    entity.fields[name] = content.model_copy(
                        update={"values": shared.values, "labels": shared.labels}
                    )
        return self


@dataclass(frozen=True, slots=True)
class DomainModule:
    """A module with what the templates' own code of its `kind` has beyond what is
    declared.

    `actions`: for an entity that does not have all three, the events that it has.
    `publishes`, `subscribes`, `uses`: of that code alone. `classes`: its documents,
    whose names no entity may make.
    """

    name: str
    kind: str
    spec: ModuleSpec
    actions: Mapping[str, tuple[Action, ...]] = attribute(default_factory=dict)
    publishes: tuple[str, ...] = ()
    subscribes: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def has_files(self) -> bool:
        """Whether some of its rows refer to files."""
        return any(
            spec.type == "file"
            for entity in self.spec.entities.values()
            for spec in entity.fields.values()
        )

    def list_actions(self, entity: str) -> tuple[Action, ...]:
        return self.actions.get(entity, ALL_ACTIONS)


@dataclass(frozen=True, slots=True)
class Domain:
    """The modules of a project, `accounts` first, then the preset's, then the user's
    own, each as written.
    """

    preset: str | None
    modules: tuple[DomainModule, ...]

    def __getitem__(self, name: str) -> DomainModule:
        return next(module for module in self.modules if module.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(module.name for module in self.modules)

    def entities(self) -> Iterator[tuple[DomainModule, str, EntitySpec]]:
        for module in self.modules:
            for name, entity in module.spec.entities.items():
                yield module, name, entity
