"""The schemas of an OpenAPI document (JSON or YAML) -> a domain. Objects with
properties are entities; `$ref` between them are relations.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archgen.errors import InputError, Mistake
from archgen.exchange.jdl_writer import ANNOTATION, write_annotation
from archgen.exchange.model import (
    Annotation,
    Kind,
    Note,
    NoteKind,
    Place,
    Side,
    SourceDomain,
    SourceEntity,
    SourceEnum,
    SourceField,
    SourceRelation,
)
from archgen.exchange.naming import to_words
from archgen.exchange.openapi_file import read_document
from archgen.exchange.openapi_writer import EXTENSION
from archgen.text import shown

MERGED_DEPTH = 200  # schemas that one is made of, one after the other
ACCOUNT = "accounts.account"

# Forms of one entity, as frameworks name them: the shorter name has the entity, these
# what goes in and out.
_FORMS = (
    "Create", "CreateRequest", "CreateDto", "Update", "UpdateRequest", "UpdateDto", "Patch", "In", "Out", "Input", "Output", "Request", "Response",
    "Read", "Public", "Base", "Dto", "DTO", "List", "Page", "Query", "Filter", "-Input", "-Output",
    "Expanded", "Along", "Shown",
)  # fmt: skip
_NEVER = (
    "HTTPValidationError",
    "ValidationError",
    "Problem",
    "ProblemDetails",
    "Error",
    "ErrorResponse",
    "ErrorModel",
)
_FORMATS: dict[str, Kind] = {
    "date": "date",
    "date-time": "datetime",
    "time": "time",
    "duration": "duration",
    "uuid": "uuid",
    "email": "email",
    "uri": "url",
    "url": "url",
    "decimal": "decimal",
    "byte": "blob",
    "binary": "blob",
}


def read_openapi(path: Path) -> SourceDomain:
    """The domain whose schemas a document has; InputError where it is none, with its
    line.
    """
    name = path.name or str(path)
    document, lines = read_document(path, name)
    components = document.get("components")
    schemas = (
        components.get("schemas") if isinstance(components, dict) else None
    ) or document.get("definitions")
    if not isinstance(schemas, dict) or not schemas:
        raise InputError(
            [
                Mistake(
                    name,
                    "has no schemas under components",
                    "entities are read there alone: name what requests and responses hold, and $ref it",
                )
            ]
        )
    info = document.get("info")
    title = info.get("title") if isinstance(info, dict) else None
    domain = SourceDomain(name=str(title or path.stem), files=[name])
    reader = _Reader(domain, schemas, name, lines)
    reader.read()
    return domain


@dataclass(slots=True)
class _Reader:
    domain: SourceDomain
    schemas: Mapping[str, Any]
    file: str
    lines: Mapping[tuple[str, ...], int]
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    # by a `$ref` to it
    brought: dict[str, dict[str, Any]] = field(default_factory=dict)

    def read(self) -> None:
        for name, schema in self.schemas.items():
            merged = self._merged(schema, 0) if isinstance(schema, dict) else {}
            if isinstance(merged.get("properties"), dict) and merged["properties"]:
                self.objects[name] = merged
        kept = self._kept()
        for name in self.schemas:
            if name not in kept and name in self.objects:
                self._note(
                    "left",
                    self._at(name),
                    name,
                    "a form of another schema, a page of a list, or an error",
                )
        ours = {
            f"{said['module']}.{said['name']}": name
            for name in kept
            if isinstance(said := self.objects[name].get(EXTENSION), dict)
            and {"module", "name"} <= set(said)
        }
        for name in kept:
            self._entity(name, kept, ours)

    def _kept(self) -> dict[str, str]:
        """The schemas that are entities, by their own name; what each form stands for."""
        names = {}
        for name, schema in self.objects.items():
            properties = schema["properties"]
            base = next(
                (
                    name[: -len(end)]
                    for end in sorted(_FORMS, key=len, reverse=True)
                    if name.endswith(end) and len(name) > len(end)
                ),
                "",
            )
            is_page = any(
                isinstance(one, dict)
                and one.get("type") == "array"
                and "$ref" in str(one.get("items"))
                for one in properties.values()
            ) and (
                {"items", "data", "results", "content"} & set(properties)
                and {"next", "total", "page", "count", "limit", "cursor"}
                & set(properties)
            )
            if name in _NEVER or is_page or (base and base in self.objects):
                continue
            if (
                base
                and any(
                    other != name
                    and other.startswith(base)
                    and other.removeprefix(base)
                    in ("Out", "Response", "Read", "Public", "Dto", "DTO")
                    for other in self.objects
                )
                and not name.endswith(
                    ("Out", "Response", "Read", "Public", "Dto", "DTO")
                )
            ):
                continue
            names[name] = base if base and base not in self.objects else name
        return names

    def _merged(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """With what `allOf` and a `$ref` bring; a schema that leads back to itself
        brings nothing there.
        """
        if depth > MERGED_DEPTH:
            return {}
        if isinstance(ref := schema.get("$ref"), str):
            name = ref.rpartition("/")[2]
            if name not in self.brought:
                self.brought[name] = {}
                target = self.schemas.get(name)
                self.brought[name] = (
                    self._merged(target, depth + 1) if isinstance(target, dict) else {}
                )
            return dict(self.brought[name])
        found = dict(schema)
        for part in schema.get("allOf") or ():
            inner = self._merged(part, depth + 1) if isinstance(part, dict) else {}
            for key, value in inner.items():
                if key == "properties":
                    found["properties"] = {**value, **(found.get("properties") or {})}
                elif key == "required" and isinstance(value, list):
                    both = [*value, *(found.get("required") or [])]
                    found["required"] = list(
                        dict.fromkeys(one for one in both if isinstance(one, str))
                    )
                else:
                    found.setdefault(key, value)
        return found

    def _entity(
        self, name: str, kept: Mapping[str, str], ours: Mapping[str, str]
    ) -> None:
        schema, place = self.objects[name], self._at(name)
        entity = SourceEntity(
            kept[name], place, doc=str(schema.get("description") or "")
        )
        computed: dict[str, Any] = {}
        said = schema.get(EXTENSION)
        if isinstance(said, dict):
            content = {key: value for key, value in said.items() if key != "module"}
            computed = (
                said["computed"] if isinstance(said.get("computed"), dict) else {}
            )
            own = [
                key
                for key in schema["properties"]
                if key not in ("id", "created_at", "updated_at", *computed)
            ]
            entity.annotations.append(
                Annotation(
                    ANNOTATION, write_annotation({**content, "order": own}), place
                )
            )
            if isinstance(said.get("module"), str):
                entity.group = said["module"]
                self.domain.groups.setdefault(entity.group, place)
        self.domain.entities[entity.name] = entity
        required: list[Any] = (
            schema["required"] if isinstance(schema.get("required"), list) else []
        )
        form = next(
            (
                one
                for end in ("Create", "In", "CreateRequest", "Request", "Base")
                if (one := self.objects.get(entity.name + end))
            ),
            None,
        )
        if form is not None:
            required = form.get("required") or []
        for key, content in schema["properties"].items():
            if key == "id" or not isinstance(content, dict) or key in computed:
                continue
            self._property(
                entity,
                key,
                content,
                key in required,
                self._at(name, "properties", key),
                kept,
                ours,
            )

    def _property(
        self,
        entity: SourceEntity,
        key: str,
        content: Mapping[str, Any],
        required: bool,
        place: Place,
        kept: Mapping[str, str],
        ours: Mapping[str, str],
    ) -> None:
        what = f"{entity.name}.{key}"
        content, nullable = self._alternative(content, what, place)
        required = required and not nullable
        said = content.get(EXTENSION)
        if isinstance(said, dict) and isinstance(said.get("to"), str):
            kind = (
                "ManyToMany"
                if said.get("type") == "references"
                else "OneToOne"
                if said.get("one_to_one")
                else "ManyToOne"
            )
            known = kept.get(ours.get(said["to"], ""), "User")
            extra = {
                word: value
                for word, value in said.items()
                if word not in ("type", "required", "one_to_one", "to")
            } | {"name": key}
            if kind != "ManyToMany":
                extra.setdefault("indexed", False)
            extra |= {"to": ACCOUNT} if said["to"] == ACCOUNT else {}
            self._relate(
                kind, entity, key, known, bool(said.get("required")), place, extra
            )
            return
        target = self._target(content, kept)
        items = content.get("items") if content.get("type") == "array" else None
        many = self._target(items, kept) if isinstance(items, dict) else None
        if target is not None:
            self._relate("ManyToOne", entity, key, target, required, place)
        elif many is not None:
            self._relate(
                "ManyToMany",
                entity,
                key,
                many,
                required and content.get("minItems") not in (None, 0),
                place,
            )
            if required and content.get("minItems") in (None, 0):
                self._note("changed", place, what, "a list of the other may be empty")
        elif (guessed := self._guess(key, content, kept)) is not None:
            self._relate(
                "ManyToOne",
                entity,
                key[:-3] if key.endswith("_id") else key[:-2],
                guessed,
                required,
                place,
            )
            self._note("changed", place, what, f"refers to {guessed}, by its name")
        else:
            self._field(entity, key, content, required, place, said)

    def _alternative(
        self, content: Mapping[str, Any], what: str, place: Place
    ) -> tuple[Mapping[str, Any], bool]:
        """The one of `anyOf` that is not null, and whether there is null among them."""
        options = [
            one
            for word in ("anyOf", "oneOf")
            for one in content.get(word) or ()
            if isinstance(one, dict)
        ]
        kinds = content.get("type")
        if isinstance(kinds, list):
            left = [one for one in kinds if one != "null"]
            content = {**content, "type": left[0] if left else "string"}
            return content, "null" in kinds
        if not options:
            return content, bool(content.get("nullable"))
        real = [one for one in options if one.get("type") != "null"]
        if len(real) > 1 and not isinstance(content.get(EXTENSION), dict):
            self._note(
                "unsaid", place, what, "one of several forms; the first is taken"
            )
        inner = (
            self._alternative(real[0], what, place)[0]
            if real and "anyOf" not in real[0]
            else {}
        )
        return {
            **inner,
            **{
                key: value
                for key, value in content.items()
                if key not in ("anyOf", "oneOf")
            },
        }, len(real) < len(options)

    def _target(
        self, content: Mapping[str, Any], kept: Mapping[str, str]
    ) -> str | None:
        refs = [
            content.get("$ref"),
            *(
                one.get("$ref")
                for one in content.get("allOf") or ()
                if isinstance(one, dict)
            ),
        ]
        for ref in refs:
            if isinstance(ref, str):
                name = ref.rpartition("/")[2]
                if name in kept:
                    return kept[name]
                base = next(
                    (
                        name[: -len(end)]
                        for end in sorted(_FORMS, key=len, reverse=True)
                        if name.endswith(end)
                    ),
                    "",
                )
                if base in kept.values():
                    return base
        return None

    def _guess(
        self, key: str, content: Mapping[str, Any], kept: Mapping[str, str]
    ) -> str | None:
        """`customer_id` of an id's type is a reference where there is a customer."""
        words = to_words(key) or ""
        if not words.endswith("_id") or content.get("type") not in (
            "string",
            "integer",
        ):
            return None
        return next(
            (name for name in kept.values() if to_words(name) == words[:-3]), None
        )

    def _relate(
        self,
        kind: Any,
        entity: SourceEntity,
        key: str,
        target: str,
        required: bool,
        place: Place,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        side = Side(entity.name, key, None, required)
        annotations = (
            [Annotation(ANNOTATION, write_annotation(extra), place)]
            if extra is not None
            else []
        )
        self.domain.relations.append(
            SourceRelation(kind, side, Side(target), place, annotations=annotations)
        )

    def _field(
        self,
        entity: SourceEntity,
        key: str,
        content: Mapping[str, Any],
        required: bool,
        place: Place,
        said: Any,
    ) -> None:
        what = f"{entity.name}.{key}"
        made = self._form(key, content, required, place, what)
        extra: dict[str, Any] = {}
        if content.get("default") is not None and made.type not in ("list", "object"):
            extra["default"] = content["default"]
        elif content.get("default"):
            self._note("unsaid", place, what, "the default of a list or an object")
        if isinstance(said, dict):
            made.bounds, made.pattern, made.enum, made.item, made.members = (
                {},
                None,
                None,
                None,
                [],
            )
            made.type, made.required = "string", False
            extra = {**said, "name": key}
        if extra:
            made.annotations.append(
                Annotation(ANNOTATION, write_annotation(extra), place)
            )
        entity.fields.append(made)

    def _form(
        self,
        key: str,
        content: Mapping[str, Any],
        required: bool,
        place: Place,
        what: str,
        *,
        within: bool = False,
    ) -> SourceField:
        """A value as its schema says; `within`: it is one of a list or of an object,
        and so has none inside.
        """
        if isinstance(ref := content.get("$ref"), str):
            content = {
                **self._merged(content, 0),
                **{k: v for k, v in content.items() if k != "$ref"},
            }
            if not content:
                self._note(
                    "unsaid", place, what, f"{shown(ref)} is not in this document"
                )
        doc, kind = str(content.get("description") or ""), content.get("type")
        items, properties = content.get("items"), content.get("properties")
        if not isinstance(content.get(EXTENSION), dict):
            if kind == "array" and isinstance(items, dict):
                return self._list(key, content, required, place, what, within=within)
            if isinstance(properties, dict) and properties and kind in (None, "object"):
                made = SourceField(key, "object", "object", place, required, doc=doc)
                needed = (
                    content["required"]
                    if isinstance(content.get("required"), list)
                    else []
                )
                for name, inner in properties.items() if not within else ():
                    if isinstance(inner, dict):
                        simple, nullable = self._alternative(
                            inner, f"{what}.{name}", place
                        )
                        made.members.append(
                            self._form(
                                name,
                                simple,
                                name in needed and not nullable,
                                place,
                                f"{what}.{name}",
                                within=True,
                            )
                        )
                return made
        made = SourceField(
            key,
            self._kind(content, what, place),
            str(kind or "any"),
            place,
            required,
            doc=doc,
        )
        if within and content.get("default") is not None:
            self._note("unsaid", place, what, "a default within a list or an object")
        values = [content["const"]] if "const" in content else content.get("enum")
        # a nullable enum has null among its values
        values = (
            [v for v in values if v is not None] if isinstance(values, list) else []
        )
        if values and all(isinstance(one, str) for one in values):
            made.type, made.enum = "enum", what
            self.domain.enums[what] = SourceEnum(
                what, [(one, None) for one in values], place
            )
        elif values:
            said = json.dumps(values)[:60]
            self._note("unsaid", place, what, f"one of {said}, which are no strings")
        if content.get("multipleOf") is not None:
            said = f"multipleOf {json.dumps(content['multipleOf'])[:40]}"
            self._note("unsaid", place, what, said)
        for word, bound in (
            ("minimum", "min"),
            ("maximum", "max"),
            ("minLength", "minlength"),
            ("maxLength", "maxlength"),
        ):
            value = content.get(word)
            if isinstance(value, int | float) and not isinstance(value, bool):
                made.bounds[bound] = (
                    str(value) if isinstance(value, int) else f"{value:f}"
                )
        self._set_exclusive(made, content, what)
        if isinstance(content.get("pattern"), str):
            made.pattern = content["pattern"]
        if made.type in ("email", "url"):
            self._keep_form(made, content["format"], what)
        if (
            made.type == "string"
            and int(float(made.bounds.get("maxlength", 0))) > 10_000
        ):
            made.type = "text"
        return made

    def _keep_form(self, made: SourceField, form: str, what: str) -> None:
        """An address or a URL is a string where something is asked of it that only
        strings have.
        """
        if made.pattern is not None or float(made.bounds.get("minlength", 0)) > 1:
            made.type = "string"
            self._note("unsaid", made.place, what, f"the format {shown(form)}")
        else:
            made.bounds.pop("minlength", None)  # none is empty

    def _set_exclusive(
        self, made: SourceField, content: Mapping[str, Any], what: str
    ) -> None:
        """Of whole numbers, more than 0 is 1 at least. 3.1 has the number in
        exclusiveMinimum, 3.0 in minimum, with exclusiveMinimum beside it.
        """
        for word, beside, bound, step in (
            ("exclusiveMinimum", "minimum", "min", 1),
            ("exclusiveMaximum", "maximum", "max", -1),
        ):
            value = content.get(word)
            value = content.get(beside) if value is True else value
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            whole = isinstance(value, int) or value.is_integer()
            if made.type == "integer" and whole:
                made.bounds[bound] = str(int(value) + step)
            else:
                self._note("unsaid", made.place, what, f"{word} {value}")

    def _list(
        self,
        key: str,
        content: Mapping[str, Any],
        required: bool,
        place: Place,
        what: str,
        *,
        within: bool,
    ) -> SourceField:
        """An array: what each of its values is, and how many there may be."""
        made = SourceField(key, "list", "array", place, required)
        if not within:
            simple, nullable = self._alternative(content["items"], what, place)
            made = self._form(key, simple, required, place, what, within=True)
            made.item, made.type, made.members = made.type, "list", []
            if nullable:
                self._note("unsaid", place, what, "null among its values")
        made.doc = str(content.get("description") or "")
        if isinstance(most := content.get("maxItems"), int) and most > 0:
            made.most = most
        for word, says in (
            ("minItems", "at least so many values"),
            ("uniqueItems", "each value once"),
        ):
            if content.get(word):
                self._note(
                    "unsaid", place, what, f"{word} {json.dumps(content[word])}: {says}"
                )
        return made

    def _kind(self, content: Mapping[str, Any], what: str, place: Place) -> Kind:
        kind, form = content.get("type"), content.get("format")
        if kind == "string":
            if (
                form is not None
                and form not in _FORMATS
                and form not in ("password", "hostname")
            ):
                self._note("unsaid", place, what, f"the format {shown(form)}")
            return _FORMATS.get(str(form), "string")
        if kind in ("integer", "boolean"):
            return "integer" if kind == "integer" else "boolean"
        if kind == "number":
            return "decimal" if form == "decimal" else "double"
        if isinstance(content.get(EXTENSION), dict):
            return "json"  # which is said there
        if kind in ("array", "object"):
            self._note("changed", place, what, f"an {kind} is kept as JSON")
        elif "const" not in content and not isinstance(content.get("enum"), list):
            self._note("changed", place, what, "anything is kept as JSON")
        return "json"

    def _at(self, *path: str) -> Place:
        steps = next(
            (
                start
                for start in (("components", "schemas"), ("definitions",))
                if (*start, *path) in self.lines
            ),
            ("components", "schemas"),
        )
        return Place(self.file, self.lines.get((*steps, *path), 1))

    def _note(self, kind: NoteKind, place: Place, what: str, message: str) -> None:
        self.domain.notes.append(Note(kind, place, what, message))
