"""Answers files are read as YAML 1.2 or JSON, and whatever is dangerous or broken is
refused with its line.
"""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgen.answers.yaml_reader import MOST_BYTES, read_bytes, scalar
from archgen.errors import InputError


def refusal(content: bytes) -> str:
    with pytest.raises(InputError) as caught:
        read_bytes(content, "a.yaml")
    assert caught.value.hint
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("~", None),
        ("", None),
        ("007", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("1e3", 1000.0),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2024-05-01", "2024-05-01"),
        ("-.inf", float("-inf")),
        ("9" * 5000, float("inf")),
        ("<<", "<<"),
    ],
)
def test_plain_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    assert scalar(text) == value


def test_a_quoted_scalar_is_a_string() -> None:
    assert read_bytes(b"a: \"1\"\nb: '~'\n", "a.yaml").data == {"a": "1", "b": "~"}


def test_each_key_has_its_line() -> None:
    text = read_bytes(b"a: 1\nb:\n  c: 2\n  d:\n  - 3\n", "a.yaml")
    assert text.data == {"a": 1, "b": {"c": 2, "d": [3]}}
    assert text.lines[("b", "c")] == 3 and text.lines[("b", "d", "0")] == 5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: &a [*a]\n", "line 1: anchors and aliases"),
        (b"a: 1\nb: *x\n", "line 2: anchors and aliases"),
        (b"!!python/object/apply:os.system ['x']\n", "line 1: the tag"),
        (b"a: !!str 5\n", "the tag"),
        (b"a: 1\nb: 2\na: 3\n", "line 3: has the key 'a' twice"),
        (b'{"a": {"b": 1, "b": 2}}', "has the key 'b' twice"),
        (b"a: 1\n---\nb: 2\n", "line 2: holds more than one document"),
        (b"scope: [1\n", "line 2 is not YAML"),
        (b"? [a]\n: 1\n", "a key is a word"),
        (b"[" * 10_000, "nest"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "is nested more than"),
        (b"[" + b"1," * 60_000 + b"1]", "holds more than"),
        (b"a: " + b"x" * MOST_BYTES, "KiB"),
        (b"\x80\x81\x82", "is not text in UTF-8"),
        (b"a: \x00\n", "is not YAML"),
    ],
)
def test_what_is_broken_or_dangerous_is_refused(content: bytes, said: str) -> None:
    assert said in refusal(content)


def test_json_may_be_indented_with_tabs() -> None:
    assert read_bytes(b'{\n\t"name": "shop",\n\t"team_size": 3\n}', "a.json").data == {
        "name": "shop",
        "team_size": 3,
    }


@given(
    st.binary(max_size=300)
    | st.text("{}[]:,&*!-?#|>'\"% \n\tab1", max_size=80).map(str.encode)
)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(InputError):
        assert read_bytes(content, "a.yaml").lines is not None
