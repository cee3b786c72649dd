"""Where a part is found: by NGINX, and by whoever runs only some of them here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from shop.apps.dev import ROOTS, create_app
from shop.apps.migrate import part_settings
from shop.apps.settings import Settings

from tests.api import Api

NGINX = Path("deploy/nginx/templates/default.conf.template")
# what a part says of itself or to other parts, and what any part can say
APART = ("/internal/", "/system/", "/health/", "/docs", "/openapi.json", "/metrics")


@pytest.mark.parametrize("part", ROOTS)
def test_nginx_sends_every_path_to_the_part_that_has_it(
    part: str, settings: Settings
) -> None:
    table = (
        NGINX.read_text(encoding="utf-8").split("map $uri $part {")[1].split("\n}")[0]
    )
    routes = re.findall(r'"~(\S+)" (\w+);', table)
    for route in iter_route_contexts(ROOTS[part](part_settings(part, settings)).routes):
        path = re.sub(r"\{\w+\}", "1", route.path or "")
        if not path.startswith(APART):
            found = [other for pattern, other in routes if re.search(pattern, path)]
            assert found == [part], (
                f"in {NGINX}, $part of this path is to be {part}: {route.path}"
            )


def test_what_parts_tell_each_other_is_not_there_for_others() -> None:
    nginx = NGINX.read_text(encoding="utf-8")
    hidden = re.search(r"location ~ \^/\((.*)\)\(/\|\$\) \{.*\n\s*return 404;", nginx)
    assert hidden and {"internal", "system"} <= set(hidden[1].split("|"))


def test_a_part_is_found_by_itself_by_parts_that_run_in_another_process(
    anonymous: Api,
) -> None:
    for part in ROOTS:
        assert (
            anonymous.get(f"/parts/{part}/openapi.json").json()["paths"].keys()
            < anonymous.get("/openapi.json").json()["paths"].keys()
        )
    assert anonymous.get("/parts/nonsense/health/ready").status_code == 404


def test_some_parts_alone_run_only_where_the_others_are_known(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = ROOTS
    monkeypatch.setenv("DEV_PARTS", "nonsense")
    with pytest.raises(SystemExit, match="There is no part nonsense"):
        create_app(settings)
    monkeypatch.setenv("DEV_PARTS", first)
    with pytest.raises(SystemExit, match=f"{others[0].upper()}_URL"):
        create_app(settings)
    for other in others:
        monkeypatch.setenv(f"{other.upper()}_URL", "http://127.0.0.1:1")
    create_app(settings)
