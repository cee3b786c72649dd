"""`archgen.yaml`: what is written is what is read, by every reader of YAML."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from archgen.errors import ArchgenError
from archgen.generator import ARGUMENT, dump_files, dump_record, load_record

TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), max_size=60
)
WORDS = st.sampled_from(
    [
        "no",
        "Yes",
        "off",
        "null",
        "~",
        "1e5",
        "0o17",
        "0x1F",
        "1:30",
        "2020-01-01",
        "<<",
        "=",
        ".inf",
        "y",
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT | WORDS, inner, max_size=4)
    ),
    max_leaves=20,
)


@given(
    st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), JSON, max_size=6)
)
def test_a_record_reads_back_the_same_as_yaml_1_1_and_as_yaml_1_2(
    record: dict[str, object],
) -> None:
    written = dump_record(record)
    assert yaml.safe_load(written) == record
    assert YAML(typ="safe", pure=True).load(written) == record


def test_the_order_of_the_keys_is_kept_and_the_file_says_what_it_is(
    tmp_path: Path,
) -> None:
    path = tmp_path / "archgen.yaml"
    path.write_bytes(
        dump_record({"archgen_version": "1", "zebra": 1, "answers": {"b": 1, "a": 2}})
    )
    assert path.read_text().startswith("# What this project is")
    assert list(load_record(path)) == ["archgen_version", "zebra", "answers"]
    assert list(load_record(path)["answers"]) == ["b", "a"]


@pytest.mark.parametrize(
    "content", [b"a: [1", b"\xff\xfe\x00", b"- 1", b"name: shop", b""]
)
def test_a_file_that_is_no_record_is_refused_with_its_path(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "archgen.yaml"
    path.write_bytes(content)
    with pytest.raises(ArchgenError, match=r"archgen\.yaml") as caught:
        load_record(path)
    assert caught.value.hint


def test_a_missing_record_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ArchgenError, match="does not exist"):
        load_record(tmp_path / "archgen.yaml")


def test_the_argument_goes_beside_the_decision_record_and_comes_back(
    tmp_path: Path,
) -> None:
    record = {
        "archgen_version": "1",
        "recommendation": {"architecture": "monolith", "reasons": ["small"]},
    }
    for name, content in dump_files(record).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert "reasons" not in (tmp_path / "archgen.yaml").read_text()
    assert load_record(tmp_path / "archgen.yaml") == record


def test_an_argument_that_cannot_be_read_is_refused_with_its_path(
    tmp_path: Path,
) -> None:
    (tmp_path / "archgen.yaml").write_bytes(dump_record({"archgen_version": "1"}))
    (tmp_path / ARGUMENT).parent.mkdir(parents=True)
    for content in ("a: [1", "- 1", ""):
        (tmp_path / ARGUMENT).write_text(content)
        with pytest.raises(ArchgenError, match=r"0001-architecture\.yaml") as caught:
            load_record(tmp_path / "archgen.yaml")
        assert caught.value.hint
