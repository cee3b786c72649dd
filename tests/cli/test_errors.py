"""Whatever goes wrong is a message with a hint and the exit code of the contract, never
a traceback.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cli.conftest import Archgen

MAIN = [sys.executable, "-c", "from archgen.cli.main import main; main()"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["new", "class", "--no-input"], 2, "error: name: class is a word of Python"),
        (["new", "", "--no-input"], 2, "error: name: a name is needed"),
        (["new", "../x", "--no-input"], 2, "error: name: '../x' is not lower-case"),
        (["new", "a\nb", "--no-input"], 2, r"error: name: 'a\nb' is not lower-case"),
        (["new", "-x"], 2, "error: no such option: -x"),
        (["new", "ok", "more"], 2, "error: got unexpected extra argument"),
        (["nope"], 2, "error: no such command 'nope'"),
        (
            ["new", "ok", "--no-input", "--set", "team_size=-1"],
            2,
            "error: team_size: must be at least 1, not -1",
        ),
        (
            ["new", "ok", "--no-input", "--set", "name={{7*7}}"],
            2,
            "error: name: '{{7*7}}'",
        ),
        (
            ["new", "ok", "--no-input", "--preset", "ecomerce"],
            2,
            "did you mean ecommerce?",
        ),
        (
            ["new", "ok", "--no-input", "--architecture", "blob"],
            2,
            "hint: for example --architecture monolith",
        ),
        (
            ["new", "ok", "--no-input", "--answers", "none.yaml"],
            2,
            "error: --answers: 'none.yaml' cannot be read",
        ),
        (
            ["new", "ok", "--no-input", "--set", "stack.database=oracle"],
            3,
            "hint: stack.database offers auto, postgresql",
        ),
        (
            ["recommend", "--set", "scope=huge"],
            2,
            "error: scope: must be one of mvp, product, platform",
        ),
        (["recommend", "--format", "pdf"], 2, "error: invalid value for '--format'"),
    ],
)
def test_wrong_input_is_told_with_the_contracts_exit_code(
    archgen: Archgen, folder: Path, arguments: list[str], code: int, said: str
) -> None:
    told = archgen(*arguments)
    assert told.code == code and said in told.err and "Traceback" not in told.err
    assert told.out == "" and not list(folder.iterdir())


def test_every_mistake_has_its_line_and_its_hint(archgen: Archgen) -> None:
    told = archgen(
        "new", "class", "--set", "scop=mvp", "--set", "traffic=lots", "--no-input"
    )
    assert told.err.splitlines() == [
        "error: scop: is not a key",
        "hint: did you mean scope?",
        "error: traffic: is not traffic such as 2M requests/month, 50k users/day or 300 rps",
        "hint: for example --set 'traffic=300 rps'",
        "error: name: class is a word of Python",
        "hint: for example the argument NAME",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "broken.yaml does not exist"),
        ("x: [", "is not YAML"),
        ("", "is not a record that archgen wrote"),
        ("[]", "is not a record that archgen wrote"),
        ("a: 1", "is not a record that archgen wrote"),
        ("{archgen_version: 1, answers: 3}", "is not a record that archgen wrote"),
        (
            "{archgen_version: 1, recommendation: 3}",
            "is not a record that archgen wrote",
        ),
    ],
)
def test_a_record_that_is_none_is_wrong_input(
    archgen: Archgen, folder: Path, content: str | None, said: str
) -> None:
    if content is not None:
        (folder / "broken.yaml").write_text(content)
    told = archgen("recommend", "--check", "broken.yaml")
    assert (
        told.code == 2
        and told.err.startswith("error: --check: broken.yaml")
        and said in told.err
    )


def test_mistakes_of_every_flag_are_told_at_once(
    archgen: Archgen, folder: Path
) -> None:
    (folder / "own.toml").write_text("a = 1\n")
    told = archgen(
        *("recommend", "--compare", "x", "--prices", "own.toml"),
        *("--check", "no.yaml", "--set", "team_size=abc"),
    )
    places = [
        line.split(": ")[1]
        for line in told.err.splitlines()
        if line.startswith("error: ")
    ]
    assert (
        told.code == 2
        and told.out == ""
        and places == ["--compare", "a", "--check", "team_size"]
    )


def test_a_target_in_the_way_is_exit_4(archgen: Archgen, folder: Path) -> None:
    (folder / "full").mkdir()
    (folder / "full" / "mine").write_text("mine")
    (folder / "file").write_text("mine")
    (folder / "link").symlink_to(folder / "nowhere")
    for name, why in (
        ("full", "is not empty"),
        ("file", "is a file"),
        ("link", "is a symbolic link"),
    ):
        told = archgen("new", name, "--no-input")
        assert told.code == 4 and why in told.err and "hint: " in told.err
    assert archgen("new", "ok", "--no-input", "-o", "file").code == 4
    assert sorted(path.name for path in folder.iterdir()) == ["file", "full", "link"]
    assert [path.name for path in (folder / "full").iterdir()] == ["mine"]


def broken(error: BaseException) -> object:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_an_unexpected_error_is_a_message_and_a_way_to_see_more(
    archgen: Archgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archgen.pipeline.resolve", broken(ZeroDivisionError("oops")))
    told = archgen("recommend")
    assert told.code == 1 and "Traceback" not in told.err
    assert told.err.splitlines() == [
        "error: ZeroDivisionError: oops",
        "hint: this is a defect of archgen; ARCHGEN_TRACEBACK=1 shows where it is",
    ]
    monkeypatch.setenv("ARCHGEN_TRACEBACK", "1")
    assert "Traceback" in archgen("recommend").err


def test_an_interrupt_is_exit_130(
    archgen: Archgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archgen.pipeline.resolve", broken(KeyboardInterrupt()))
    told = archgen("recommend")
    assert told.code == 130 and told.err == "\ninterrupted, nothing was written\n"


@pytest.mark.parametrize("then", [(), (signal.SIGTERM,)], ids=["once", "and another"])
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_a_signal_while_writing_leaves_nothing(
    folder: Path, number: int, code: int, then: tuple[signal.Signals, ...]
) -> None:
    """Whoever is in a hurry and sends another does not disturb the cleaning; which of
    the two is heard, threads decide.
    """
    process = subprocess.Popen(
        [*MAIN, "new", "shop", "--preset", "crud", "--no-input", "-o", "new/deep"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=folder,
        preexec_fn=lambda: signal.signal(
            number, signal.SIG_DFL
        ),  # a run in the background may ignore it
    )
    assert process.stderr is not None
    seen = ""
    while "Writing the files" not in seen:
        line = process.stderr.readline()
        assert line, seen
        seen += line
    for one in (number, *then):
        process.send_signal(one)
    _, rest = process.communicate(timeout=60)
    assert (
        process.returncode in {code, *(128 + one for one in then)}
        and "Traceback" not in rest
    )
    assert not list(folder.iterdir())


def test_a_reader_that_has_gone_is_no_traceback(folder: Path) -> None:
    process = subprocess.Popen(
        [*MAIN, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    told = process.stderr.read().decode()
    assert process.wait(60) == 1 and told == ""
    process.stderr.close()


@pytest.mark.few(4)
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["recommend", "new shop --preset crud --no-git"])
def test_a_stream_that_is_closed_is_nowhere(
    folder: Path, command: str, closed: str
) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$0" "$@" {closed}', *MAIN, *command.split()],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 and "error" not in done.stderr
    assert (folder / "shop/archgen.yaml").is_file() == command.startswith("new")


def test_a_locale_without_letters_keeps_nothing_from_being_told(folder: Path) -> None:
    place = "\udcff ü"  # a byte that is no UTF-8, and a letter that ASCII lacks
    command = [
        *MAIN,
        "new",
        "shop",
        "--preset",
        "crud",
        "--no-git",
        "--no-input",
        "-o",
        place,
    ]
    ascii_only = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "ascii",
    }
    done = subprocess.run(
        command, cwd=folder, env=ascii_only, capture_output=True, text=True, check=False
    )
    assert (
        done.returncode == 0
        and "--no-git --no-input" in done.stdout
        and (folder / place / "shop/.env").is_file()
    )
    page = [*MAIN, "recommend", "--preset", "crud", "--format", "html"]
    done = subprocess.run(
        page,
        cwd=folder,
        env=ascii_only,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0 and not done.stdout.isascii()


@pytest.mark.skipif(
    not os.path.exists("/dev/full"), reason="there is no /dev/full on this system"
)
def test_a_full_disk_is_a_message() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*MAIN, "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1 and done.stderr == "error: No space left on device\n"


def test_a_folder_that_is_no_longer_there_is_named_as_what_is_wrong(
    folder: Path,
) -> None:
    command = [
        "sh",
        "-c",
        'mkdir gone && cd gone && rmdir ../gone && "$0" "$@"',
        *MAIN,
        "new",
        "shop",
        "--no-input",
    ]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and done.stderr.endswith(
        "error: the current folder is no longer there\nhint: cd to one that is\n"
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.text(st.characters(exclude_characters="\0"), max_size=20).filter(
        lambda name: not name.startswith("-")
    ),
    st.lists(st.text(st.characters(exclude_characters="\0"), max_size=15), max_size=3),
)
def test_any_name_and_any_sets_end_in_a_decision_or_a_message(
    archgen: Archgen, name: str, sets: list[str]
) -> None:
    told = archgen(
        "recommend",
        "--no-input",
        "--json",
        "--set",
        f"name={name}",
        *(f"--set={item}" for item in sets),
    )
    assert (
        told.code in (0, 2, 3)
        and "Traceback" not in told.err
        and "defect" not in told.err
    )
    assert (told.code == 0) == bool(told.out)
