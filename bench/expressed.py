"""How much of what JDL files state is found again in the projects that archgen makes of
them.

usage: python bench/expressed.py FOLDER [--architecture monolith] [--all]

FOLDER holds `jdl/*.jdl` and `*.jh` (or the files themselves), and may hold `facts.tsv`,
a count of facts by somebody else, which this one is then held to. Each file is given to
`archgen new --jdl`, and each of its facts (`jdl_facts.py`, a parser of its own) is
looked for in the project's OpenAPI document and migrations. A fact is found, found
roughly (a float as a decimal), or missing; `--all` names each.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis.strategies import from_regex

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.jdl_facts import Fact, facts
from tests.strategies import draw_some

ARCHGEN = (sys.executable, "-c", "from archgen.cli.main import main; main()")
DESCRIBE = """
import importlib, importlib.util, json, sys
from pathlib import Path
package = sys.argv[1]
if importlib.util.find_spec(f"{package}.accounts.keys"):
    importlib.import_module(f"{package}.accounts.keys").make_key(Path(".keys"))
root = importlib.import_module(f"{package}.apps.app")
settings = importlib.import_module(f"{package}.apps.settings").Settings()
print(json.dumps(root.create_app(settings).openapi()))
"""
FOUND, ROUGHLY, MISSING = "found", "roughly", "missing"
UUID = {"type": "string", "format": "uuid"}
TYPES: Mapping[str, Mapping[str, str]] = {
    "String": {"type": "string"},
    "TextBlob": {"type": "string"},
    "Integer": {"type": "integer"},
    "Long": {"type": "integer"},
    "BigDecimal": {"type": "string"},
    "Float": {"type": "number"},
    "Double": {"type": "number"},
    "Boolean": {"type": "boolean"},
    "LocalDate": {"type": "string", "format": "date"},
    "LocalTime": {"type": "string", "format": "time"},
    "Instant": {"type": "string", "format": "date-time"},
    "ZonedDateTime": {"type": "string", "format": "date-time"},
    "UUID": UUID,
    "Blob": UUID,
    "AnyBlob": UUID,
    "ImageBlob": UUID,
}
ROUGH = {
    "Float": {"type": "string"},
    "Double": {"type": "string"},
    "LocalTime": {"type": "string"},
    "Duration": {"type": "string"},
}
FILES = ("Blob", "AnyBlob", "ImageBlob")
BOUNDS = {
    "min": ("minimum", "ge"),
    "max": ("maximum", "le"),
    "minlength": ("minLength",),
    "maxlength": ("maxLength",),
    "minbytes": (),
    "maxbytes": (),
}


@dataclass(frozen=True)
class Made:
    """A project of a file: the document of its HTTP face, its migrations by module, and
    what it calls what the file named.
    """

    document: Mapping[str, Any]
    migrations: Mapping[str, str]
    code: str
    names: Mapping[str, str]

    def name(self, written: str, holder: str = "") -> str:
        """What an entity, or a field of `holder`, is called now."""
        return self.names.get(f"{holder}.{written}" if holder else written) or words(
            written
        )

    def schema(self, entity: str, form: str) -> Mapping[str, Any]:
        cls = "".join(word.capitalize() for word in self.name(entity).split("_"))
        found: Mapping[str, Any] = self.document["components"]["schemas"].get(
            f"{cls}{form}", {}
        )
        return found

    def shapes(self, entity: str, form: str, name: str) -> list[Mapping[str, Any]]:
        """The schemas that a property may have, references and alternatives followed."""
        return list(
            self._flat(self.schema(entity, form).get("properties", {}).get(name))
        )

    def _flat(self, schema: Any) -> Iterator[Mapping[str, Any]]:
        if schema is None:
            return
        if "$ref" in schema:
            yield from self._flat(
                self.document["components"]["schemas"][
                    schema["$ref"].rpartition("/")[2]
                ]
            )
            return
        yield schema
        for inner in (
            *schema.get("anyOf", ()),
            *schema.get("allOf", ()),
            *schema.get("oneOf", ()),
        ):
            yield from self._flat(inner)

    def listing(self, entity: str) -> set[str]:
        """The query parameters of the list of an entity."""
        name = self.name(entity)
        for path in self.document["paths"].values():
            if path.get("get", {}).get("operationId") == f"{name}_list":
                return {
                    one["name"]
                    for one in path["get"].get("parameters", ())
                    if one["in"] == "query"
                }
        return set()

    def path(self, entity: str) -> str:
        name = self.name(entity)
        found = (
            path
            for path, one in self.document["paths"].items()
            if one.get("post", {}).get("operationId") == f"{name}_create"
        )
        return next(found, "")

    def holds(self, pattern: str) -> bool:
        return any(re.search(pattern, text) for text in self.migrations.values())


def words(name: str) -> str:
    """personName -> person_name, MCOType -> mco_type."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def judge(fact: Fact, made: Made, types: Mapping[tuple[str, str], Fact]) -> str:
    """Whether a fact is found again; `types` are the fields as the file states them."""
    return _JUDGES.get(fact.kind, _bound)(fact, made, types)


Types = Mapping[tuple[str, str], Fact]


def _entity(fact: Fact, made: Made, types: Types) -> str:
    return (
        FOUND if made.schema(fact.entity, "Out") and made.path(fact.entity) else MISSING
    )


def _field(fact: Fact, made: Made, types: Types) -> str:
    shapes = made.shapes(fact.entity, "Out", made.name(fact.name, fact.entity))
    if fact.other:
        values = fact.other.split("|")
        # of one value alone, JSON schema says a constant
        said = [
            [*shape.get("enum", [shape["const"]] if "const" in shape else [])]
            for shape in shapes
        ]
        return FOUND if values in said else MISSING
    wanted, rough = TYPES.get(fact.value, {"type": "string"}), ROUGH.get(fact.value)
    if fact.value == "Duration" and any(
        _takes_durations(shape.get("pattern", "$^")) for shape in shapes
    ):
        return (
            FOUND  # the format of that name has no parts of a second, and years besides
        )
    if fact.value != "Duration" and any(
        wanted.items() <= shape.items() for shape in shapes
    ):
        return FOUND
    return (
        ROUGHLY
        if rough and any(rough.items() <= shape.items() for shape in shapes)
        else MISSING
    )


def _takes_durations(pattern: str) -> bool:
    words = {
        "P1D": True,
        "PT1H30M": True,
        "-PT0.5S": True,
        "P1DT1M": True,
        "1:30": False,
        "P": False,
        "P1Y": False,
    }
    return all(bool(re.search(pattern, word)) == taken for word, taken in words.items())


def _required(fact: Fact, made: Made, types: Types) -> str:
    return _is_required(made, fact.entity, made.name(fact.name, fact.entity))


def _is_required(made: Made, entity: str, name: str) -> str:
    if name in made.schema(entity, "In").get("required", ()):
        return FOUND
    kept = name in made.schema(entity, "Out").get(
        "required", ()
    ) and name not in made.schema(entity, "In").get("properties", {})
    return (
        FOUND
        if kept
        and not any(
            one.get("type") == "null" for one in made.shapes(entity, "Out", name)
        )
        else MISSING
    )


def _unique(fact: Fact, made: Made, types: Types) -> str:
    return _is_unique(made, made.name(fact.name, fact.entity))


def _is_unique(made: Made, name: str) -> str:
    return FOUND if made.holds(rf'UniqueConstraint\(\s*"{name}",\s*name=') else MISSING


def _bound(fact: Fact, made: Made, types: Types) -> str:
    shapes = made.shapes(fact.entity, "In", made.name(fact.name, fact.entity))
    value = fact.value
    if fact.kind in ("minbytes", "maxbytes"):
        return (
            FOUND
            if re.search(rf"\b{int(value):_}\b|\b{value}\b", made.code)
            else MISSING
        )
    for shape in shapes:
        for key in BOUNDS[fact.kind]:
            if key in shape and float(shape[key]) == float(value):
                return FOUND
    return MISSING


def _pattern(fact: Fact, made: Made, types: Types) -> str:
    wanted = fact.value.strip('"').removeprefix("/").removesuffix("/")
    shapes = made.shapes(fact.entity, "In", made.name(fact.name, fact.entity))
    said = [one["pattern"] for one in shapes if "pattern" in one]
    return (
        FOUND
        if any(
            wanted.strip("^$") in one or _means_the_same(wanted, one) for one in said
        )
        else MISSING
    )


def _means_the_same(wanted: str, said: str) -> bool:
    """Whether two spellings take the same of some thousand words: of the letters that
    patterns are mostly about, and of words that either takes.
    """
    drawn = Random(1)
    words = [
        "".join(drawn.choices("aB0@.-_/ +é\t", k=drawn.randint(0, 8)))
        for _ in range(5_000)
    ]
    words += [
        "".join(drawn.choices("ab@.", k=drawn.randint(4, 9))) for _ in range(5_000)
    ]
    whole = re.compile(f"(?:{wanted.removeprefix('^').removesuffix('$')})", re.ASCII)
    for pattern in (whole, re.compile(said, re.ASCII)):
        drawn_words = draw_some(from_regex(pattern, fullmatch=True), 1, 100)
        # no text that is kept holds U+0000, whatever its pattern takes
        words += [word for word in drawn_words if "\0" not in word]
    taken = [bool(whole.fullmatch(word)) for word in words]
    return True in taken and taken == [bool(re.search(said, word)) for word in words]


def _holder(fact: Fact, made: Made) -> tuple[str, str, str]:
    """The entity that refers, the name of its field, and the entity that is referred
    to.
    """
    first, name, second, back = fact.entity, fact.name, fact.other, fact.other_name
    if fact.value == "OneToMany" or (
        fact.value == "OneToOne" and first == "User" and not made.schema("User", "Out")
    ):
        first, name, second, back = second, back, first, name
    return first, made.name(name or f"{second[:1].lower()}{second[1:]}", first), second


def _is_list(shape: Mapping[str, Any]) -> bool:
    return shape.get("type") == "array" and UUID.items() <= shape["items"].items()


def _relation(fact: Fact, made: Made, types: Types) -> str:
    if fact.value == "ManyToMany":
        for first, name in ((fact.entity, fact.name), (fact.other, fact.other_name)):
            shapes = made.shapes(
                first,
                "Out",
                made.name(name or f"{fact.other[:1].lower()}{fact.other[1:]}", first),
            )
            if any(map(_is_list, shapes)):
                return FOUND
        if fact.name or fact.other_name:
            return MISSING
        # a plural of what it refers to
        begun, shown = words(fact.other)[:-1], made.schema(fact.entity, "Out")
        return (
            FOUND
            if any(
                name.startswith(begun)
                and any(map(_is_list, made.shapes(fact.entity, "Out", name)))
                for name in shown.get("properties", {})
            )
            else MISSING
        )
    holder, name, _ = _holder(fact, made)
    if not any(UUID.items() <= one.items() for one in made.shapes(holder, "Out", name)):
        return MISSING
    return FOUND if fact.value != "OneToOne" else _is_unique(made, name)


def _relation_required(fact: Fact, made: Made, types: Types) -> str:
    holder, name, _ = _holder(fact, made)
    if fact.value in ("ManyToOne", "OneToOne") and holder == fact.entity:
        return _is_required(made, holder, name)
    own = made.name(
        fact.name or f"{fact.other[:1].lower()}{fact.other[1:]}", fact.entity
    )
    least = any(
        one.get("minItems", 0) >= 1 for one in made.shapes(fact.entity, "In", own)
    )
    return (
        FOUND
        if least and own in made.schema(fact.entity, "In").get("required", ())
        else MISSING
    )


def _paginate(fact: Fact, made: Made, types: Types) -> str:
    wanted = {"page", "size"} if fact.value == "pagination" else {"limit", "after"}
    return FOUND if wanted <= made.listing(fact.entity) else MISSING


def _filter(fact: Fact, made: Made, types: Types) -> str:
    served = {re.split(r"[.\[]|__", name)[0] for name in made.listing(fact.entity)}
    wanted = {
        made.name(name, entity)
        for (entity, name), one in types.items()
        if entity == fact.entity and one.value not in (*FILES, "TextBlob")
    }
    return FOUND if wanted <= served else MISSING


def _search(fact: Fact, made: Made, types: Types) -> str:
    return FOUND if {"q", "search"} & made.listing(fact.entity) else MISSING


def _microservice(fact: Fact, made: Made, types: Types) -> str:
    table = made.path(fact.entity).rpartition("/")[2]
    text = made.migrations.get(made.name(fact.value), "")
    return FOUND if table and f'"{table}"' in text else MISSING


def _audit(fact: Fact, made: Made, types: Types) -> str:
    return (
        FOUND
        if {"created_by", "changed_by"}
        <= set(made.schema(fact.entity, "Out").get("properties", {}))
        else MISSING
    )


def _labels(fact: Fact, made: Made, types: Types) -> str:
    shapes = json.dumps(
        made.shapes(fact.entity, "Out", made.name(fact.name, fact.entity)),
        ensure_ascii=False,
    )
    return (
        FOUND
        if all(
            json.dumps(label, ensure_ascii=False)[1:-1] in shapes
            for label in fact.other.split("|")
        )
        else MISSING
    )


def _read_only(fact: Fact, made: Made, types: Types) -> str:
    return (
        FOUND
        if "post" not in made.document["paths"].get(made.path(fact.entity), {})
        else MISSING
    )


_JUDGES: Mapping[str, Callable[[Fact, Made, Types], str]] = {
    "entity": _entity,
    "field": _field,
    "required": _required,
    "unique": _unique,
    "pattern": _pattern,
    "relation": _relation,
    "relation required": _relation_required,
    "paginate": _paginate,
    "filter": _filter,
    "search": _search,
    "microservice": _microservice,
    "audit": _audit,
    "readOnly": _read_only,
    "labels": _labels,
}


def make(path: Path, architecture: str, folder: Path) -> Made:
    """The project of a file, and what can be read off it. It is made as a monolith's
    document is: one application has all paths.
    """
    command = [
        *ARCHGEN,
        "new",
        "probe",
        "--jdl",
        str(path),
        "--architecture",
        architecture,
        "--output",
        str(folder),
    ]
    # who logs people in is no fact
    command += ["--set", "stack.auth=builtin", "--no-git", "--json", "--no-input"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{path.name}: {done.stderr.strip()}")
    names = {
        one["was"]: one["name"]
        for one in json.loads(done.stdout)["imported"]["renamed"]
    }
    root = folder / "probe"
    described = subprocess.run(
        [sys.executable, "-c", DESCRIBE, "probe"],
        cwd=root,
        env={"PYTHONPATH": "src", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if described.returncode != 0:
        raise SystemExit(
            f"{path.name}: the project does not start\n{described.stderr.strip()[-2000:]}"
        )
    source = root / "src/probe"
    migrations = {
        one.parent.name: "\n".join(
            file.read_text() for file in sorted(one.glob("*.py"))
        )
        for one in source.glob("*/migrations")
    }
    code = "\n".join(file.read_text() for file in sorted(source.glob("*/*.py")))
    return Made(json.loads(described.stdout), migrations, code, names)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--architecture", default="monolith")
    parser.add_argument(
        "--all", action="store_true", help="name each fact that is missing or rough"
    )
    arguments = parser.parse_args()
    counted = {}
    if (table := arguments.folder / "facts.tsv").exists():
        counted = {
            row.split("\t")[0]: int(row.split("\t")[4])
            for row in table.read_text().splitlines()[1:]
        }
    inside = arguments.folder / "jdl"
    files = sorted(
        path
        for path in (inside if inside.is_dir() else arguments.folder).iterdir()
        if path.suffix in (".jdl", ".jh")
    )
    whole: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for path in files:
        stated = facts(path.read_text(encoding="utf-8"))
        if counted.get(path.name, len(stated)) != len(stated):
            raise SystemExit(
                f"{path.name}: {len(stated)} facts here, and facts.tsv counts {counted[path.name]}"
            )
        types = {
            (fact.entity, fact.name): fact for fact in stated if fact.kind == "field"
        }
        with TemporaryDirectory() as folder:
            made = make(path, arguments.architecture, Path(folder))
        judged = [(fact, judge(fact, made, types)) for fact in stated]
        here = Counter(result for _, result in judged)
        whole += here
        kinds += Counter(
            f"{result} {_sort(fact)}" for fact, result in judged if result != FOUND
        )
        print(
            f"{path.name:<52}{len(stated):>6}{here[FOUND]:>7}{here[ROUGHLY]:>6}{here[MISSING]:>6}",
            flush=True,
        )
        if arguments.all:
            for fact, result in judged:
                if result != FOUND:
                    print(f"  {result} {fact}")
    total = sum(whole.values())
    print(
        f"{'total: facts, found, roughly, missing':<52}{total:>6}{whole[FOUND]:>7}{whole[ROUGHLY]:>6}{whole[MISSING]:>6}"
    )
    print(
        f"found {whole[FOUND] / total:.1%}, with those found roughly {(whole[FOUND] + whole[ROUGHLY]) / total:.1%}"
    )
    for what, count in kinds.most_common():
        print(f"  {count:>5} {what}")


def _sort(fact: Fact) -> str:
    return (
        f"{fact.kind} {fact.value}"
        if fact.kind in ("field", "relation", "paginate") and not fact.other.count("|")
        else fact.kind
    )


if __name__ == "__main__":
    main()
