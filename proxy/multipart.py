"""Forms with files (RFC 7578), taken apart and written anew with a boundary of our own."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from proxy.errors import BadRequest

_BOUNDARY: Final = re.compile(r'boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_NAME: Final = re.compile(rb'[;\s]name="([^"\r\n]*)"', re.IGNORECASE)
_FILE: Final = re.compile(rb"[;\s]filename\*?=", re.IGNORECASE)
_MOST_PARTS: Final = 20


@dataclass(frozen=True, slots=True)
class FormPart:
    """One field of a form; `is_file` when it came with a file's name, which is not kept."""

    name: str
    content: bytes = field(repr=False)
    is_file: bool


def read_form(content_type: str, body: bytes) -> list[FormPart]:
    """The fields of a form in order. Raises BadRequest for what is no plain form."""
    match = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/form-data") or match is None:
        raise BadRequest("This route takes a form (multipart/form-data).")
    mark = b"\r\n--" + (match[1] or match[2]).encode("latin-1", "replace")
    pieces = (b"\r\n" + body).split(mark)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--") or len(pieces) > _MOST_PARTS:  # noqa: PLR2004
        raise BadRequest("The form is broken: its boundary is not where it should be.")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> FormPart:
    head, found, content = piece.partition(b"\r\n\r\n")
    name = _NAME.search(head)
    if not found or name is None or b"content-transfer-encoding" in head.lower():
        raise BadRequest("The form has a part without a name, or one that is encoded.")
    return FormPart(name[1].decode("utf-8", "replace"), content, _FILE.search(head) is not None)


def write_form(fields: Sequence[tuple[str, str]], file_name: str, file: bytes) -> tuple[str, bytes]:
    """Content type and body of a form with these fields and one file, `file`; the boundary stands in none of them."""
    boundary = f"sting-{secrets.token_hex(24)}"
    begin = f"--{boundary}\r\nContent-Disposition: form-data"
    parts = [f'{begin}; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields]
    head = f'{begin}; name="file"; filename="{file_name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    body = "".join(parts).encode() + head.encode() + file + f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body
