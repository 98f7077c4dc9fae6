"""YAML means what JSON would mean, or it is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.strict_json import MalformedBody
from api.strict_yaml import dump, parse

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(lambda name: name != "<<"), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "text", ["0E0", "08", "1e5", "+1", "-.5", "1_000", ".inf", "0x1f", "12:30:45", "5", "yes", "~"]
)
def test_a_text_that_looks_like_a_number_is_written_as_a_text(text: str) -> None:
    assert parse(dump([text, {text: 7}]).encode()) == [text, {text: 7}]


@given(VALUES)
def test_what_is_written_is_read_back(value: object) -> None:
    assert parse(dump(value).encode()) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('rate: "11.9"', {"rate": "11.9"}),
        ("day: 2027-01-31", {"day": "2027-01-31"}),
        ("countries: [NO, SE, on, y]", {"countries": ["NO", "SE", "on", "y"]}),
        ("bucket: 1-29", {"bucket": "1-29"}),
        ("b: 1:30\nc: 0x1F", {"b": "1:30", "c": "0x1F"}),
        ("none:\nalso: ~\nyes: true\ncount: -3", {"none": None, "also": None, "yes": True, "count": -3}),
        ("# a remark\n---\ntext: |\n  two\n  lines\n", {"text": "two\nlines\n"}),
    ],
)
def test_a_word_is_a_text_unless_json_knows_it(text: str, value: object) -> None:
    assert parse(text.encode()) == value


BOMB = "a: &a [x, x, x]\n" + "\n".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("# only a remark", "it is empty"),
        ("a: 1\n---\nb: 2", "it holds more than one document"),
        ("a: 1\nb: 2\na: 3", "a is named twice, again in line 3"),
        ("x: {a: 1, 'a': 2}", "a is named twice, again in line 1"),
        (BOMB, "anchors and aliases are not taken: write it out in line 1"),
        ("a: *b", "anchors and aliases are not taken: write it out in line 1"),
        ("a: 1\n<<: {b: 2}", "nothing is merged: write the fields out in line 2"),
        ("a: !!python/object/apply:os.system [id]", "tags are not taken: tag:yaml.org,2002:python"),
        ("a: !!float 1", "tags are not taken"),
        ("a: 11.9", "the number 11.9 belongs in quotes in line 1"),
        ("a: 1e9", "the number 1e9 belongs in quotes"),
        ("a: .inf", "the number .inf belongs in quotes"),
        ("a: 010", "the number 010 belongs in quotes"),
        ("a: 1_000", "the number 1_000 belongs in quotes"),
        ("[a, b]: 1", "the name of a field is not a text in line 1"),
        ("a: [1, 2", "in line"),
        ("a: b: c", "in line 1"),
        ("a:\t- b\n\t- c", "in line"),
        ("[" * 5000, "it is nested too deeply"),
        ('a: "\\0"', "NUL"),
        (r'a: "\uD800"', "found invalid Unicode character escape code in line 1"),
        ("a: \x07", "it holds a character that YAML has no place for"),
        (f"a: {'9' * 40}", "belongs in quotes"),
    ],
)
def test_what_json_has_no_word_for_is_refused_by_name(text: str, why: str) -> None:
    with pytest.raises(MalformedBody, match=re.escape(why)):
        parse(text.encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(MalformedBody, match="UTF-8"):
        parse(b"a: \xff")
