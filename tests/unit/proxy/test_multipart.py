"""Forms: taken apart and written anew."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import BadRequest
from proxy.multipart import read_form, write_form
from tests.property.core_cases import bounded


@bounded(100)
@given(st.binary(max_size=300))
def test_what_is_written_is_read(content: bytes) -> None:
    kind, body = write_form([("purpose", "batch")], "batch.jsonl", content)
    parts = read_form(kind, body)
    assert [(part.name, part.content, part.is_file) for part in parts] == [
        ("purpose", b"batch", False),
        ("file", content, True),
    ]


@bounded(200)
@given(st.binary(max_size=120), st.sampled_from(["b", '"b c"', "", "b; x=y"]))
def test_any_body_is_a_form_or_refused(body: bytes, boundary: str) -> None:
    for raw in (body, b"--b\r\n" + body + b"\r\n--b--"):
        with contextlib.suppress(BadRequest):
            read_form(f"multipart/form-data; boundary={boundary}", raw)


@pytest.mark.parametrize(
    "head",
    [
        b'Content-Disposition: form-data; filename="x"',
        b'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64',
    ],
)
def test_parts_that_hide_something_are_refused(head: bytes) -> None:
    with pytest.raises(BadRequest):
        read_form("multipart/form-data; boundary=b", b"--b\r\n" + head + b"\r\n\r\nx\r\n--b--\r\n")
