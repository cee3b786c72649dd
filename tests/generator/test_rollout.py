"""`make deploy` before a container engine that is written here: which copies leave,
which stay, and what a Ctrl-C does.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.projects import new, until

# keeps its containers in a file: each with its id, its image, and whether `compose run`
# made it
DOCKER = """#!{python}
import json, pathlib, sys, time
state = pathlib.Path("{state}")
held = json.loads(state.read_text())
words = " ".join(sys.argv[1:])
said = []
def save():
    state.write_text(json.dumps(held))
if " ps --" in words:
    for name, (image, oneoff) in held["containers"].items():
        if "running" in words and name in held["stopped"]:
            continue
        said.append(name + " a=b,com.docker.compose.oneoff=" + str(oneoff) + ",c=d" if "Labels" in words else name)
elif " up " in words and "--scale" in words:
    held["called"].append("up")
    wanted = int(words.partition("=")[2].split()[0])
    real = [name for name, (image, oneoff) in held["containers"].items() if not oneoff]
    for number in range(wanted - len(real)):
        held["made"] += 1
        held["containers"]["new" + str(held["made"] - 1)] = ["v2", False]
    save()
    if held["slow"] == "up":
        time.sleep(60)
elif sys.argv[1] == "inspect":
    said.append("v1 shop:local")
elif sys.argv[1] == "stop":
    held["called"].append("stop")
    held["stopped"] += sys.argv[4:]
    save()
    if held["slow"] == "stopped":
        time.sleep(60)
    if held["slow"] == "stop" and "old0" in words:
        time.sleep(1)
elif sys.argv[1] == "rm":
    for name in sys.argv[3:]:
        del held["containers"][name]
    save()
elif sys.argv[1] == "tag":
    held["called"].append(words)
    save()
elif words.endswith("config --services"):
    said += ["app", "orders"]
print("\\n".join(said))
"""


@pytest.fixture(scope="module", params=["monolith", "microservices"])
def deploy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The `deploy/rollout.py` of a project."""
    folder = tmp_path_factory.mktemp("rollout")
    return (
        new(
            folder, "shop", "--preset", "ecommerce", "--architecture", request.param
        ).folder
        / "deploy/rollout.py"
    )


@pytest.fixture
def begin(deploy: Path, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """`begin("stop")` rolls out, with a `docker stop` that takes its time; its
    containers are in `state.json`.
    """

    def start(
        slow: str = "", state: dict[str, Any] | None = None
    ) -> subprocess.Popen[str]:
        containers = {
            "old0": ["v1", False],
            "old1": ["v1", False],
            "shell": ["v1", True],
        }
        begun = {
            "containers": containers,
            "stopped": [],
            "made": 0,
            **(state or {}),
            "called": [],
            "slow": slow,
        }
        (tmp_path / "state.json").write_text(json.dumps(begun))
        docker = tmp_path / "docker"
        docker.write_text(
            DOCKER.format(python=sys.executable, state=tmp_path / "state.json")
        )
        docker.chmod(0o755)
        code = f"import runpy, time; time.sleep = lambda _: None; runpy.run_path({str(deploy)!r}, run_name='__main__')"
        return subprocess.Popen(
            [sys.executable, "-c", code, "orders"],
            cwd=tmp_path,
            env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
            text=True,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    return start


def held(tmp_path: Path) -> Any:
    return json.loads((tmp_path / "state.json").read_text() or "{}")


def called(tmp_path: Path, what: str) -> bool:
    try:
        return what in held(tmp_path)["called"]
    except (ValueError, KeyError):  # as it is written
        return False


def interrupt(process: subprocess.Popen[str]) -> None:
    """As Ctrl-C on a terminal: everybody in the group hears it."""
    os.killpg(process.pid, signal.SIGINT)


def kill(process: subprocess.Popen[str]) -> None:
    """By SIGKILL; what it had asked the engine for goes on."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stderr is not None
    process.stderr.close()


def test_as_many_come_as_leave_and_a_shell_in_the_service_s_name_is_let_be(
    begin: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = begin()
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert sorted(held(tmp_path)["containers"]) == ["new0", "new1", "shell"]


def test_interrupted_before_the_new_ones_are_ready_the_old_ones_stay(
    begin: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = begin("up")
    until(lambda: called(tmp_path, "up"), 30)
    interrupt(process)
    _, said = process.communicate(timeout=30)
    assert "the old one goes on" in said and process.returncode == 1
    assert sorted(held(tmp_path)["containers"]) == ["old0", "old1", "shell"]
    assert called(tmp_path, "tag v1 shop:local")


def test_interrupted_as_the_old_ones_leave_it_is_finished(
    begin: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = begin("stop")
    until(lambda: called(tmp_path, "stop"), 30)
    interrupt(process)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert sorted(held(tmp_path)["containers"]) == ["new0", "new1", "shell"]


@pytest.mark.parametrize(
    ("killed_at", "left"), [("up", {"old0", "old1"}), ("stopped", {"new0", "new1"})]
)
def test_what_a_rollout_that_was_killed_has_left_the_next_one_takes_away(
    begin: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    killed_at: str,
    left: set[str],
) -> None:
    """Before the old ones leave the new ones go, from then on the old ones; what people
    have scaled beside it stays.
    """
    process = begin(killed_at)
    until(lambda: called(tmp_path, "up" if killed_at == "up" else "stop"), 30)
    kill(process)
    state = held(tmp_path)
    assert {name for name in state["containers"] if name != "shell"} == {
        "old0",
        "old1",
        "new0",
        "new1",
    }
    after = begin("up", state)
    until(lambda: called(tmp_path, "up"), 30)
    present = {name for name in held(tmp_path)["containers"] if name != "shell"}
    assert (
        left < present
        and len(present) == 4
        and not present & ({"old0", "old1", "new0", "new1"} - left)
    )
    kill(after)
    last = begin("", held(tmp_path))
    _, said = last.communicate(timeout=30)
    assert last.returncode == 0, said
    assert len(held(tmp_path)["containers"]) == 3
    assert not list((tmp_path / "build/replaced").iterdir())
