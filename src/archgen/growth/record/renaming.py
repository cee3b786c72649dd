"""`rename module` and `rename entity`: another name in code, paths, events and
documents, on the tables that are there.

A table keeps its name (`table` of the entity), and so does what the tables of a module
lie in (`stored_as`), so that no row is touched and the version of the code that runs
now goes on beside the new one. A part keeps its name, which its database, role,
containers or functions and queues have.
"""

from __future__ import annotations

from archgen.domain.naming import pluralize
from archgen.errors import IncompatibleError, InputError
from archgen.growth.record.called import call_event
from archgen.growth.record.edits import Answers
from archgen.options import provided


class Renames(Answers):
    def rename_module(self, old: str, new: str) -> None:
        said = self._module(old)
        self._check_added(old)
        if new in self._there():
            raise InputError.at(
                "NEW", f"there is a module {new} already", "give another name"
            )
        self._check_files(old)
        kept = said.pop("stored_as", old)
        if kept != new:
            said["stored_as"] = kept
        modules = self.document["modules"]
        self.document["modules"] = {
            new if name == old else name: content for name, content in modules.items()
        }
        for content in self.document["modules"].values():
            for entity in (content.get("entities") or {}).values():
                for spec in (entity.get("fields") or {}).values():
                    if spec.get("to"):
                        spec["to"] = call_event(spec["to"], old, new)
            if content.get("reacts_to"):
                content["reacts_to"] = [
                    call_event(event, old, new) for event in content["reacts_to"]
                ]
        parts = {
            one["name"]: [new if name == old else name for name in one["modules"]]
            for one in self._record["parts"]
        }
        if self.document.get("parts") or self._record["template"] != "monolith":
            self.document["parts"] = parts

    def _check_files(self, module: str) -> None:
        """Refuse what files remember: the field that each is for."""
        for entity, said in (self._module(module).get("entities") or {}).items():
            for name, spec in (said.get("fields") or {}).items():
                if spec.get("type") == "file":
                    raise IncompatibleError(
                        f"{module}.{entity}.{name}: files that are there are for a field of that name, and are not renamed yet",
                        "leave the module's name as it is",
                    )

    def rename_entity(
        self, module: str, old: str, new: str, plural: str | None
    ) -> None:
        said = self._entity(module, old)
        self._check_added(module, old)
        entities = self._module(module)["entities"]
        if new in entities or new in self._declared(module):
            raise InputError.at(
                "NEW", f"there is an entity {module}.{new} already", "give another name"
            )
        if "sql" not in provided(self._record["stack"]):
            raise IncompatibleError(
                "rows of this database are found by the name of their entity, and are not migrated",
                "leave its name as it is",
            )
        self._check_links(module, old)
        was = said.get("plural") or pluralize(old)
        said.pop("plural", None)
        if plural is not None and plural != pluralize(new):
            said["plural"] = plural
        if said.get("table", was) != (plural or pluralize(new)):
            said["table"] = said.get("table", was)
        else:
            said.pop("table", None)
        self._module(module)["entities"] = {
            new if name == old else name: one for name, one in entities.items()
        }
        self._follow(f"{module}.{old}", f"{module}.{new}")

    def _check_links(self, module: str, name: str) -> None:
        """Refuse what tables of links call their columns by."""
        place = f"{module}.{name}"
        for owner, content in self.document["modules"].items():
            for entity, said in (content.get("entities") or {}).items():
                for field, spec in (said.get("fields") or {}).items():
                    if spec.get("type") == "references" and place in (
                        f"{owner}.{entity}",
                        spec.get("to"),
                    ):
                        raise IncompatibleError(
                            f"{owner}.{entity}.{field} has a table of its own, whose columns are called by {name} and are not renamed yet",
                            "leave its name as it is",
                        )

    def _follow(self, old: str, new: str) -> None:
        """What refers to it, or reacts to it."""
        for content in self.document["modules"].values():
            for said in (content.get("entities") or {}).values():
                for spec in (said.get("fields") or {}).values():
                    if spec.get("to") == old:
                        spec["to"] = new
            if content.get("reacts_to"):
                content["reacts_to"] = [
                    f"{new}.{event.rpartition('.')[2]}"
                    if event.rpartition(".")[0] == old
                    else event
                    for event in content["reacts_to"]
                ]
