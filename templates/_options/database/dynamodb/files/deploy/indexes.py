"""New indexes of a table that is there, one deployment after the other: CloudFormation
makes one of a table at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

TABLE = "AWS::DynamoDB::Table"
INDEXES = "GlobalSecondaryIndexes"
KEYS = "AttributeDefinitions"


def one_more(deployed: str, wanted: str) -> str | None:
    """The template that is deployed with one index more of each table that lacks several
    of what the wanted one has; None where none does. What else is wanted is left out.
    """
    document = yaml.compose(deployed, yaml.SafeLoader)
    there = dict(_tables(document))
    grown = False
    for name, table in _tables(yaml.compose(wanted, yaml.SafeLoader)):
        if name not in there:
            continue
        known = {_named(index, "IndexName") for index in _items(there[name], INDEXES)}
        lacking = [
            index
            for index in _items(table, INDEXES)
            if _named(index, "IndexName") not in known
        ]
        if len(lacking) > 1:
            grown = True
            _add(there[name], INDEXES, lacking[0])
            keys = {
                _named(each, "AttributeName")
                for each in _items(lacking[0], "KeySchema")
            }
            keys -= {
                _named(each, "AttributeName") for each in _items(there[name], KEYS)
            }
            for each in _items(table, KEYS):
                if _named(each, "AttributeName") in keys:
                    _add(there[name], KEYS, each)
    return yaml.serialize(document) if grown else None


def _tables(document: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    """The properties of each, by its name."""
    for name, resource in _pairs(_value(document, "Resources")):
        if _named(resource, "Type") == TABLE:
            properties = _value(resource, "Properties")
            if properties is not None:
                yield name, properties


def _pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key.value, value


def _value(node: yaml.Node | None, name: str) -> yaml.Node | None:
    return dict(_pairs(node)).get(name)


def _named(node: yaml.Node, name: str) -> str:
    return str(getattr(_value(node, name), "value", ""))


def _items(node: yaml.Node, name: str) -> list[yaml.Node]:
    return list(getattr(_value(node, name), "value", ()))


def _add(node: yaml.Node, name: str, item: yaml.Node) -> None:
    found = _value(node, name)
    if found is None:
        found = yaml.SequenceNode("tag:yaml.org,2002:seq", [])
        node.value.append((yaml.ScalarNode("tag:yaml.org,2002:str", name), found))
    found.value.append(item)
