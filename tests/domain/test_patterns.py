"""A pattern means the same to each engine that reads it, and brings values that match."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgen.domain.patterns import Broken, count, read_pattern, spell

# parts of patterns as people write them, put together at random
ATOMS = (
    "a",
    "é",
    "7",
    ".",
    r"\.",
    r"\d",
    r"\w",
    r"\s",
    r"\S",
    "[a-f]",
    "[^a-f]",
    r"[\w.-]",
    r"[^\d\s]",
    r"\x41",
    "(?:ab|c)",
    "(x)",
)
PARTS = st.lists(
    st.tuples(
        st.sampled_from(ATOMS),
        st.sampled_from(("", "", "?", "*", "+", "{2}", "{1,3}", "+?")),
    ),
    min_size=1,
    max_size=5,
)
PATTERN = PARTS.map(lambda parts: "".join(map("".join, parts)))
VALUE = st.text(st.sampled_from("abcfgxAé7.- _\n\t\u2003\u0661"), max_size=8)


@given(PARTS, VALUE)
def test_what_matches_is_what_matches_in_python_when_it_reads_ascii_alone(
    parts: list[tuple[str, str]], value: str
) -> None:
    text = "".join(map("".join, parts))
    same = "".join(
        ("[^\n\r\u2028\u2029]" if atom == "." else atom) + repeat
        for atom, repeat in parts
    )
    assert read_pattern(text).matches(value) == bool(
        re.fullmatch(same, value, re.ASCII)
    )


@given(PATTERN, VALUE)
def test_the_one_form_means_the_same_to_python_which_tools_of_tests_read_it_by(
    text: str, value: str
) -> None:
    pattern = read_pattern(text)
    assert bool(re.search(pattern.text[:-1] + r"\Z", value)) == pattern.matches(value)


@given(PATTERN)
def test_the_one_form_is_read_as_itself(text: str) -> None:
    once = read_pattern(text).text
    assert read_pattern(once).text == once


@given(PATTERN, st.integers(0, 12), st.integers(1, 40), st.integers(0, 10**6))
def test_what_a_shape_spells_matches_has_its_length_and_sorts_by_its_number(
    text: str, least: int, most: int, number: int
) -> None:
    pattern = read_pattern(text)
    shape = pattern.shape(least, most)
    if shape:
        assert max(least, 1) <= len(shape) <= most
        first, second = (spell(shape, at % count(shape)) for at in (number, number + 1))
        assert pattern.matches(first) and pattern.matches(second)
        assert count(shape) == 1 or (first < second) == (
            number % count(shape) < (number + 1) % count(shape)
        )


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (r"^[A-Z]{2}-\d{4}$", "^[A-Z]{2}-[0-9]{4}$"),
        ("a|^b$", "^(?:a|b)$"),
        (r"(?P<year>\d+)-(?<month>\d\d?)", "^[0-9]+-[0-9][0-9]?$"),
        (r"[^@\s]+@", r"^[^\x00\t-\r @]+@$"),
        ("[--9&~]", r"^[&\--9~]$"),
        (".", r"^[^\x00\n\r\u2028\u2029]$"),
        (r"\S", r"^[^\x00\t-\r ]$"),
        ("a{2,}?b{3}", "^a{2,}b{3}$"),
        (r"\/[\]\^]", r"^\/[\]\^]$"),
        ("[\ue000-\U0010ffff]", r"^[^\x00-\ud7ff]$"),
        ("", "^$"),
        ("[a-z0-9-]+", "^[a-z0-9-]+$"),
        ("^(red|green)(-[0-9]{1,3})?$", "^(red|green)(-[0-9]{1,3})?$"),
        ("red|green", "^(?:red|green)$"),
        (r"\$[0-9]+\.[0-9]{2}", r"^\$[0-9]+\.[0-9]{2}$"),
    ],
)
def test_a_pattern_has_one_form(text: str, form: str) -> None:
    assert read_pattern(text).text == form


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(?=a)b", "character 2, '?', looks ahead"),
        ("(?<!a)b", "looks behind"),
        (r"(a)\1", r"\1 is not read alike"),
        (r"\bword", r"\b is not read alike"),
        (r"\p{L}", r"\p is not read alike"),
        ("(?i)a", "say both cases as [Aa]"),
        ("a**", "repeats what is repeated already"),
        ("a++", "repeats what is repeated already"),
        ("*a", r"write \* for the character"),
        ("a{2", "is not a repeat such as {2,5}"),
        ("a{3,2}", "is not a repeat such as {2,5}"),
        ("a{1001}", "of at most 1000 times"),
        ("(a", "opens a group that is not closed"),
        ("a)", "closes a group that was not opened"),
        ("[a", "opens a class that is not closed"),
        ("[z-a]", "ends a range that does not begin before it"),
        (r"[\d-x]", "ends a range"),
        ("[[:alpha:]]", "is a class within a class"),
        ("a^b", "is an end of the value in its middle"),
        ("a\\", "is not read alike"),
        ("\0", "cannot be stored"),
        ("a" * 501, "500 are the most"),
        ("(" * 51 + "a" + ")" * 51, "is deeper than 50 groups"),
        ("(((a{1000}){1000}){1000}){1000}", "is too large to be checked quickly"),
    ],
)
def test_what_engines_read_differently_or_slowly_is_refused_with_its_place(
    text: str, said: str
) -> None:
    with pytest.raises(Broken, match=re.escape(said)):
        read_pattern(text)


@given(
    st.text(max_size=30)
    | st.text(st.sampled_from(r"ab(|)[]^-{}1,?*+.\\d$"), max_size=30)
)
def test_any_text_is_a_pattern_or_is_refused_in_words(text: str) -> None:
    try:
        pattern = read_pattern(text)
    except Broken:
        return
    assert not pattern.matches("\0")


@pytest.mark.parametrize(
    "text",
    ["(?:[a-z0-9]+-?)+", "([a-z]+( [a-z]+)*)+", "(([a-z]{1,20}\\.){1,9}[a-z]{2,9}/?)+"],
)
@pytest.mark.parametrize("least", [0, 12, 20])
def test_repeats_within_repeats_have_many_values(text: str, least: int) -> None:
    assert count(read_pattern(text).shape(least, 255)) >= 10**6


@pytest.mark.parametrize(
    "text",
    [
        "(a?b?c?d?e?f?){0,900}",
        "(a|b|cc|ddd){0,40}(e|ff){0,40}x*" * 10,
        "(((a?){9}){9}){9}",
    ],
)
def test_a_hostile_pattern_is_done_with_soon(text: str) -> None:
    begun = time.perf_counter()
    pattern = read_pattern(text)
    shape = pattern.shape(0, 255)
    assert not shape or pattern.matches(spell(shape, 0))
    assert time.perf_counter() - begun < 5


def test_a_pattern_is_checked_in_linear_time() -> None:
    begun = time.perf_counter()
    assert not read_pattern("(a+)+b").matches("a" * 100_000)
    assert time.perf_counter() - begun < 2
