"""What holds for the system as a whole: health, the API's documents, and what is answered to nonsense."""

from __future__ import annotations

from tests.api import Api


def test_is_alive_and_ready(anonymous: Api) -> None:
    assert anonymous.get("/health/live").status_code == 200
    assert anonymous.get("/health/ready").status_code == 200


def test_the_documents_describe_every_path(anonymous: Api) -> None:
    document = anonymous.get("/openapi.json").json()
    assert {"/api/auth/login", "/api/me"} <= set(document["paths"])
    assert "swagger" in anonymous.get("/docs").text


def test_problems_are_problem_documents(anonymous: Api) -> None:
    unknown, not_so, broken = (
        anonymous.get("/api/nothing-of-the-kind"),
        anonymous.delete("/api/me"),
        anonymous.post("/api/auth/login", content="{", headers={"Content-Type": "application/json"}),
    )
    assert [answer.status_code for answer in (unknown, not_so, broken)] == [404, 405, 422]
    for answer in (unknown, not_so, broken):
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


def test_a_body_that_is_too_large_is_refused(anonymous: Api) -> None:
    assert anonymous.post("/api/auth/login", content=b" " * 1_048_577).status_code == 413
