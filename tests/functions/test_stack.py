"""The stack of `deploy/template.yaml`, as SAM makes it and as CloudFormation of moto
creates it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.created import hold_by_api, hold_each
from tests.support.projects import Project
from tests.support.template import NOT_THERE, TOLD, created_by_moto, translated

STACK = "shop"
Document = dict[str, Any]
# what CloudFormation of moto knows of none of them, beside what no stack of functions
# gets from it
OF_FILES = {
    "AWS::Lambda::EventInvokeConfig",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
}


LACKING = {"shop": NOT_THERE, "media": NOT_THERE | OF_FILES}


@pytest.fixture(scope="module", params=LACKING)
def project(request: pytest.FixtureRequest) -> tuple[Project, set[str]]:
    """What CloudFormation of moto does not know of it, too."""
    return request.getfixturevalue(request.param), LACKING[request.param]


@pytest.fixture(scope="module")
def resources(project: tuple[Project, set[str]]) -> Document:
    """What SAM makes of the template."""
    found: Document = translated(project[0].folder / "deploy/template.yaml", TOLD)[
        "Resources"
    ]
    return found


@pytest.fixture(scope="module")
def created(
    project: tuple[Project, set[str]], resources: Document
) -> Iterator[dict[str, tuple[str, str]]]:
    """The physical name and the type of each resource that moto has created, by its
    name in the template.
    """
    with created_by_moto(
        project[0].folder / "deploy/template.yaml", STACK, TOLD, project[1]
    ) as found:
        yield found


@pytest.mark.few(1)
def test_each_resource_is_created_or_of_a_kind_that_is_known_not_to_be(
    project: tuple[Project, set[str]], resources: Document, created: Any
) -> None:
    hold_each(resources, created, project[1])
    assert len(created) > 40
    assert "FilesBucket" in created or "FilesBucket" not in resources


def test_what_was_created_is_there_by_its_own_api(
    created: Any, resources: Document
) -> None:
    """What notifies of files, and who may write them, `tests/uploads` and
    `tests/real/test_lambda_files.py` hold.
    """
    hold_by_api(resources, created, STACK)
