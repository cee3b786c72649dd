"""What is wrong with a file that is not JDL: where, what stands there, what was expected,
and what helps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lark.exceptions import UnexpectedEOF, UnexpectedInput, UnexpectedToken

from archgen.errors import Mistake
from archgen.text import nearest, shown

# what the grammar's terminals are called
_WORDS = {
    "NAME": "a name",
    "TABLE": "a name",
    "OPTION": "an option",
    "CONSTANT": "a constant",
    "ANNOTATION": "an annotation",
    "KIND": "OneToOne, OneToMany, ManyToOne or ManyToMany",
    "REQUIRED": "required",
    "UNIQUE": "unique",
    "LIMIT": "a bound such as min(1)",
    "PATTERN": "pattern(/.../)",
    "LABEL": "a label in brackets",
    "NUMBER": "a number",
    "WORD": "a word",
    "STRING": "a string",
    "ALL": "*",
    "LBRACE": "{",
    "RBRACE": "}",
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "COMMA": "a comma",
    "EQUAL": "=",
    "$END": "the end of the file",
}
_STATEMENTS = ("entity", "enum", "relationship", "application", "deployment")


def explain(error: UnexpectedInput, text: str, name: str) -> Mistake:
    """Where a file is not JDL, what stands there, what was expected, and what helps."""
    expected: Sequence[str] = ()
    if isinstance(error, UnexpectedToken):
        expected, found = sorted(error.accepts or error.expected), str(error.token)
        ended = error.token.type == "$END"
    else:
        expected = sorted(
            getattr(error, "allowed", None) or getattr(error, "expected", None) or ()
        )
        ended = isinstance(error, UnexpectedEOF)
        found = re.match(r"\w+|.?", text[error.pos_in_stream or 0 :], re.DOTALL)[0]  # type: ignore[index]
    lines = text.split("\n")
    if ended:
        line, column, what = len(lines), len(lines[-1]) + 1, "the file ends here"
    else:
        line, column, what = (
            error.line,
            error.column,
            f"{shown(found)} is not what can stand here",
        )
    words = [
        _WORDS.get(word, word.strip("_").lower())
        for word in expected
        if word not in ("$END",) or not ended
    ]
    if len(words) > 9:
        words = [*_STATEMENTS, "an option"] if "entity" in words else []
    told = f"{what}; expected {_either(words)}" if words else what
    return Mistake(
        f"{name}, line {line}, column {column}",
        told,
        _hint(lines, line, column, found if not ended else "", ended),
    )


def _either(words: Sequence[str]) -> str:
    words = list(dict.fromkeys(words))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _hint(lines: Sequence[str], line: int, column: int, found: str, ended: bool) -> str:
    if found.startswith("/*") or (
        found == "/" and lines[line - 1].lstrip().startswith("/*")
    ):
        return "a comment that begins with /* ends with */"
    before = lines[line - 1].split()
    if ended:
        return (
            "a { has no } that closes it"
            if sum(one.count("{") - one.count("}") for one in lines) > 0
            else "the last statement is not complete"
        )
    word = before[0] if before else ""
    if (meant := nearest(word, _STATEMENTS)) and meant != word:
        return f"did you mean {meant}?"
    if "/" in found and "pattern" in lines[line - 1]:
        return "a pattern is written pattern(/.../)"
    if bound := re.search(r"\b(m(?:in|ax)\w*)\s*$", lines[line - 1][: column - 1]):
        return f"a bound is written {bound[1]}(20)"
    if found.startswith("#"):
        return "a comment is written // ... or /* ... */"
    if found.startswith(";"):
        return "a field ends with a comma or its line, a statement with no sign"
    if found.startswith("-"):
        return "a name has letters, digits and _"
    return "https://www.jhipster.tech/jdl shows the language"
