"""The presets: domains that come with archgen, in the same words as anyone's
`modules:`.

A preset is a folder of the templates, and a source of answers like any other. Modules
whose `kind` is not `entities` have code of their own there; what is declared of them is
what other modules can refer to and react to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from archgen.catalog import read_kinds, read_presets, templates_dir
from archgen.domain.expansions import with_contracts
from archgen.domain.schema import Domain, DomainModule, ModuleSpec
from archgen.options import provided


@dataclass(frozen=True, slots=True)
class Preset:
    """`answers`: what the preset answers, below every other source. `default_name`: of
    a project that got none.

    `needs`: the capabilities without which it is not generated, each with why.
    """

    name: str
    summary: str
    default_name: str
    answers: Mapping[str, Any]
    modules: tuple[DomainModule, ...]
    needs: Mapping[str, str] = field(default_factory=dict)

    @property
    def needing(self) -> str:
        """What it needs, and why, in a line."""
        return ", ".join(f"{name} ({why})" for name, why in self.needs.items())

    def runs_on(self, architecture: str) -> bool:
        return self.needs.keys() <= provided({"architecture": architecture})


@dataclass(frozen=True, slots=True)
class Beside:
    """What the code of a kind has beside the rest where accounts are kept here, and not
    by an identity provider.

    `forgets`: what goes with an account, as docs say it.
    """

    publishes: tuple[str, ...] = ()
    handlers: Mapping[str, str] = field(default_factory=dict)
    uses: tuple[str, ...] = ()
    forgets: tuple[str, ...] = ()


FILES = "files"  # the module, and its kind, that is there where some entity has a field of type file
FILES_CHANGED = "{}.files.changed"  # what a module with such fields publishes
_KINDS = read_kinds(templates_dir())
WITH_ACCOUNTS = {
    kind: Beside(**own.get("with_accounts", {})) for kind, own in _KINDS.items()
}
# of a preset's modules whose rows are rendered from what is declared, with code of
# their own beside
EXTENSIBLE = frozenset(
    kind for kind, own in _KINDS.items() if own["declared"] and kind != "entities"
)
# that such code has beside those of entities
TABLES = {kind: tuple(own.get("tables", ())) for kind, own in _KINDS.items()}
# of modules that share a log of events
LOG_KINDS = frozenset(kind for kind, own in _KINDS.items() if own.get("log"))


def _module(name: str, kind: str, document: Mapping[str, Any]) -> DomainModule:
    """A module of a kind: what is declared of it, and what its own code has beyond
    that.
    """
    own, beside = _KINDS[kind], WITH_ACCOUNTS[kind]
    return DomainModule(
        name=name,
        kind=kind,
        spec=ModuleSpec.model_validate(document),
        actions={
            entity: tuple(actions) for entity, actions in own.get("actions", {}).items()
        },
        publishes=(*own.get("publishes", ()), *beside.publishes),
        subscribes=(*own.get("handlers", ()), *beside.handlers),
        uses=(*own.get("uses", ()), *beside.uses),
        classes=tuple(own.get("classes", ())),
    )


def _preset(name: str, document: Mapping[str, Any]) -> Preset:
    modules = []
    for module, declared in document["modules"].items():
        content = {**declared}
        kind = content.pop("kind")
        modules.append(_module(module, kind, content))
    needs = document.get("needs", {})
    return Preset(
        name,
        document["summary"],
        document["default_name"],
        document["answers"],
        tuple(modules),
        needs,
    )


ACCOUNTS = _module(
    "accounts",
    "accounts",
    {"entities": {"account": {"access": {"read": "staff", "write": "staff"}}}},
)
PRESETS: Mapping[str, Preset] = {
    name: _preset(name, document)
    for name, document in read_presets(templates_dir()).items()
}
CRUD = PRESETS["crud"]
ARCHITECTURES = ("monolith", "microservices", "serverless")


def preset_for(workload: str, architecture: str = "auto") -> Preset:
    """The preset whose domain fits a workload; crud where none does yet, or not with
    this architecture.
    """
    for preset in PRESETS.values():
        if preset.answers["workload"] == workload and (
            architecture == "auto" or preset.runs_on(architecture)
        ):
            return preset
    return CRUD


def missing_preset(workload: str) -> str:
    """Why the domain of a workload is crud's."""
    preset = preset_for(workload)
    if preset is CRUD:
        return f"there is no preset for {workload} yet"
    able = " or ".join(name for name in ARCHITECTURES if preset.runs_on(name))
    return f"the preset for {workload}, {preset.name}, is there for {able} alone"


def assemble_domain(preset: Preset | None, modules: Mapping[str, ModuleSpec]) -> Domain:
    """Accounts, the preset's modules, and the user's own; where rows have files, the
    module that keeps them.

    `modules`: the user's, and those of the preset that they have added to, each as a
    whole.
    """
    given = tuple(
        replace(module, spec=modules[module.name])
        if module.kind in EXTENSIBLE and module.name in modules
        else module
        for module in (preset.modules if preset else ())
    )
    added = {module.name for module in given if module.kind in EXTENSIBLE}
    own = (
        DomainModule(name=name, kind="entities", spec=spec)
        for name, spec in modules.items()
        if name not in added
    )
    named = Domain(preset.name if preset else None, (ACCOUNTS, *given, *own))
    return with_contracts(_with_files(named))


def _with_files(domain: Domain) -> Domain:
    """Modules whose rows have files tell the module `files`, with each commit, which
    they have come to refer to or left.
    """
    keepers = [module.name for module in domain.modules if module.has_files]
    if not keepers or FILES in domain.names:
        return domain
    modules = tuple(
        replace(
            module,
            publishes=(*module.publishes, FILES_CHANGED.format(module.name)),
            uses=(*module.uses, FILES),
        )
        if module.has_files
        else module
        for module in domain.modules
    )
    files = _module(FILES, FILES, {})
    heard = tuple(FILES_CHANGED.format(name) for name in keepers)
    return replace(
        domain,
        modules=(*modules, replace(files, subscribes=(*files.subscribes, *heard))),
    )
