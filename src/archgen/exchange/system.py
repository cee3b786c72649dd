"""What a domain says of the system as a whole: its name, its architecture and its
settings.
"""

from __future__ import annotations

from archgen.domain import naming
from archgen.exchange import language
from archgen.exchange.draft import Draft
from archgen.exchange.model import Setting
from archgen.exchange.naming import to_words

_SAID_ELSEWHERE = ("baseName", "applicationType")


def translate_system(draft: Draft, called: str | None) -> None:
    """`called`: the project's name, if one is given."""
    domain, document = draft.domain, draft.out.document
    document["name"] = _name_project(draft, called)
    if domain.architecture:
        document["architecture"] = domain.architecture
    told = set()
    for setting in domain.settings:
        if setting.key in _SAID_ELSEWHERE or (setting.key, setting.value) in told:
            continue
        told.add((setting.key, setting.value))
        _translate_setting(draft, setting)


def _name_project(draft: Draft, called: str | None) -> str:
    written = called or draft.domain.name or "backend"
    name = (to_words(written) or "backend").replace("_", "-")[: naming.MOST].rstrip("-")
    if (wrong := naming.check_project(name)) and not called:
        name = f"{name[: naming.MOST - 4]}-app"
        if naming.check_project(name):
            name = "backend"
        draft.note(
            "changed",
            draft.first_place,
            written,
            f"the project is called {name}: {wrong}",
        )
    return name


def _translate_setting(draft: Draft, setting: Setting) -> None:
    known = language.SETTINGS.get(setting.key)
    what = f"{setting.key} {setting.value}"
    if known is None:
        draft.note(
            "left",
            setting.place,
            what,
            "a setting of Java, of a front-end or of a build",
        )
        return
    key, value = known.get(setting.value) or known["*"]
    if key == "left" or key == "unsaid":
        draft.note("left" if key == "left" else "unsaid", setting.place, what, value)
    else:
        first, _, last = key.partition(".")
        draft.out.document.setdefault(first, {})[last] = value
