"""A domain as an entity relationship diagram of Mermaid."""

from __future__ import annotations

from archgen.domain.schema import Domain
from archgen.exchange.drawing import list_entities, list_lines


def write_mermaid(domain: Domain) -> str:
    lines = ["erDiagram"]
    for module, name, entity in list_entities(domain):
        lines.append(f'  {name}["{module}.{name}"] {{')
        for key, spec in entity.fields.items():
            keys = [
                word
                for word, holds in (("FK", spec.to is not None), ("UK", spec.unique))
                if holds
            ]
            note = ' "required"' if spec.required else ""
            lines.append(
                f"    {spec.type} {key}{' ' + ', '.join(keys) if keys else ''}{note}"
            )
        lines.append("  }")
    for line in list_lines(domain):
        source, target = line.source.partition(".")[2], line.target.partition(".")[2]
        left = "}o" if line.many else "||" if line.required else "|o"
        right = "o|" if line.one else "o{"
        lines.append(f"  {target} {left}--{right} {source} : {line.field}")
    return "\n".join(lines) + "\n"
