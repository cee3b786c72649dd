"""What an owner puts together by halves, the project's own tests say: and what is still
to do.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.projects import Project, new

pytestmark = [pytest.mark.samples, pytest.mark.timeout(600)]


def run(project: Project, *tests: str) -> str:
    """What those tests of the project say, at least one of which fails."""
    done = project.pytest(*tests)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


@pytest.fixture(params=["monolith", "microservices", "serverless"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return new(
        tmp_path, "shop", "--preset", "ecommerce", "--architecture", request.param
    )


@pytest.mark.few(1)
def test_a_list_that_is_offered_in_another_order_than_it_is_served_fails_a_test(
    project: Project,
) -> None:
    edit(
        project.folder / "src/shop/inventory/api.py",
        'Literal["-price"]',
        'Literal["price"]',
    )
    said = run(project, "tests/test_lists.py")
    assert "`sort` of ProductQuery in api.py, and PRODUCT_LISTS in domain.py" in said


@pytest.mark.few(1)
def test_a_module_that_no_part_runs_fails_a_test(project: Project) -> None:
    module = project.folder / "src/shop/reviews"
    module.mkdir()
    (module / "__init__.py").write_text("")
    (module / "wiring.py").write_text("")
    assert "no part in apps/ runs {'reviews'}" in run(project, "tests/test_delivery.py")


def test_an_endpoint_and_a_list_that_the_template_does_not_know_fail_a_test(
    tmp_path: Path,
) -> None:
    project = new(
        tmp_path, "shop", "--preset", "ecommerce", "--architecture", "serverless"
    )
    edit(
        project.folder / "src/shop/inventory/api.py",
        '@router.post("/products"',
        '@router.post("/goods"',
    )
    edit(
        project.folder / "src/shop/inventory/domain.py",
        'Listing(("category",), "price"))',
        'Listing(("category",), "price"), Listing(("name",)))',
    )
    said = run(project, "tests/test_template.py", "tests/test_tables.py")
    assert "with the Method POST and the Path /api/goods" in said
    assert (
        "the table of inventory in deploy/template.yaml lacks the indexes list3" in said
    )


def test_dead_letters_of_a_service_are_looked_for_where_make_dev_has_them(
    tmp_path: Path,
) -> None:
    project = new(
        tmp_path, "shop", "--preset", "ecommerce", "--architecture", "microservices"
    )
    with project.running():
        assert "Nothing is left undone in orders" in project.make(
            "dead-letters", "PART=orders"
        )
    with pytest.raises(
        AssertionError, match="There is no part nope; there are accounts"
    ):
        project.make("dead-letters", "PART=nope")
