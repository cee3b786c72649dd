"""What holds for the system as a whole: health, the API's documents, and what is
answered to nonsense.
"""

from __future__ import annotations

import gzip
import re

import pytest

from tests.api import Api


def test_is_alive_and_ready(anonymous: Api) -> None:
    assert anonymous.get("/health/live").status_code == 200
    assert anonymous.get("/health/ready").status_code == 200


def test_the_documents_describe_every_path(anonymous: Api) -> None:
    document = anonymous.get("/openapi.json").json()
    assert {"/api/auth/login", "/api/me"} <= set(document["paths"])
    me = document["paths"]["/api/me"]["get"]
    assert me["responses"].keys() == {"200", "401", "403", "422", "429", "503"} and me[
        "security"
    ] == [{"bearer": []}]
    assert document["paths"]["/api/auth/login"]["post"]["responses"].keys() >= {
        "200",
        "401",
        "413",
        "422",
        "429",
    }


def test_every_operation_stands_in_a_group_that_is_described(anonymous: Api) -> None:
    document = anonymous.get("/openapi.json").json()
    described = [tag["name"] for tag in document["tags"] if tag["description"]]
    used = [
        operation.get("tags")
        for operations in document["paths"].values()
        for operation in operations.values()
    ]
    assert all(tags and set(tags) <= set(described) for tags in used)
    assert described == sorted({tag for tags in used for tag in tags})


def test_the_documents_load_nothing_from_another_host_and_run_no_script_within_the_page(
    anonymous: Api,
) -> None:
    page = anonymous.get("/docs").text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(loaded) == 4 and all(
        anonymous.get(path).status_code == 200 for path in loaded
    )
    assert all(path.startswith("/docs/") for path in loaded)
    assert "></script>" in page and not re.search(
        r"<script[^>]*>[^<]|<style| on\w+=", page
    )


def test_problems_are_problem_documents(anonymous: Api) -> None:
    unknown, not_so = (
        anonymous.get("/api/nothing-of-the-kind"),
        anonymous.patch("/api/me"),
    )
    assert [answer.status_code for answer in (unknown, not_so)] == [404, 405]
    for answer in (unknown, not_so):
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


def test_head_is_get_without_a_body(anonymous: Api) -> None:
    for path in ("/health/live", "/health/ready", "/openapi.json", "/docs", "/api/me"):
        get, head = anonymous.get(path), anonymous.request("HEAD", path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_a_parameter_is_refused_whatever_it_is_called(anonymous: Api) -> None:
    names = ["detail", "self", "errors", "status", "__class__"]
    answer = anonymous.get("/api/me", params=dict.fromkeys(names, "1"))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == names


def test_a_body_that_is_too_large_is_refused(anonymous: Api) -> None:
    chunks = (b" " * 1024 for _ in range(1025))
    for content in (b" " * 1_048_577, chunks):
        answer = anonymous.post(
            "/api/auth/login",
            content=content,
            headers={"Content-Type": "application/json"},
        )
        assert (answer.status_code, answer.headers["Content-Type"]) == (
            413,
            "application/problem+json",
        )


def test_a_compressed_body_is_not_unpacked(anonymous: Api) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = anonymous.post(
        "/api/auth/login", content=gzip.compress(b"{}"), headers=headers
    )
    assert (answer.status_code, answer.headers["Accept-Encoding"]) == (415, "identity")


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "1" * 100_000,
        '"\\ud800"',
        "{",
        "{}{}",
        "\x00",
        "NaN",
    ],
)
def test_a_body_that_is_no_document_is_refused(anonymous: Api, body: str) -> None:
    answer = anonymous.post(
        "/api/auth/login", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["status"]) == (422, 422)


def test_an_answer_tells_of_a_hundred_errors_at_most(anonymous: Api) -> None:
    answer = anonymous.post(
        "/api/auth/login", json={f"no such field {i}": 1 for i in range(1000)}
    )
    assert answer.status_code == 422 and len(answer.json()["errors"]) <= 100


def test_a_body_of_thousands_of_unknown_fields_is_one_mistake(anonymous: Api) -> None:
    answer = anonymous.post(
        "/api/auth/login", json={f"field{number}": 0 for number in range(5_000)}
    )
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["body"]


@pytest.mark.parametrize("sort", ["", "-", "--id", "nonsense"])
def test_an_order_that_is_none_is_refused(staff: Api, sort: str) -> None:
    for path in ("items",):
        assert staff.get(f"/api/{path}", params={"sort": sort}).status_code == 422, path
