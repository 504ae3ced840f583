import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from policies.documents import DocumentError, read_document, suggestion, validate


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    colour: str = "red"
    size: int = 1


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inner: Inner | None = None
    many: dict[str, Inner] = {}
    row: tuple[Inner, ...] = ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inner:\n  colur: blue\n", "f.yaml:2: unknown key 'inner.colur' (did you mean 'colour'?)"),
        ("many:\n  a: {}\n  b:\n    sise: 2\n", "f.yaml:4: unknown key 'many.b.sise' (did you mean 'size'?)"),
        ("row:\n  - {}\n  - {colours: x}\n", "f.yaml:3: unknown key 'row.1.colours' (did you mean 'colour'?)"),
        ("iner: {}\n", "f.yaml:1: unknown key 'iner' (did you mean 'inner'?)"),
        ("many:\n  a: true\n", "f.yaml:2: 'many.a' takes keys with values below it, not a single value"),
        ("zzz: 1\n", "f.yaml:1: unknown key 'zzz'"),
        ("inner:\n  colour: x\n  size: many\n", "f.yaml:3: 'inner.size': Input should be a valid integer"),
    ],
)
def test_an_unknown_key_or_wrong_type_is_named_with_line_and_nearest_key(text: str, expected: str) -> None:
    with pytest.raises(DocumentError) as caught:
        validate(Outer, read_document("f.yaml", text))
    assert str(caught.value).startswith(expected)


def test_every_fault_is_told_at_once_in_the_order_of_lines() -> None:
    with pytest.raises(DocumentError) as caught:
        validate(Outer, read_document("f.yaml", "inner:\n  size: x\nrow: 3\n"))
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["2", "3"]


def test_an_error_never_repeats_the_value() -> None:
    with pytest.raises(DocumentError) as caught:
        validate(Outer, read_document("f.yaml", "inner: {size: hunter2secret}\n"))
    assert "hunter2secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a: 1\na: 2\n", 2, "stands here twice"),
        ("a: [1\n", 2, "this is no YAML"),
        ("- a\n", 1, "expected `key: value` lines"),
        ("a: 1\nb: ${NOT_SET}\n", 2, "NOT_SET is not set"),
        ("a: &x [*x]\n", 1, "endless"),
        ("? [a]\n: 1\n", 1, "a key must be a plain word"),
        ("a: !!python/object:os.system x\n", 1, "cannot be read"),
        ("a: \x07\n", 1, "does not allow"),
    ],
)
def test_a_document_that_cannot_be_used_is_refused_with_its_line(text: str, line: int, part: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_document("f.yaml", text, {})
    assert str(caught.value).startswith(f"f.yaml:{line}:")
    assert part in str(caught.value)


def test_aliases_cannot_make_a_small_file_enormous() -> None:
    text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    text += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    with pytest.raises(DocumentError, match="too large"):
        read_document("f.yaml", text)


@pytest.mark.parametrize(
    ("text", "environ", "expected"),
    [
        ("a: ${X}", {"X": "0123"}, "0123"),
        ("a: ${X:-no}", {}, "no"),
        ("a: ${X:-}", {}, ""),
        ("a: ${X:-no}", {"X": ""}, "no"),
        ("a: ${X}", {"X": ""}, ""),
        ("a: http://${H}:${P:-80}/", {"H": "h"}, "http://h:80/"),
        ("a: '${X}'", {"X": "${Y}"}, "${Y}"),
        ("a: $X", {"X": "1"}, "$X"),
        ("a: '{${X}}'", {"X": "1"}, "{1}"),
        ('a: "${X}"  # ${COMMENT}', {"X": "a\nb: 2"}, "a\nb: 2"),
        ("a: 7", {}, 7),
    ],
)
def test_the_environment_is_read_once_and_as_text(text: str, environ: dict[str, str], expected: object) -> None:
    assert read_document("f.yaml", text, environ).data["a"] == expected


def test_a_variable_may_stand_in_a_flow_mapping_without_quotes() -> None:
    document = read_document("f.yaml", "a: {b: ${X:-}, c: ${Y:-z}}\n${X}: 1\n", {"X": "v"})
    assert document.data == {"a": {"b": "v", "c": "z"}, "${X}": 1}


def test_what_looks_like_our_own_mark_is_refused() -> None:
    with pytest.raises(DocumentError, match="does not allow"):
        read_document("f.yaml", "a: \ue0000\ue001\n", {})


def test_without_an_environment_nothing_is_replaced() -> None:
    assert read_document("f.yaml", "a: ${HOME}").data == {"a": "${HOME}"}


def test_an_empty_document_is_an_empty_mapping() -> None:
    assert read_document("f.yaml", "# nothing\n").data == {}


def test_a_suggestion_needs_a_near_word() -> None:
    assert suggestion("gatway", ["gateway", "redis"]) == " (did you mean 'gateway'?)"
    assert suggestion("quux", ["gateway"]) == ""


@given(st.text(max_size=200))
def test_any_text_is_either_a_mapping_or_a_document_error(text: str) -> None:
    with contextlib.suppress(DocumentError):  # any other exception fails the test
        assert isinstance(read_document("f.yaml", text, {}).data, dict)
