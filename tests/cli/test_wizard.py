"""The wizard, as a person at a terminal of 80 by 24 meets it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from tests.cli.terminal import CTRL_C, CTRL_U, DOWN, ENTER, ESCAPE, UP, Terminal

from archgen.advisor import recommend
from archgen.advisor.needs import EXPERIENCE, NEEDS
from archgen.answers.resolve import resolve
from archgen.answers.sources import Source, from_record
from archgen.cli.needs import SCREEN, ask_open
from archgen.cli.prompts import BACK, Back, Check, Lines, Option
from archgen.cli.wizard import (
    FORGET,
    QUESTIONS,
    SAID_BY_YOU,
    add_answer,
    ask_assumption,
    ask_change,
    ask_core,
)
from archgen.evidence.loader import load_evidence
from archgen.generator.record import load_record

Open = Callable[..., Terminal]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Open]:
    opened: list[Terminal] = []

    def start(*arguments: str, columns: int = 80, **environment: str) -> Terminal:
        command = [
            sys.executable,
            "-c",
            "from archgen.cli.main import main; main()",
            *arguments,
        ]
        opened.append(
            Terminal(
                command,
                tmp_path,
                {"TERM": "xterm", "NO_COLOR": "1", **environment},
                columns,
            )
        )
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_five_questions_a_screen_of_needs_and_one_more_make_a_project(
    terminal: Open, tmp_path: Path
) -> None:
    screen = terminal("new", "--no-git")
    screen.wait_for("Name of the project  [backend]")
    screen.type(CTRL_U + "class" + ENTER)
    screen.wait_for("class is a word of Python")
    screen.type(CTRL_U + "my-shop" + ENTER)
    screen.wait_for("large jobs now and then")
    screen.type(ENTER)
    screen.wait_for("many teams and products build on it")
    screen.type(UP + ENTER)  # from product to mvp
    screen.wait_for("Backend engineers  [3]")
    screen.type(CTRL_U + "2" + ENTER)
    screen.wait_for("300 rps")
    screen.type(CTRL_U + "lots" + ENTER)
    screen.wait_for("is not traffic such as")
    screen.type(CTRL_U + "2M requests/month" + ENTER)
    screen.wait_for("What else holds?")
    screen.wait_for("Customers or members install and run it")
    screen.type(DOWN * 10 + " " + ENTER)  # for hours or days there is hardly any use
    screen.wait_for("What else holds?  often_idle")
    screen.wait_for("one more question, whose answer would tell most")
    screen.wait_for("How does traffic come?")
    screen.type(ENTER)
    screen.wait_for("my-shop: crud mvp of 2 engineers in one team")
    screen.wait_for("traffic_rps_avg 0.761 (2M requests/month)")
    screen.wait_for("Why")
    screen.wait_for("what next?")
    screen.wait_for("write nothing")
    screen.type(ENTER)
    screen.wait_for("archgen new my-shop --set workload=crud --set scope=mvp")
    assert screen.finish() == 0
    answers = load_record(tmp_path / "my-shop/archgen.yaml")["answers"]
    assert answers == {
        "name": "my-shop",
        "workload": "crud",
        "scope": "mvp",
        "team_size": 2,
        "traffic": "2M requests/month",
        "needs": ["often_idle"],
        "traffic_pattern": "diurnal",
    }


def test_only_what_was_not_said_is_asked_and_assumptions_open(
    terminal: Open, tmp_path: Path
) -> None:
    screen = terminal(
        "new",
        "shop",
        "--preset",
        "crud",
        "--set",
        "scope=mvp",
        "--set",
        "traffic=5 rps",
    )
    screen.wait_for("Backend engineers  [3]")
    screen.type(ENTER)
    screen.wait_for("What else holds?")
    screen.type(ENTER)
    screen.wait_for("How does traffic come?")
    screen.type(ENTER)
    screen.wait_for("write nothing")
    screen.type(DOWN + ENTER)
    screen.wait_for("teams: 1")
    screen.type(DOWN + ENTER)
    screen.wait_for("Teams that plan and release on their own  [1]")
    screen.type(CTRL_U + "9" + ENTER)
    screen.wait_for("9 teams of 3 engineers")
    screen.type(CTRL_U + "2" + ENTER)
    screen.wait_for("What was assumed")
    screen.type(ENTER)
    screen.wait_for("in 2 teams")
    screen.wait_for("write nothing")
    screen.type(UP + ENTER)  # round to the last: stop
    screen.wait_for("nothing was written")
    assert screen.finish() == 1 and not list(tmp_path.iterdir())


def test_the_menu_of_architectures_says_which_is_advised(
    terminal: Open, tmp_path: Path
) -> None:
    answers = [
        "--preset",
        "crud",
        "--set",
        "scope=mvp",
        "--set",
        "team_size=2",
        "--set",
        "traffic=3 rps",
    ]
    screen = terminal(
        "new", "shop", "--no-git", "--architecture", "microservices", *answers
    )
    screen.wait_for("write nothing")
    screen.type(DOWN + DOWN + ENTER)
    screen.wait_for("as advised: monolith")
    screen.wait_for("serverless")
    screen.type(UP + UP + ENTER)  # from microservices to auto
    screen.wait_for("? Build  auto")
    screen.wait_for("Monolith: what next?")
    screen.wait_for("write nothing")
    screen.type(ENTER)
    screen.wait_for(
        "archgen new shop --preset crud --architecture auto --set scope=mvp"
    )
    assert (
        screen.finish() == 0
        and load_record(tmp_path / "shop/archgen.yaml")["template"] == "monolith"
    )


def test_more_services_than_the_teams_can_own_are_asked_about_and_grouped(
    terminal: Open, tmp_path: Path
) -> None:
    answers = [
        "--set",
        "scope=product",
        "--set",
        "team_size=4",
        "--set",
        "traffic=3 rps",
    ]
    screen = terminal(
        "new",
        "shop",
        "--preset",
        "ecommerce",
        "--no-git",
        "--architecture",
        "microservices",
        *answers,
    )
    screen.wait_for("write nothing")
    screen.type(ENTER)
    screen.wait_for("4 services, and the teams can own 3: how?")
    screen.type(ENTER)
    screen.wait_for("Microservices: what next?")
    screen.wait_for("write nothing")
    screen.type(ENTER)
    screen.wait_for("--set 'parts.orders=[inventory,orders]'")
    assert screen.finish() == 0
    assert len(load_record(tmp_path / "shop/archgen.yaml")["parts"]) == 3


def test_ctrl_c_at_a_question_leaves_nothing(terminal: Open, tmp_path: Path) -> None:
    screen = terminal("new")
    screen.wait_for("Name of the project")
    screen.type(CTRL_C)
    assert screen.finish() == 130
    assert (
        "interrupted" in screen.seen
        and "Traceback" not in screen.seen
        and not list(tmp_path.iterdir())
    )


@pytest.mark.parametrize("flag", ["--no-input", "--defaults"])
def test_nothing_is_asked_where_the_flags_say_so(
    terminal: Open, tmp_path: Path, flag: str
) -> None:
    screen = terminal("new", "--preset", "crud", "--dry-run", flag)
    assert screen.finish() == 0
    assert "?" not in screen.seen and "archgen.yaml" in screen.seen


def test_a_warning_is_broken_between_words_and_its_risk_is_told_no_third_time(
    terminal: Open,
) -> None:
    screen = terminal(
        "new",
        "--preset",
        "crud",
        "--architecture",
        "microservices",
        "--no-input",
        "--dry-run",
    )
    assert screen.finish() == 0
    assert "One team owns\nevery service" in screen.seen.partition("warning: ")[2]
    # beside the advice, and the warning
    assert " ".join(screen.seen.split()).count("One team owns every service") == 2
    assert "Risk   One team owns" not in screen.seen


def test_the_line_of_keys_is_broken_between_words_on_a_narrow_terminal(
    terminal: Open,
) -> None:
    screen = terminal("new", columns=60)
    keys = screen.wait_for("Name of the project")
    assert "Enter takes what stands in brackets, Esc goes back, Ctrl-C\nstops\n" in keys
    screen.type(CTRL_C)
    assert screen.finish() == 130


@pytest.mark.parametrize("columns", [60, 100])
def test_the_screen_of_needs_is_read_whole_at_any_width(
    terminal: Open, tmp_path: Path, columns: int
) -> None:
    answers = [
        "--set",
        "workload=ecommerce",
        "--set",
        "scope=product",
        "--set",
        "traffic=5 rps",
    ]
    screen = terminal("new", "shop", "--no-git", *answers, columns=columns)
    screen.wait_for("Backend engineers")
    screen.type(ENTER)
    screen.wait_for("What else holds?")
    for meaning in NEEDS.values():
        screen.wait_for(f"○ {meaning.says}\n")
    for meaning in EXPERIENCE.values():
        screen.wait_for(f"○ {meaning.says}")
    first = NEEDS["replay"].holds
    # what each is for is told where the cursor stands
    screen.wait_for(f"Description: {first}")
    assert all(
        len(f"  Description: {meaning.holds}") < 60
        for meaning in (*NEEDS.values(), *EXPERIENCE.values())
    )
    screen.type(DOWN * 5 + " " + ENTER)
    screen.wait_for("What else holds?  hot_part")
    screen.wait_for("one more question, whose answer would tell most")
    screen.type(ENTER)
    screen.wait_for("change what was answered")
    shown = screen.wait_for("write nothing")
    assert all(len(line) <= columns for line in shown.splitlines())
    screen.type(UP + ENTER)
    assert screen.finish() == 1 and not list(tmp_path.iterdir())


def test_a_name_whose_folder_is_full_is_asked_for_again(
    terminal: Open, tmp_path: Path
) -> None:
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend/mine").write_text("mine")
    screen = terminal("new")
    screen.wait_for("Name of the project  [backend]")
    screen.type(ENTER)
    screen.wait_for("backend is not empty")
    screen.type(CTRL_C)
    assert screen.finish() == 130


def test_a_dumb_terminal_is_asked_line_by_line(terminal: Open, tmp_path: Path) -> None:
    screen = terminal("new", "--dry-run", TERM="dumb")
    screen.wait_for("Name of the project [backend]: ")
    screen.type("Not\n")
    screen.wait_for("is not lower-case letters")
    screen.type("\n")
    screen.wait_for("Number [1]: ")
    screen.type("2\n")
    screen.wait_for("Number [2]: ")
    screen.type("9\n")
    screen.wait_for("say a number from 1 to 3")
    screen.type("\n")
    screen.wait_for("Backend engineers [6]: ")
    screen.type("\n")
    screen.wait_for("[50 rps]: ")
    screen.type("\n")
    screen.wait_for("Numbers, with commas between them [none]: ")
    screen.type("4, 99\n")
    screen.wait_for("say numbers from 1 to 21")
    screen.type("\n")
    screen.wait_for("How much is joined, or written together?")
    screen.wait_for("Number [3]: ")
    screen.type("\n")
    screen.wait_for("backend: ecommerce product")
    screen.wait_for("Number [1]: ")
    screen.type("write\n")
    assert screen.finish() == 0
    assert "\x1b" not in screen.raw and "dry run: nothing was written" in screen.seen


def test_recommend_asks_too_where_nothing_was_said(terminal: Open) -> None:
    screen = terminal("recommend")
    screen.wait_for("Kind of system")
    screen.type(ENTER)
    screen.wait_for("? Kind of system  crud\n")  # the answer stays, without the menu
    screen.wait_for("Scope")
    screen.type(ENTER)
    screen.wait_for("Backend engineers  [6]")
    screen.type(ENTER)
    screen.wait_for("50 rps")
    screen.type(ENTER)
    screen.wait_for("What else holds?")
    screen.type(ENTER)
    screen.wait_for("What else holds?  nothing more")
    screen.wait_for("one more question")
    screen.wait_for("» high")
    screen.type(ENTER)
    screen.wait_for("confidence")
    assert screen.finish() == 0


class Scripted:
    """Answers each question with what a table says, "<" to go back, and remembers what
    was asked.
    """

    keys = "keys"
    rows = 0

    def rewind(self, rows: int) -> None:
        pass

    def tell(self, message: str) -> None:
        pass

    def __init__(self, answers: dict[str, list[str]]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.offered: list[Sequence[Option]] = []

    def text(self, question: str, default: str, check: Check) -> str:
        self.asked.append(question)
        answer = (
            self.answers[question].pop(0) if self.answers.get(question) else default
        )
        if answer == BACK:
            raise Back
        assert check(answer) is None
        return answer

    def select(
        self, question: str, options: Sequence[Option], default: str | None = None
    ) -> str:
        self.asked.append(question)
        self.offered.append(options)
        wanted = self.answers.get(question, [])
        answer = wanted.pop(0) if wanted else str(default)
        if answer == BACK:
            raise Back
        return answer

    def tick(self, question: str, options: Sequence[Option | str]) -> list[str]:
        self.asked.append(question)
        return self.answers.get(question, [])


def test_each_default_follows_from_the_answers_so_far() -> None:
    sources: list[Source] = []
    by = Scripted({"Kind of system": ["iot"], "Scope": ["platform"]})
    taken = ask_core(sources, resolve(sources), by=by)
    asked = {field: taken.raw[field] for field in QUESTIONS}
    assert asked == {
        "name": "backend",
        "workload": "iot",
        "scope": "platform",
        "team_size": 60,
        "teams": 8,
        "traffic": "20000 rps",
    }
    assert by.asked[6] == SCREEN and len(by.asked) <= 8 and len(sources) == 1


def test_teams_are_asked_for_where_so_many_engineers_are_usually_more_than_one() -> (
    None
):
    teams = QUESTIONS["teams"]
    by = Scripted({"Backend engineers": ["9"]})
    assert ask_core([], resolve([]), by=by).raw["team_size"] == 9
    assert by.asked[4] == teams
    few = Scripted({"Backend engineers": ["8"]})
    assert (
        "teams" not in ask_core([], resolve([]), by=few).raw and teams not in few.asked
    )
    said = [from_record({"teams": 2})]
    told = Scripted({"Backend engineers": ["12"]})
    assert (
        ask_core(said, resolve(said), by=told).raw["teams"] == 2
        and teams not in told.asked
    )
    # back over what was not asked; and fewer engineers after all, of whom no teams are
    # known
    traffic = QUESTIONS["traffic"]
    back = Scripted(
        {
            "Backend engineers": ["24", "6"],
            teams: ["3", BACK],
            traffic: [BACK, BACK, "7 rps"],
            "Scope": ["mvp"],
        }
    )
    taken = ask_core([], resolve([]), by=back)
    asked = [q for q in back.asked[3:] if q not in (SCREEN,)]
    assert asked[:6] == [
        "Backend engineers",
        teams,
        traffic,
        teams,
        "Backend engineers",
        traffic,
    ]
    assert taken.raw["team_size"] == 6 and "teams" not in taken.raw


def test_what_was_ticked_becomes_needs_and_experience_and_is_no_longer_asked() -> None:
    sources: list[Source] = []
    by = Scripted({SCREEN: ["kubernetes", "replay", "self_hosted"]})
    taken = ask_core(sources, resolve(sources), by=by)
    assert taken.raw["needs"] == ["replay", "self_hosted"] and taken.raw[
        "experience"
    ] == ["kubernetes"]
    again = Scripted({})
    ask_core([*sources, from_record({"scope": None})], resolve([*sources]), by=again)
    assert SCREEN not in again.asked


def test_a_way_back_leads_to_the_question_before_with_what_was_said_as_its_default() -> (
    None
):
    sources: list[Source] = []
    by = Scripted(
        {
            "Scope": ["mvp", "platform"],
            "Backend engineers": [BACK, "9"],
            "Kind of system": ["iot"],
        }
    )
    taken = ask_core(sources, resolve(sources), by=by)
    assert by.asked[:5] == [
        "Name of the project",
        "Kind of system",
        "Scope",
        "Backend engineers",
        "Scope",
    ]
    assert (taken.raw["scope"], taken.raw["team_size"]) == ("platform", 9)
    first = Scripted({"Name of the project": [BACK, "shop"]})
    assert ask_core([], resolve([]), by=first).raw["name"] == "shop"


def test_every_answer_can_be_changed_after_the_summary() -> None:
    sources: list[Source] = []
    taken = ask_core(sources, resolve(sources), by=Scripted({}))
    by = Scripted(
        {
            "Which answer?": ["name", "workload", "traffic", "needs", "done"],
            "Name of the project": ["other"],
            "Kind of system": ["iot"],
            "Traffic, such as 2M requests/month, 50k users/day, 300 rps": ["7 rps"],
            SCREEN: ["replay"],
        }
    )
    taken = ask_change(by, sources, taken, lambda name: None)
    assert [taken.raw[key] for key in ("name", "workload", "traffic")] == [
        "other",
        "iot",
        "7 rps",
    ]
    assert taken.raw["needs"] == ["replay"]


def test_yes_to_the_one_question_joins_what_is_known() -> None:
    sources = [
        from_record(
            {
                "workload": "social",
                "traffic_pattern": "spiky",
                "relational_needs": "medium",
            }
        )
    ]
    known = {
        "scope": "product",
        "ops_maturity": "medium",
        "independent_scaling_need": "low",
        "needs": ["isolation"],
    }
    sources.append(from_record(known))
    taken = resolve(sources)
    question = recommend(taken.requirements, load_evidence()).question
    assert question is not None and question.value is not None
    after = ask_open(Scripted({question.asks: ["yes"]}), sources, taken)
    assert (
        question.value in after.raw[question.field]
        and "isolation" in after.raw["needs"]
    )
    for answer in ("no", "not known"):
        assert (
            ask_open(Scripted({question.asks: [answer]}), sources[:2], taken).raw
            == taken.raw
        )


def test_what_a_source_says_is_not_asked() -> None:
    sources = [
        from_record(
            {
                "name": "x",
                "preset": "crud",
                "scope": "mvp",
                "team_size": 1,
                "traffic_rps_peak": 5,
            }
        )
    ]
    by = Scripted({})
    ask_core(sources, resolve(sources), by=by)
    assert by.asked == []


def test_an_assumption_that_is_changed_stays_in_the_list_as_said() -> None:
    sources: list[Source] = []
    by = Scripted(
        {
            "What was assumed; choose one to change it": [
                "data_gb: 50",
                "traffic_rps_avg: 50",
                "done",
            ],
            "Gigabytes kept after a year": ["7"],
            "Requests or events a second, on average": ["9.5"],
        }
    )
    taken = ask_assumption(by, sources, resolve(sources))
    assert (taken.requirements.data_gb, taken.requirements.traffic_rps_avg) == (7, 9.5)
    assert not taken.requirements.was_assumed("data_gb") and taken.raw == {
        "data_gb": 7,
        "traffic_rps_avg": 9.5,
    }
    last = {option.value: option.detail for option in by.offered[-1]}
    assert (
        last["data_gb: 7"] == SAID_BY_YOU
        and last["traffic_rps_avg: 9.5"] == SAID_BY_YOU
    )
    by.answers["What was assumed; choose one to change it"] = [
        "data_gb: 7",
        "traffic_rps_avg: 9.5",
        "done",
    ]
    by.answers["data_gb"], by.answers["traffic_rps_avg"] = [FORGET], ["change"]
    by.answers["Requests or events a second, on average"] = ["8"]
    taken = ask_assumption(by, sources, taken)
    assert taken.raw == {"traffic_rps_avg": 8} and taken.requirements.was_assumed(
        "data_gb"
    )


def test_a_peak_beside_the_traffic_that_was_said_leaves_it_said() -> None:
    sources: list[Source] = []
    taken = add_answer(sources, "traffic", "50 rps")
    by = Scripted({"Requests or events a second, in the busiest minute": ["100"]})
    by.answers["What was assumed; choose one to change it"] = [
        "traffic_rps_peak: 150",
        "done",
    ]
    taken = ask_assumption(by, sources, taken)
    assert taken.raw == {"traffic": "50 rps", "traffic_rps_peak": 100}


def test_what_is_typed_to_go_back_where_there_are_no_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: " < ")
    with pytest.raises(Back):
        Lines().text("Name", "x", lambda typed: None)
    with pytest.raises(Back):
        Lines().select("Kind", [Option("a")])


def test_the_end_of_input_is_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", end)
    with pytest.raises(KeyboardInterrupt):
        Lines().text("Name", "x", lambda typed: None)


def test_escape_leaves_no_line_of_what_is_asked_again(terminal: Open) -> None:
    """Neither of the question that was left, nor of the answer that is given anew; one
    that is broken takes all its rows along.
    """
    screen = terminal(
        "new", "--dry-run", "--set", "scope=mvp", "--set", "traffic=5 rps", columns=60
    )
    screen.wait_for("Name of the project")
    begun = screen.shown[:-1]
    long = "a" * 40
    screen.type(CTRL_U + long + ENTER)
    screen.wait_for("large jobs now and then")
    screen.type(DOWN + ENTER)
    screen.wait_for("Kind of system  ecommerce")
    screen.wait_for("Backend engineers  [3]")
    assert [line for line in screen.shown if "Backend" in line]
    screen.type(ESCAPE)
    screen.wait_for("large jobs now and then")
    assert not [
        line
        for line in screen.shown
        if "Backend engineers" in line or "Kind of system  " in line
    ]
    assert "".join(screen.shown).count(long) == 1
    screen.type(ESCAPE)
    screen.wait_for("Name of the project")
    screen.wait_for("]")
    assert screen.shown[: len(begun)] == begun
    assert "".join(screen.shown[len(begun) :]) == f"? Name of the project  [{long}]"
    screen.type(CTRL_C)
    assert screen.finish() == 130


def test_escape_goes_back_and_the_kind_that_has_no_preset_is_told(
    terminal: Open, tmp_path: Path
) -> None:
    screen = terminal(
        "new", "shop", "--no-git", "--set", "scope=mvp", "--set", "traffic=5 rps"
    )
    screen.wait_for("Enter takes what stands in brackets, Esc goes back")
    screen.wait_for("large jobs now and then")
    screen.type(DOWN + ENTER)  # ecommerce
    screen.wait_for("Backend engineers  [3]")
    screen.type(ESCAPE)
    screen.wait_for("large jobs now and then")
    screen.type(DOWN + DOWN + ENTER)  # from ecommerce to api
    screen.wait_for("Backend engineers  [3]")
    screen.type(ENTER)
    screen.wait_for("What else holds?")
    screen.type(ENTER)
    screen.wait_for("one more question")
    screen.wait_for("(arrows and Enter)")
    screen.type(ENTER)
    screen.wait_for(
        "there is no preset for api yet: the project gets the domain of crud"
    )
    screen.wait_for("what next?")
    screen.wait_for("write nothing")
    screen.type(CTRL_C)
    assert screen.finish() == 130
