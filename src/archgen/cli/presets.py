"""`archgen presets`: the domains that come with archgen."""

from __future__ import annotations

from archgen.cli.options import Json


def presets(as_json: Json = False) -> None:
    """List the domains that come with archgen."""
    from archgen.cli.console import on_stdout, print_json
    from archgen.domain.presets import ACCOUNTS, PRESETS

    documents = [
        {
            "name": preset.name,
            "summary": preset.summary,
            "modules": {
                module.name: [
                    entity.pluralize(name)
                    for name, entity in module.spec.entities.items()
                ]
                for module in (ACCOUNTS, *preset.modules)
            },
        }
        for preset in PRESETS.values()
    ]
    if as_json:
        print_json(documents)
        return
    console = on_stdout()
    for preset in PRESETS.values():
        console.print(preset.name, style="bold")
        console.print(f"  {preset.summary}")
        console.print(
            f"  modules: {', '.join(module.name for module in (ACCOUNTS, *preset.modules))}"
        )
        console.print(f"  archgen new {preset.default_name} --preset {preset.name}")
