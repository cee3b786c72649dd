"""A preset is a folder of the templates, and a kind of module is one."""

from __future__ import annotations

from archgen.catalog import read_kinds, read_presets, templates_dir
from archgen.domain.presets import (
    ACCOUNTS,
    ARCHITECTURES,
    FILES,
    PRESETS,
    missing_preset,
    preset_for,
)


def test_the_presets_are_those_that_have_a_folder_with_their_journey() -> None:
    assert (
        list(PRESETS)
        == list(read_presets(templates_dir()))
        == ["crud", "ecommerce", "realtime", "social"]
    )
    for name in PRESETS:
        assert (
            templates_dir()
            / f"_presets/{name}/files/tests/journey/test_journey.py.jinja"
        ).is_file()


def test_every_kind_of_module_is_in_some_preset_and_says_no_more_than_is_read() -> None:
    used = {module.kind for preset in PRESETS.values() for module in preset.modules} | {
        ACCOUNTS.kind,
        FILES,
    }
    kinds = read_kinds(templates_dir())
    assert set(kinds) == used
    known = {
        "declared",
        "tables",
        "actions",
        "publishes",
        "handlers",
        "uses",
        "classes",
        "when",
        "folder",
    }
    known |= {
        "batches",
        "consumes",
        "paths",
        "face",
        "log",
        "metrics",
        "wiring",
        "contract",
        "lag",
        "store",
    }
    # which the templates read
    known |= {"dependencies", "dependencies_with", "guarded", "with_accounts"}
    for kind, document in kinds.items():
        assert set(document) <= known, kind


def test_what_a_module_s_own_code_publishes_some_module_handles() -> None:
    for preset in PRESETS.values():
        modules = (ACCOUNTS, *preset.modules)
        published = {event for module in modules for event in module.publishes}
        told = {
            f"{module.name}.{name}.{action}"
            for module in modules
            for name in module.spec.entities
            for action in module.list_actions(name)
        }
        heard = {event for module in modules for event in module.subscribes}
        assert published <= heard <= published | told


def test_a_preset_serves_its_workload_where_it_can_be_had_and_crud_serves_the_others() -> (
    None
):
    assert (
        preset_for("realtime_stream").name
        == preset_for("realtime_stream", "microservices").name
        == "realtime"
    )
    assert (
        preset_for("realtime_stream", "serverless").name
        == preset_for("iot").name
        == "crud"
    )
    assert missing_preset("realtime_stream").endswith(
        "is there for monolith or microservices alone"
    )
    assert missing_preset("iot") == "there is no preset for iot yet"
    assert {
        preset_for("social", architecture).name for architecture in ARCHITECTURES
    } == {"social"}
