"""Forms with files (RFC 7578), taken apart and written anew with a boundary of our own."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from proxy.errors import BadRequest

_BOUNDARY: Final = re.compile(r'boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_DISPOSITION: Final = re.compile(rb"^content-disposition:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE)
_NAME: Final = re.compile(rb'[;\s]name="([^"\r\n]*)"', re.IGNORECASE)
_FILE: Final = re.compile(rb"[;\s]filename\*?=", re.IGNORECASE)
_ENDING: Final = re.compile(rb'[;\s]filename\*?="?[^"\r\n]*\.([A-Za-z0-9]{1,5})"?\s*(?:[;\r\n]|\Z)', re.IGNORECASE)
_TYPE: Final = re.compile(
    rb"^content-type:[ \t]*((?:audio|image|video)/[a-z0-9.+-]{1,40})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)
_ENDINGS: Final = frozenset(
    "flac gif jpeg jpg m4a mp3 mp4 mpeg mpga oga ogg opus png svg wav webm webp".split()
) | frozenset("csv htm html json jsonl md pdf tsv txt".split())
"""What the name of a file may end in outside: providers tell formats by it. A client may have named it after somebody,
so nothing else of the name is kept."""
_PLAIN_TYPE: Final = "application/octet-stream"
_WRITTEN_NAME: Final = re.compile(r"[A-Za-z0-9_.\[\]-]{1,64}", re.ASCII)
_MOST_PARTS: Final = 64


@dataclass(frozen=True, slots=True)
class FormPart:
    """One field of a form; a file has the name that it is called by outside."""

    name: str
    content: bytes = field(repr=False)
    file_name: str = ""
    content_type: str = _PLAIN_TYPE

    @property
    def is_file(self) -> bool:
        """Whether it is a file."""
        return bool(self.file_name)


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
    said = _DISPOSITION.search(head)
    place = said[0] if said is not None else b""  # a content type may have a name, too
    name = _NAME.search(place)
    if not found or name is None or b"content-transfer-encoding" in head.lower():
        raise BadRequest("The form has a part without a name, or one that is encoded.")
    ending, kind = _ENDING.search(place), _TYPE.search(head)
    file_name = ""
    if _FILE.search(place) is not None:
        known = ending[1].decode().lower() if ending is not None else ""
        file_name = f"file.{known}" if known in _ENDINGS else "file"
    content_type = kind[1].decode().lower() if kind is not None else _PLAIN_TYPE
    return FormPart(name[1].decode("utf-8", "replace"), content, file_name, content_type)


def write_form(parts: Sequence[FormPart]) -> tuple[str, bytes]:
    """Content type and body of a form with these fields; the boundary stands in none of them.

    Raises BadRequest for a field whose name no form of these APIs has.
    """
    boundary = f"sting-{secrets.token_hex(24)}"
    written: list[bytes] = []
    for part in parts:
        if not _WRITTEN_NAME.fullmatch(part.name):
            raise BadRequest("The form has a field that this route does not take.")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{part.name}"'
        if part.is_file:
            head += f'; filename="{part.file_name}"\r\nContent-Type: {part.content_type}'
        written += (head.encode(), b"\r\n\r\n", part.content, b"\r\n")
    return f"multipart/form-data; boundary={boundary}", b"".join([*written, f"--{boundary}--\r\n".encode()])
