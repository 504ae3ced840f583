"""Records out of JSON text, one by one: an array of objects, or one object per line. Memory is that of one record."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any, NoReturn, TextIO

from connectors.base import BrokenRow, ConnectorProblem
from connectors.csv_dialect import is_utf8_inside, one_byte_each
from connectors.csv_records import mixed, next_line, unreadable
from connectors.shape import MAX_RAW, Numbered, flat

CHUNK = 1 << 16
_SPACE = " \t\r\n\ufeff"


def _no_number(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_number)


class JsonLines:
    """Objects of a text with one per line; lines that are none gather in `broken` until they are taken."""

    def __init__(self, stream: TextIO, max_record: int) -> None:
        self.broken: list[BrokenRow] = []
        self._stream, self._max = stream, max_record
        self._encoding, self._may_mix = stream.encoding, one_byte_each(stream.encoding)

    def records(self) -> Generator[Numbered, None, None]:
        """(line, flat object). Blocking."""
        number = 0
        while line := next_line(self._stream, self._max + 1):
            number += 1
            if len(line) > self._max:
                self._aside(number, f"the line is longer than {self._max:,} characters", line)
                while line and not line.endswith("\n"):
                    line = next_line(self._stream, self._max + 1)
                continue
            text = line.strip(_SPACE)
            if not text:
                continue
            if self._may_mix and is_utf8_inside(text, self._encoding):
                self._aside(number, mixed(self._encoding), line)
                continue
            try:
                value, end = _DECODER.raw_decode(text)
                if end != len(text):
                    self._aside(number, "it is no valid JSON", line)
                    continue
                if isinstance(value, dict):
                    yield number, flat(value)
                    continue
                self._aside(number, "it is no object", line)
            except (ValueError, RecursionError):
                self._aside(number, "it is no valid JSON", line)

    def _aside(self, line: int, reason: str, raw: str) -> None:
        self.broken.append(BrokenRow(line, reason, raw[:MAX_RAW].encode("utf-8", "backslashreplace").decode()))


class JsonArray:
    """The objects of one array; a damaged file cannot be read on, so the error says where it is."""

    def __init__(self, stream: TextIO, max_record: int) -> None:
        self.broken: list[BrokenRow] = []
        self._stream, self._max = stream, max_record
        self._encoding, self._may_mix = stream.encoding, one_byte_each(stream.encoding)
        self._text, self._at, self._passed = "", 0, 0

    def records(self) -> Generator[Numbered, None, None]:
        """(place in the array, flat object). Blocking. Raises ConnectorProblem."""
        if self._next() != "[":
            raise self._problem("it does not begin with a bracket")
        self._at += 1
        number = 0
        while True:
            mark = self._next()
            if mark == "]":
                return
            if mark == "," and number:
                self._at += 1
                self._next()
            elif number:
                raise self._problem("a comma is missing")
            number += 1
            value = self._value()
            if self._may_mix and is_utf8_inside(raw := json.dumps(value, ensure_ascii=False), self._encoding):
                self.broken.append(BrokenRow(number, mixed(self._encoding), raw[:MAX_RAW]))
            elif isinstance(value, dict):
                yield number, flat(value)
            else:
                self.broken.append(BrokenRow(number, "it is no object", str(value)[:MAX_RAW]))

    def _next(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._more(CHUNK):
                return ""

    def _value(self) -> Any:  # noqa: ANN401 - any JSON value
        size = CHUNK
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except RecursionError:
                raise self._problem("it nests too deep") from None
            except ValueError:
                end = len(self._text)
            # a value that reaches the end of what was read, such as a number, may go on
            if end < len(self._text):
                self._at = end
                return value
            if len(self._text) - self._at > self._max:
                raise self._problem("a record is longer than allowed, or the file is damaged")
            if not self._more(size):
                raise self._problem("it ends too early, or is damaged")
            size *= 2

    def _more(self, size: int) -> bool:
        try:
            chunk = self._stream.read(size)
        except (UnicodeError, OSError) as error:
            raise unreadable(error) from None
        self._passed += self._at
        self._text, self._at = self._text[self._at :] + chunk, 0
        return bool(chunk)

    def _problem(self, reason: str) -> ConnectorProblem:
        place = self._passed + self._at
        return ConnectorProblem(
            f"The JSON text cannot be read from character {place:,} on: {reason}.",
            "Write it anew, or as one object per line: then broken lines are set aside.",
        )
