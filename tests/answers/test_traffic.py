"""Traffic is understood as people write it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgen.answers.traffic import MOST_RPS, parse_traffic


@pytest.mark.parametrize(
    ("text", "rps"),
    [
        ("300 rps", 300),
        ("300rps", 300),
        ("100/s", 100),
        ("5k rps peak", 5000),
        ("3 rpm", 0.05),
        ("1,000 requests per minute", 16.7),
        ("2M requests/month", 0.761),  # 2,000,000 / 2,628,000 s
        ("2 million requests a month", 0.761),
        ("1.5 million events per day", 17.4),
        ("50k users/day", 17.4),  # 50,000 x 30 / 86,400 s
        ("10k DAU", 3.47),
        ("1M MAU", 68.5),  # 1,000,000 x 30 x 6 / 2,628,000 s
        ("~200 calls / hour", 0.0556),
    ],
)
def test_words_become_requests_a_second(text: str, rps: float) -> None:
    assert parse_traffic(text).rps == rps


def test_the_peak_is_told_apart() -> None:
    assert parse_traffic("5k rps peak").is_peak and not parse_traffic("5k rps").is_peak


def test_what_a_user_is_taken_for_is_said() -> None:
    assert (
        parse_traffic("50k users/day").because
        == "50k users/day, at 30 requests a user and day"
    )


@pytest.mark.parametrize(
    "text",
    [
        "lots",
        "",
        "300",
        "50k users",
        "0 rps",
        "-3 rps",
        "2,5 rps",
        "nan rps",
        "1" * 400 + " rps",
    ],
)
def test_what_says_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not traffic|more than nothing"):
        parse_traffic(text)


def test_more_than_the_world_has_is_refused() -> None:
    with pytest.raises(ValueError, match="are the most"):
        parse_traffic("2000000M rps")


@given(st.text(max_size=60))
def test_any_text_is_a_rate_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert 0 < parse_traffic(text).rps <= MOST_RPS
