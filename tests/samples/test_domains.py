"""Random valid domains, each in a random architecture and grouping: held to their own checks, and used over HTTP.

Twenty of them, or with `ARCHGEN_SAMPLES=few` three. They were drawn once and lie in `domains.json`, so that they
are the same on every machine (what hypothesis draws depends on the modules that are loaded);
`python -m tests.samples.test_domains` draws twenty others.
"""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.generator.test_odd_domains import FIELDS_OWN_WORDS
from tests.parity.systems import SQL_DOMAIN
from tests.strategies import domains, groupings
from tests.support.projects import Project, ask, new
from tests.support.samples import samples

from archgen.generator import load_record

COUNT = len(samples(range(20), range(3)))
DRAWN = Path(__file__).with_name("domains.json")
ARCHITECTURES = ("monolith", "microservices", "serverless")
PLAIN = {
    "string": "plain",
    "text": "a longer text",
    "boolean": True,
    "date": "2024-02-29",
    "datetime": "2024-02-29T12:30:00Z",
    "duration": "PT1H30M",
    "zoned_datetime": "2024-02-29T12:30:00+02:00",
    "uuid": "0190a6e4-8a2b-7c3d-9e4f-5a6b7c8d9e0f",
    "json": {"a": [1, None]},
    "list": [],
    "object": None,
}

pytestmark = [pytest.mark.samples, pytest.mark.timeout(1800)]


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """Answers, and the architecture; parts that a monolith cannot have go to one of the others."""
    modules = draw(domains(max_entities=2))
    parts = draw(groupings(list(modules)))
    fitting = ARCHITECTURES if not parts else ARCHITECTURES[1:] if len(parts) > 1 else ("monolith", "serverless")
    return {"scope": "mvp", "modules": modules, "parts": parts}, draw(st.sampled_from(fitting))


def draw_anew(count: int) -> list[tuple[dict[str, Any], str]]:
    """No two with the same entities; the first that are drawn are trivial, and left out."""
    found: dict[str, tuple[dict[str, Any], str]] = {}

    @settings(max_examples=300, database=None, phases=[Phase.generate], deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(cases())
    def collect(case: tuple[dict[str, Any], str]) -> None:
        modules = case[0]["modules"]
        found.setdefault(str({name: sorted(module["entities"]) for name, module in modules.items()}), case)

    collect()
    kept = list(found.values())[-count:]
    first = [
        next(case for case in kept if case[1] == architecture and case[0]["parts"]) for architecture in ARCHITECTURES
    ]
    return [*first, *(case for case in kept if case not in first)]


@pytest.mark.parametrize("architecture", ["monolith", "serverless"])
def test_fields_may_be_called_as_types_and_as_what_the_code_beside_them_says(architecture: str, tmp_path: Path) -> None:
    written = tmp_path / "answers.json"
    written.write_text(json.dumps({"modules": FIELDS_OWN_WORDS}))
    project = new(tmp_path, "sample", "--answers", str(written), "--architecture", architecture)
    project.make("check")
    assert " passed" in project.make("test")


@pytest.mark.parametrize("architecture", ["monolith", "microservices", "serverless"])
def test_what_only_lists_in_sql_do_holds_in_every_architecture(architecture: str, tmp_path: Path) -> None:
    written = tmp_path / "answers.json"
    written.write_text(json.dumps({**SQL_DOMAIN, "stack": {"database": "postgresql"}}))
    project = new(tmp_path, "sample", "--answers", str(written), "--architecture", architecture)
    project.make("check")
    assert " passed" in project.make("test")


def test_what_the_test_of_a_deleted_account_makes_is_gone_when_the_next_begins(tmp_path: Path) -> None:
    plain = {"x": {"type": "string"}}
    ticket = {"type": "reference", "to": "support.ticket", "required": True}
    modules = {
        "keys": {
            "entities": {"grant": {"access": {"read": "user", "write": "owner"}, "fields": {"ticket": ticket}}},
            "reacts_to": ["accounts.account.deleted"],
        },
        "support": {"entities": {"ticket": {"access": {"read": "owner", "write": "owner"}, "fields": plain}}},
    }
    written = tmp_path / "answers.json"
    written.write_text(json.dumps({"scope": "mvp", "modules": modules}))
    project = new(tmp_path, "sample", "--answers", str(written), "--architecture", "monolith")
    project.make("setup")
    done = project.pytest("tests/keys/test_event_handlers.py", "tests/support")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("number", range(COUNT))
def test_a_random_domain_is_a_project_that_holds(number: int, tmp_path: Path) -> None:
    answers, architecture = json.loads(DRAWN.read_text())[number]
    written = tmp_path / "answers.json"
    written.write_text(json.dumps(answers))
    project = new(tmp_path / "own", "sample", "--answers", str(written), "--architecture", architecture)
    project.make("check")
    assert " passed" in project.make("test")
    with project.running() as url:
        use(url, project)
        documents = [ask(f"{url}/openapi.json")[1]]
    written.write_text(json.dumps({**answers, "parts": {}}))
    for other in ARCHITECTURES:
        twin = new(tmp_path / other, "sample", "--answers", str(written), "--architecture", other)
        with twin.running() as url:
            documents.append(ask(f"{url}/openapi.json")[1])
    texts = [json.dumps(document, sort_keys=True, indent=1) for document in documents]
    assert texts[1:] == texts[:-1]


def use(url: str, project: Project) -> None:
    """Create, read, list and delete each entity, as staff."""
    env = dict(line.split("=", 1) for line in (project.folder / ".env").read_text().splitlines() if "=" in line)
    login = {"email": env["ADMIN_EMAIL"], "password": env["ADMIN_PASSWORD"]}
    token = ask(f"{url}/api/auth/login", "POST", login)[1]["access_token"]
    me = ask(f"{url}/api/me", token=token)[1]["id"]
    entities = {
        (module["name"], entity["name"]): entity
        for module in load_record(project.folder / "archgen.yaml")["modules"]
        if module["kind"] == "entities"
        for entity in module["entities"]
    }
    created: dict[tuple[str, str], dict[str, Any]] = {}

    def create(key: tuple[str, str]) -> str:
        if key[0] == "accounts":
            return str(me)
        if key not in created:
            body = {field["name"]: value(field) for field in entities[key]["fields"] if field["required"]}
            status, created[key] = ask(f"{url}/api/{entities[key]['plural']}", "POST", body, token)
            assert status == 201, (key, body, created[key])
        return str(created[key]["id"])

    def value(field: dict[str, Any]) -> Any:
        return (
            create((field["to"]["module"], field["to"]["entity"])) if field["type"] == "reference" else fitting(field)
        )

    for key in entities:
        create(key)
    for key, document in created.items():
        path = f"{url}/api/{entities[key]['plural']}"
        assert ask(f"{path}/{document['id']}", token=token) == (200, document)
        listed(path, document, token)
    for key, document in reversed(created.items()):
        path = f"{url}/api/{entities[key]['plural']}/{document['id']}"
        assert ask(path, "DELETE", token=token)[0] == 204
        assert ask(path, token=token)[0] == 404


def listed(path: str, document: dict[str, Any], token: str) -> None:
    """A list may lag a moment behind a write."""
    deadline = time.monotonic() + 30
    while document not in (page := ask(path, token=token)[1])["items"]:
        assert time.monotonic() < deadline, page
        time.sleep(0.1)


def fitting(field: dict[str, Any]) -> Any:
    """A value that the field takes."""
    kind = field["type"]
    if kind == "enum":
        return field["values"][0]
    if field["form"]:
        return field["form"]["samples"][0]
    if kind in ("string", "text"):
        return PLAIN[kind][: field["max_length"]].ljust(field["min_length"] or 0)  # type: ignore[index]
    if kind == "number":
        return next((bound for bound in (field["min"], field["max"]) if bound is not None), 0.5)
    if kind in ("integer", "decimal"):
        low, high = field["min"], field["max"]
        number = Decimal(str(low if low is not None else high if high is not None else 7))
        return int(number) if kind == "integer" else str(number)
    return PLAIN[kind]


if __name__ == "__main__":
    DRAWN.write_text(json.dumps(draw_anew(20), indent=1) + "\n")
