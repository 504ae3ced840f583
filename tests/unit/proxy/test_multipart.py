"""Forms: taken apart and written anew."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import BadRequest
from proxy.multipart import FormPart, read_form, write_form
from tests.property.core_cases import bounded


@bounded(100)
@given(st.binary(max_size=300))
def test_what_is_written_is_read(content: bytes) -> None:
    kind, body = write_form([FormPart("purpose", b"batch"), FormPart("file", content, "file.mp3", "audio/mpeg")])
    assert read_form(kind, body) == [
        FormPart("purpose", b"batch"),
        FormPart("file", content, "file.mp3", "audio/mpeg"),
    ]


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        ('filename="Margaret Okafor.MP3"\r\nContent-Type: audio/mpeg', "file.mp3", "audio/mpeg"),
        ('filename="okafor.exe"\r\nContent-Type: text/okafor', "file", "application/octet-stream"),
        ('filename="okafor"', "file", "application/octet-stream"),
        ("filename*=UTF-8''okafor.png", "file.png", "application/octet-stream"),
    ],
)
def test_of_a_files_name_a_known_ending_is_kept(head: str, name: str, kind: str) -> None:
    body = f'--b\r\nContent-Disposition: form-data; name="file"; {head}\r\n\r\nx\r\n--b--'
    (part,) = read_form("multipart/form-data; boundary=b", body.encode())
    assert (part.file_name, part.content_type) == (name, kind)
    assert b"okafor" not in write_form([part])[1].lower()


@pytest.mark.parametrize("kind", ['text/plain; name="okafor.exe"', 'text/plain; name=x; filename="y.csv"'])
def test_a_name_in_the_content_type_is_none_of_the_fields(kind: str) -> None:
    body = (
        f'--b\r\nContent-Type: {kind}\r\nContent-Disposition: form-data;\r\n name="file"; filename="a.txt"\r\n\r\nx'
        '\r\n--b\r\nContent-Type: text/plain; name="y"\r\n'
        'content-disposition: form-data; name="purpose"\r\n\r\nz\r\n--b--'
    )
    file, purpose = read_form("multipart/form-data; boundary=b", body.encode())
    assert (file.name, file.file_name, purpose.name, purpose.is_file) == ("file", "file.txt", "purpose", False)


def test_a_field_that_would_break_the_head_is_refused() -> None:
    with pytest.raises(BadRequest):
        write_form([FormPart("a b", b"x")])


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
