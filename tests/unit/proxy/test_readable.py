"""Files as texts: any bytes are read or told to be unreadable, and nothing changes where nothing is replaced."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.model import Action
from proxy.core.scrambler import Decision
from proxy.readable import Readable, readable
from tests.property.core_cases import bounded

ENDINGS = ("txt", "csv", "tsv", "json", "jsonl", "html", "md", "py")
SECRET = "Okafor"
_ROW = st.lists(
    st.sampled_from(["a", "", SECRET, f'"{SECRET}, M."', '"a ""b"" c"', "é", '"x\ny"']), min_size=1, max_size=4
)


def read(ending: str, data: bytes) -> Readable | None:
    return readable(f"file.{ending}", data, max_depth=64)


@bounded(200)
@given(
    st.sampled_from(ENDINGS),
    st.one_of(st.binary(max_size=80), st.text(max_size=80).map(lambda t: t.encode("utf-8", "replace"))),
)
def test_any_bytes_are_read_or_are_not(ending: str, data: bytes) -> None:
    form = read(ending, data)
    if form is not None:
        same = form.written([() for _ in form.texts])
        assert same in (data, data.decode("cp1252", "replace").encode(), data.decode("utf-16", "replace").encode())


def gone(form: Readable) -> bytes:
    """The file with the secret replaced wherever its texts have it."""
    made = []
    for slot in form.texts:
        places = [i for i in range(len(slot.text)) if slot.text.startswith(SECRET, i)]
        made.append([Decision(i, i + len(SECRET), "PERSON", Action.SCRAMBLE, "PERSON_K7Q2M9XA") for i in places])
    return form.written(made)


@bounded(100)
@given(st.lists(_ROW, min_size=1, max_size=5), st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n"]))
def test_only_the_value_changes_in_a_table(rows: list[list[str]], separator: str, end: str) -> None:
    table = end.join(separator.join(row) for row in rows)
    form = read("csv", table.encode())
    assert form is not None
    expected = table.replace(SECRET, "PERSON_K7Q2M9XA").encode()
    assert gone(form) == expected
    cells = form.smaller()
    assert cells is not None
    assert gone(cells) == expected


@pytest.mark.parametrize(
    "data",
    [b"\x00text", b"%PDF-1.4 text", b"{\\rtf1 text", b"PK\x03\x04", b"text \x0e", "\ufffftext\x00".encode("utf-16")],
)
def test_what_is_no_text_is_not_read(data: bytes) -> None:
    assert read("txt", data) is None


def test_a_log_with_a_terminals_colours_is_a_text() -> None:
    form = read("txt", f"\x1b[31m{SECRET}\x1b[0m ok\n".encode())
    assert form is not None
    assert gone(form) == b"\x1b[31mPERSON_K7Q2M9XA\x1b[0m ok\n"


@pytest.mark.parametrize(
    "inside", ["data:image/png;base64,AAAA", "A" * 256, ("B" * 76 + "\n") * 4, "Content-Transfer-Encoding: base64"]
)
def test_something_that_is_packed_inside_is_told(inside: str) -> None:
    form = read("md", f"before\n{inside}\nbehind".encode())
    assert form is not None
    assert form.unscannable == [("file", "base64")]
