"""`archgen export` and `archgen domain` show what the answers say."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.cli.conftest import Archgen

ANSWERS = """
name: town
modules:
  shop:
    entities:
      product:
        lists: [[kind, -price]]
        fields:
          price: {type: decimal, required: true, scale: 3}
          kind: {type: enum, values: [book, toy], default: book}
          code: {type: string, unique: true, max_length: 9}
          parent: {type: reference, to: shop.product}
          maker: {type: reference, to: accounts.account, required: true}
  desk:
    entities:
      note:
        access: {read: owner, write: owner}
        unique: [[product, owner]]
        fields:
          product: {type: reference, to: shop.product, required: true, indexed: true}
"""


@pytest.fixture(autouse=True)
def answers(folder: Path) -> Path:
    path = folder / "a.yaml"
    path.write_text(ANSWERS)
    return path


def test_jdl_comes_back_as_the_same_answers(archgen: Archgen, folder: Path) -> None:
    told = archgen("export", "jdl", "-a", "a.yaml", "-o", "town.jdl")
    assert told.code == 0 and told.out == "" and told.err == "wrote town.jdl\n"
    back = archgen("import", "jdl", "town.jdl", "--json").document
    written = archgen("domain", "-a", "a.yaml", "--json").document
    entities = {
        (module, name): entity["fields"]
        for module, content in back["answers"]["modules"].items()
        for name, entity in content["entities"].items()
    }
    assert entities == {
        (one["module"], one["name"]): one["fields"] for one in written["entities"]
    }
    assert back["unsaid"] == []


def test_mermaid_has_each_entity_and_each_reference(archgen: Archgen) -> None:
    told = archgen("export", "mermaid", "-a", "a.yaml")
    assert told.out.startswith(
        'erDiagram\n  product["shop.product"] {\n    decimal price "required"\n'
    )
    assert (
        "    string code UK\n" in told.out
        and '    reference product FK "required"\n' in told.out
    )
    assert "  product |o--o{ product : parent\n" in told.out
    assert (
        "  account ||--o{ product : maker\n" in told.out
        and "  product ||--o{ note : product\n" in told.out
    )


def test_dbml_has_tables_enums_and_references(archgen: Archgen) -> None:
    told = archgen("export", "dbml", "-a", "a.yaml").out
    for part in (
        "Table shop.products {\n  id uuid [pk]\n  price decimal(18,3) [not null]\n  kind shop.product_kind [default: 'book']\n",
        "  code varchar(9) [unique]\n",
        "    (kind, price)\n",
        "Table desk.notes {\n  id uuid [pk]\n  owner_id uuid\n",
        "    (product, owner_id) [unique]\n",
        'Enum shop.product_kind {\n  "book"\n  "toy"\n}\n',
        "Ref desk_note_product: desk.notes.product > shop.products.id\n",
    ):
        assert part in told, told


def test_the_domain_is_shown_in_the_terminal(archgen: Archgen) -> None:
    told = archgen("domain", "-a", "a.yaml")
    assert told.err == ""
    assert "shop\n  product  /api/products\n" in told.out
    assert re.search(r"    parent +reference -> shop.product\n", told.out)
    assert "    <- shop.product.parent\n    <- desk.note.product\n" in told.out
    assert archgen("domain", "-a", "a.yaml", "--format", "mermaid").out.startswith(
        "erDiagram\n"
    )


def test_the_drawing_is_svg_that_says_what_it_shows(archgen: Archgen) -> None:
    root = ElementTree.fromstring(
        archgen("domain", "-a", "a.yaml", "--format", "svg").out
    )
    space = {"s": "http://www.w3.org/2000/svg"}
    assert root.findtext("s:desc", namespaces=space) == (
        "shop.product has parent, a shop.product; desk.note has product, a shop.product"
    )
    assert (
        len(root.findall("s:rect", space)) == 2
        and len(root.findall("s:path", space)) == 2
    )


def test_the_document_says_what_was_written(archgen: Archgen, folder: Path) -> None:
    told = archgen("export", "dbml", "-a", "a.yaml", "-o", "t.dbml", "--json").document
    assert told == {
        "format": "dbml",
        "written": str(folder / "t.dbml"),
        "content": (folder / "t.dbml").read_text(),
    }
    assert archgen("export", "dbml", "-a", "a.yaml", "-o", "t.dbml").code == 4
    assert (
        archgen("domain", "-a", "a.yaml", "--format", "svg", "-o", "t.dbml").code == 4
    )
    assert (
        archgen(
            "domain", "-a", "a.yaml", "--format", "svg", "-o", "t.dbml", "--force"
        ).code
        == 0
    )


def test_wrong_answers_are_told(archgen: Archgen) -> None:
    told = archgen("export", "jdl", "--set", "modules.a.entities.b.fields.c.type=strin")
    assert told.code == 2 and "did you mean string?" in told.err
