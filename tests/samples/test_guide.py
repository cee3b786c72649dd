"""`docs/guide.md` of a generated project: its steps, done as it says them, and the
project's own checks after each.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.projects import Project, environment, new
from tests.support.samples import samples
from tests.support.template import add

pytestmark = [pytest.mark.samples, pytest.mark.timeout(1200)]
STEP = re.compile(r"in `(\S+)`:\n\n```(python|diff)\n(.*?)```", re.DOTALL)


OF_PROJECTS = [
    ("ecommerce", "monolith", "builtin"),
    ("ecommerce", "microservices", "builtin"),
    ("ecommerce", "serverless", "builtin"),
    ("crud", "monolith", "oidc"),
    ("crud", "serverless", "builtin"),
]
FEW = [
    ("crud", "monolith", "oidc"),
]


@pytest.fixture(params=samples(OF_PROJECTS, FEW), ids="-".join)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    preset, architecture, auth = request.param
    return new(
        tmp_path,
        "shop",
        "--preset",
        preset,
        "--architecture",
        architecture,
        "--set",
        f"stack.auth={auth}",
    )


def steps(guide: str) -> Iterator[tuple[str, str]]:
    """What the guide has one write, file by file: a whole file, or what is added to
    one.
    """
    for path, kind, text in STEP.findall(guide):
        yield path, text if kind == "python" else f"diff\n{text}"


def follow(project: Project, section: str) -> None:
    for path, text in steps(section):
        file = project.folder / path
        if not text.startswith("diff\n"):
            assert not file.exists(), path
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
            continue
        lines = file.read_text().splitlines()
        at = (
            max(
                number for number, line in enumerate(lines) if line.startswith("from .")
            )
            + 1
        )
        for change in text.splitlines()[1:]:
            if change.startswith("+"):
                lines.insert(at, change[1:])
                at += 1
            elif change.startswith("-"):
                at = lines.index(change[1:])
                del lines[at]
            else:
                at = lines.index(change[1:]) + 1
        file.write_text("\n".join(lines) + "\n")


def complete_template(project: Project) -> None:
    """Adds to the template of functions what the project's own test says that it lacks."""
    template = project.folder / "deploy/template.yaml"
    if not template.exists():
        return
    for _ in range(2):
        done = project.pytest("tests/test_template.py")
        if done.returncode == 0:
            return
        code = (
            "from shop.apps.dev import TEMPLATE; from shop.apps import event_routes as routes; from shop.local.discovery import jobs;"
            "from importlib import import_module, util;"
            "CALLS = import_module('shop.apps.calls').CALLS if util.find_spec('shop.apps.calls') else {};"
            "from shop.local.template import Template; from shop.local.template_gaps import missing_resources;"
            "print('\\0'.join(missing_resources(Template(TEMPLATE, {}), 'shop', routes.PARTS, getattr(routes, 'ROUTES', {}),"
            "jobs(m for ms in routes.PARTS.values() for m in ms), CALLS)))"
        )
        said = subprocess.run(
            [environment()["VENV"] + "/bin/python", "-c", code],
            cwd=project.folder / "src",
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for text in filter(None, said.removesuffix("\n").split("\0")):
            template.write_text(add(template.read_text(), text))
    pytest.fail(done.stdout + done.stderr)


def test_the_steps_of_the_guide_work_as_they_stand_there(project: Project) -> None:
    guide = (project.folder / "docs/guide.md").read_text()
    job, _, reaction = guide.partition("## A reaction to an event")
    follow(project, job)
    follow(project, reaction)
    if (project.folder / "src/shop/local/routes.py").exists():
        project.make("routes")
    complete_template(project)
    project.make("format")
    project.make("check")
    output = project.make("test")
    assert "passed" in output


@pytest.mark.parametrize(
    "architecture",
    samples(["monolith", "microservices", "serverless"], ["microservices"]),
)
def test_a_handler_that_is_forgotten_anywhere_fails_a_test_that_says_so(
    architecture: str, tmp_path: Path
) -> None:
    """Not in its wiring; in another part, without its route; an event that nobody
    handles.
    """
    project = new(
        tmp_path, "shop", "--preset", "ecommerce", "--architecture", architecture
    )
    reaction = project.folder / "src/shop/accounts/notices.py"
    guide = (project.folder / "docs/guide.md").read_text()
    wanted = next(text for path, text in steps(guide) if path.endswith("notices.py"))
    reaction.write_text(wanted)
    contract = project.folder / "src/shop/contracts/orders.py"
    contract.write_text(
        contract.read_text()
        + '\n\n@dataclass(frozen=True, slots=True, kw_only=True)\nclass OrderForgotten(Event):\n    """Lost."""\n\n'
        '    type: ClassVar[str] = "orders.order.forgotten"\n'
    )
    others = sorted((project.folder / "tests").glob("test_[rt][oe][um]*.py"))
    done = project.pytest("tests/test_delivery.py", *map(str, others))
    assert (
        "background() of their modules' background.py: {'accounts.notice'}"
        in done.stdout
    )
    assert "nobody handles {'shop.contracts.orders.OrderForgotten'}" in done.stdout
    if architecture != "monolith":
        assert "run `make routes`" in done.stdout
    if architecture == "serverless":
        project.make("routes")
        done = project.pytest("tests/test_template.py")
        assert "OrdersToAccounts:" in done.stdout and "in ToAccountsRole" in done.stdout
