"""What the parts of a project must keep to: each module runs in one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archgen.domain import naming
from archgen.domain.declared import Declared
from archgen.domain.schema import Domain
from archgen.errors import Mistake
from archgen.text import join_key, shown, suggest


def check_parts(
    parts: Mapping[str, tuple[str, ...]], domain: Domain, declared: Declared
) -> Iterator[Mistake]:
    """Whether `parts` puts each module into one part; no parts are fine."""
    if not parts:
        return
    known = dict.fromkeys((*domain.names, *declared.modules))
    home: dict[str, str] = {}
    for part, modules in parts.items():
        if wrong := naming.check_part(part):
            yield Mistake(
                join_key("parts", part),
                wrong,
                naming.suggest_name(naming.check_part, part, f"{part}_part"),
            )
        for index, module in enumerate(modules):
            if module not in known:
                hint = suggest(module, known, f"there are {', '.join(known)}")
                yield Mistake(
                    f"parts.{part}.{index}",
                    f"{shown(module)} is not a module of this project",
                    hint,
                )
            elif module in home:
                message = (
                    f"{module} is in {home[module]} already"
                    if home[module] != part
                    else f"{module} is listed twice"
                )
                yield Mistake(
                    f"parts.{part}.{index}", message, "a module runs in one part"
                )
            home.setdefault(module, part)
    if homeless := [name for name in known if name not in home]:
        example = next(iter(parts))
        yield Mistake(
            "parts",
            f"{', '.join(homeless)} {'is' if len(homeless) == 1 else 'are'} in no part",
            f"add to a part, for example {example}: [{', '.join((*(name for name in parts[example] if name in known), *homeless))}]",
        )
