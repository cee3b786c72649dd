"""What is to be built, in full: the document from which the templates render a project.

`archgen.yaml` records it, and the templates folder alone turns it into files: whatever
a template needs to know stands here, and nothing else does. Three axes: `modules` (what
the domain is), `parts` (where modules run) and `stack` (what they run on).
"""

from __future__ import annotations

import operator
from functools import partial
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic import Field as Attribute

from archgen.domain.schema import Action, FieldType, Level
from archgen.requirements import ServiceLevels, StackChoice

Template = Literal["monolith", "microservices", "serverless"]
TEMPLATES: tuple[Template, ...] = get_args(Template)
# What is recorded only where it is said, so that other projects' records stay as they
# are.
Said = partial(Attribute, exclude_if=operator.not_)


class Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Target(Document):
    """The entity that a reference points to; `local` when it lies in the same module.

    `checked`: in another, which can tell whether the row is there, where both run in
    one part. `circular`: rows of it may lead back, and its table comes later.
    """

    module: str
    entity: str
    cls: str
    plural: str
    local: bool
    checked: bool
    circular: bool = Attribute(default=False, exclude_if=lambda circular: not circular)
    table: str | None = Attribute(default=None, exclude_if=lambda name: name is None)


class Form(Document):
    """What the values of a string look like: `samples`, in order, are what tests send.

    `pattern`: anchored, as every engine reads it. `shape`: for each place the
    characters of values that match, any choice of them. `unlike`: what the pattern
    refuses.
    """

    pattern: str | None
    shape: tuple[str, ...]
    samples: tuple[str, ...]
    unlike: str | None


class Many(Document):
    """What a field of references goes to, and how many one row may have; `ordered`: in
    the order in which they were given, else a set.
    """

    to: Target
    max: int
    ordered: bool


class Field(Document):
    """A field of an entity. `nullable`: a row may lack it (not required, and no
    default).
    """

    name: str
    type: FieldType
    required: bool
    nullable: bool
    unique: bool
    indexed: bool
    default: JsonValue = (
        None  # decimals, dates and the like as the strings that travel in JSON
    )
    min: JsonValue = None
    max: JsonValue = None
    min_length: int | None = None  # string, text: of a key 1 if not said
    max_length: int | None = None  # string: 255 if not said, text: 100,000
    form: Form | None = None  # string: where it has a pattern or examples
    scale: int | None = None  # decimal: 2 if not said
    values: tuple[str, ...] = ()
    labels: tuple[
        str, ...
    ] = ()  # enum: what its values are called, of each one; none: nobody said
    alias: str | None = (
        None  # enum: the name of the type that its values make, that of no other in its module
    )
    to: Target | None = None
    # references, of which alone it is there
    many: Many | None = Attribute(default=None, exclude_if=lambda many: many is None)
    # list: what each of its values is; of which alone it is there, as `max_items`
    item: Field | None = Attribute(default=None, exclude_if=lambda item: item is None)
    max_items: int | None = Attribute(
        default=None, exclude_if=lambda most: most is None
    )
    # object: its fields; of which alone it is there, as `cls`
    members: tuple[Field, ...] = Attribute(
        default=(), exclude_if=lambda members: not members
    )
    # the class that these make
    cls: str | None = Attribute(default=None, exclude_if=lambda name: name is None)
    # slug: the field that it is made from where none is sent; of which alone it is
    # there
    made_from: str | None = Attribute(
        default=None, exclude_if=lambda name: name is None
    )
    set_by: Literal["caller", "staff"] | None = Attribute(
        default=None, exclude_if=lambda who: who is None
    )
    # what the database has in a row whose writer does not know the field, where rows
    # were there before it
    stored: JsonValue = Attribute(default=None, exclude_if=lambda value: value is None)
    # what its column still takes, where `max_length` is less by now
    kept_length: int | None = Said(default=None)
    # what rows that lack it are to have, where none may by now and some still do
    lacking: JsonValue = Attribute(default=None, exclude_if=lambda value: value is None)
    # what a row has in it that was kept by a key-value database before it was there
    absent: JsonValue = Attribute(default=None, exclude_if=lambda value: value is None)
    # reference within the module: to a row of the caller's own, though others may read
    # it
    own: bool = Said(default=False)
    max_bytes: int | None = None  # file: 10 MiB if not said
    accept: tuple[str, ...] = ()  # file: its content types, images if not said


class Computed(Document):
    """A read-only field that is computed from its row: what it is as a field, and the
    body that it has at first.

    `expression`: Python over `self`; none: it gives nothing until the owner says what.
    `needs`: fields without which it is nothing.
    """

    field: Field
    expression: str | None
    needs: tuple[str, ...]


class Listing(Document):
    """An order in which rows are listed: filters that must all be given, then the field
    to sort by.
    """

    filters: tuple[str, ...]
    sort: str
    descending: bool


class Access(Document):
    read: Level
    write: Level


class Referrer(Document):
    """An entity of the same module with a field that refers to this one; `required` as
    that field is.

    `on_delete`: its rows go with the one that they refer to, or refer to nothing then;
    else they keep it.
    """

    entity: str
    field: str
    required: bool
    on_delete: Literal["cascade", "clear"] | None = Attribute(
        default=None, exclude_if=lambda rule: rule is None
    )


class Side(Document):
    """The other side of a reference: rows of `entity` whose `field` refers to a row, as
    a list `name` below its path.
    """

    name: str
    entity: str
    field: str
    # there is one row at most
    one: bool = Attribute(default=False, exclude_if=lambda one: not one)


class Expansion(Document):
    """A reference that a read follows, a `field` of an entity, to `to`; of each of its
    rows that is `display`, or all of it.

    `then`: what may be followed from there. `deeper`: whether anything is, by whichever
    read. `view`: where it goes to another module, the fields of that display.
    """

    field: str
    to: Target
    many: bool
    display: tuple[str, ...]
    then: tuple[Expansion, ...]
    deeper: bool
    view: tuple[Field, ...] = Said(default=())


class Entity(Document):
    """`owned`: access asks who created a row, so rows remember it. `publishes`: actions
    that something reacts to.

    `unique`: fields that are unique together, `owner_id` among them. `referred`:
    checked references of other modules. `linkers`: entities of the same module whose
    fields of references go to this one. `owned_by`: the field with the account whose
    row it is, in place of whoever created it. `audit`: `created_by` and `changed_by`,
    beside the fields. `totals`: pages by number, with a total; `filters`, `sorts`: of
    lists whose filters combine. `natural_keys`: unique fields that rows are read by.
    `search`: fields whose words rows are searched by. `expand`: references that its
    reads follow; `steps`: those that any read does from here. `shown`: some read
    follows one to here. `display`: what is then shown in this module, `view`: in
    others. `computed`: beside the fields, not stored. `retired`: columns that its table
    still has and no code knows, while a former version of it may run. `behind`: rows
    that a key-value database kept before may lack a key, a claim or a value that they
    have by now. `placed`: there, what rows are found by, in the order in which their
    indexes came, where that is another than they are said in. Each is recorded where it
    is so.
    """

    name: str
    cls: str
    plural: str
    # where it is not the plural
    table: str | None = Attribute(default=None, exclude_if=lambda name: name is None)
    access: Access
    owned: bool
    fields: tuple[Field, ...]
    lists: tuple[Listing, ...]
    unique: tuple[tuple[str, ...], ...]
    publishes: tuple[Action, ...]
    referred: bool
    referrers: tuple[Referrer, ...]
    # rows that may go or change with one
    along: int | None = Attribute(default=None, exclude_if=lambda most: most is None)
    sides: tuple[Side, ...] = Attribute(default=(), exclude_if=lambda sides: not sides)
    linkers: tuple[Referrer, ...] = Attribute(
        default=(), exclude_if=lambda linkers: not linkers
    )
    owned_by: str | None = Said(default=None)
    audit: bool = Said(default=False)
    totals: bool = Said(default=False)
    filters: tuple[str, ...] = Said(default=())
    sorts: tuple[str, ...] = Said(default=())
    natural_keys: tuple[str, ...] = Said(default=())
    search: tuple[str, ...] = Said(default=())
    expand: tuple[Expansion, ...] = Said(default=())
    steps: tuple[Expansion, ...] = Said(default=())
    display: tuple[str, ...] = Said(default=())
    shown: bool = Said(default=False)
    view: tuple[Field, ...] = Said(default=())
    computed: tuple[Computed, ...] = Said(default=())
    retired: tuple[Field, ...] = Said(default=())
    behind: bool = Said(default=False)
    placed: tuple[Listing, ...] = Said(default=())


class Effect(Document):
    """What becomes of the rows whose `field` refers to a row that was deleted;
    `unlink`: it is one of several there.
    """

    entity: str
    cls: str
    plural: str
    field: str
    effect: Literal["delete", "clear", "unlink"]


class Reaction(Document):
    """A module's answer to an event of another (or of itself). No effects: log what
    arrived, once.
    """

    event: str  # inventory.product.deleted
    module: str
    entity: str
    action: Action
    cls: str  # ProductDeleted
    effects: tuple[Effect, ...]


class Module(Document):
    """`kind` picks the templates: `entities` for what the answers declare, else the
    preset's own code.

    `publishes`: it has an outbox. `contract`: others see something of it. `uses`:
    modules that it calls through theirs. `retired`: entities whose tables are still
    there and that no code knows, while a former version of it may run; `keeps_outbox`:
    so is its outbox. `stored_as`: what its schema, file or table is called, where that
    is not its name.
    """

    name: str
    kind: str
    part: str
    entities: tuple[Entity, ...]
    reactions: tuple[Reaction, ...]
    publishes: bool
    contract: bool
    # every event type that arrives here, those of the preset's own code included
    subscribes: tuple[str, ...]
    uses: tuple[str, ...]
    retired: tuple[Entity, ...] = Said(default=())
    keeps_outbox: bool = Said(default=False)
    stored_as: str | None = Said(default=None)

    @property
    def kept_under(self) -> str:
        """The name of its schema, file or table, and what its migrations begin with."""
        return self.stored_as or self.name


class Part(Document):
    """Modules that run together; `calls`: the other parts whose contracts these modules
    use.
    """

    name: str
    modules: tuple[str, ...]
    calls: tuple[str, ...]


class Gone(Document):
    """A module that was removed: the part that it ran in, and whether what its tables
    hold is `dropped` from that part's database.

    `stored_as`: as of a module.
    """

    part: str
    dropped: bool = False
    stored_as: str | None = Said(default=None)


class Ownership(Document):
    """More services than the teams can own: how many there are, how many they can, and
    the modules to run together instead.

    No `grouping` where two services are too many already.
    """

    services: int
    owned: int
    grouping: dict[str, tuple[str, ...]] | None


class Blueprint(Document):
    """`events`: something in the project reacts to something. `stack`: each choice is
    made; where a server is chosen, `sqlite` and the in-process twins are there besides.
    `extras`: each a folder in `_options/extras/` of the templates. `ownership` is there
    where there are more services than the teams can own. `gone`: modules that were
    removed and left their tables.
    """

    name: str
    package: str
    preset: str | None
    architecture: Literal["monolith", "modular_monolith", "microservices", "serverless"]
    template: Template
    events: bool
    modules: tuple[Module, ...]
    parts: tuple[Part, ...]
    stack: StackChoice
    extras: tuple[str, ...]
    slo: ServiceLevels
    ownership: Ownership | None = None
    gone: dict[str, Gone] = Said(default_factory=dict)
