"""A project that was edited goes from one architecture to another by git's three-way
merge: nothing of the user's is lost.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.projects import new

# CI goes that way with `test_evolving.py`
pytestmark = [pytest.mark.samples, pytest.mark.long, pytest.mark.timeout(1200)]

NGINX = "deploy/nginx/templates/default.conf.template"

# (file, what stands there, what the user writes in its place; nothing there: at the
# end)
EDITS = [
    (
        "src/shop/items/domain.py",
        "    done: bool = False\n",
        """    done: bool = False

    @property
    def urgent(self) -> bool:
        return self.title.endswith("!") and not self.done
""",
    ),
    (
        "src/shop/items/service.py",
        "",
        """
    async def finish_item(self, caller: Caller, item_id: UUID) -> domain.Item:
        return await self.update_item(caller, item_id, {"done": True})
""",
    ),
    ("src/shop/items/api.py", "    done: bool\n", "    done: bool\n    urgent: bool\n"),
    (
        "src/shop/items/api.py",
        "",
        """

@router.post("/items/{item_id}/finish", operation_id="item_finish")
async def finish_item(
    item_id: UUID, service: Service, caller: Caller, response: Response
) -> ItemOut:
    finished = await service.finish_item(caller, item_id)
    set_etag(response, finished)
    return ItemOut.model_validate(finished)
""",
    ),
    (
        "src/shop/items/wording.py",
        "",
        '''"""How items are spoken of."""

from __future__ import annotations


def headline(title: str) -> str:
    return title.strip().capitalize()
''',
    ),
    (
        "tests/items/test_finishing.py",
        "",
        '''"""Items that are urgent, until they are finished."""

from __future__ import annotations

from shop.items.wording import headline

from tests.api import Api


def test_an_urgent_item_is_finished(user: Api) -> None:
    row = user.create("/api/items", {"title": "call back!"})
    assert row["urgent"] is True
    finished = user.post(f"/api/items/{row['id']}/finish").json()
    assert (finished["done"], finished["urgent"]) == (True, False)


def test_a_headline_begins_with_a_capital() -> None:
    assert headline(" call back ") == "Call back"
''',
    ),
    (NGINX, "client_max_body_size 1m;", "client_max_body_size 2m;"),
]


def test_a_user_s_edits_survive_the_way_from_a_monolith_to_services(
    tmp_path: Path,
) -> None:
    project = new(
        tmp_path / "monolith", "shop", "--preset", "crud", "--architecture", "monolith"
    )
    services = new(
        tmp_path / "services",
        "shop",
        "--preset",
        "crud",
        "--architecture",
        "microservices",
    )
    folder = project.folder

    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "as generated")
    git(folder, "checkout", "--quiet", "-b", "services")
    replace(folder, services.folder)
    commit(folder, "as generated, in services")
    git(folder, "checkout", "--quiet", "main")
    for path, there, written in EDITS:
        edit(folder / path, there, written)
    commit(folder, "the user's")

    merged = git(folder, "merge", "services", "--message=to services", check=False)
    assert "CONFLICT" not in merged
    for path, _, written in EDITS:
        assert written in (folder / path).read_text(), path
    assert (folder / "src/shop/apps/items.py").exists() and not (
        folder / "src/shop/apps/app.py"
    ).exists()

    project.make("check")
    assert " passed" in project.make("test")


def edit(path: Path, there: str, written: str) -> None:
    text = path.read_text() if path.exists() else ""
    assert there in text, f"{path}: {there}"
    path.write_text(text.replace(there, written, 1) if there else text + written)


def replace(folder: Path, by: Path) -> None:
    """The whole tree, but for what git ignores, becomes another."""
    git(folder, "rm", "-r", "--quiet", "--ignore-unmatch", ".")
    shutil.copytree(
        by,
        folder,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(".env", ".keys", ".git"),
    )


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", f"--message={message}")


def git(folder: Path, *command: str, check: bool = True) -> str:
    """What git says, whatever this machine's settings are."""
    somebody = {
        f"GIT_{role}_{what}": "user@localhost"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith("GIT_")
    }
    done = subprocess.run(
        ["git", *command],
        cwd=folder,
        env={
            **kept,
            **somebody,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 or not check, done.stdout + done.stderr
    return done.stdout
