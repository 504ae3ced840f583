r"""Originals written into JSON text that is only seen in pieces (tool arguments, structured output).

`Jane "JD" Doe` inside a string of the JSON must become `Jane \"JD\" Doe`, and in JSON inside such a string one level
more. How deep a place is can be told from the text before it: a string whose first two letters open an object or array
is taken for nested JSON.
"""

from __future__ import annotations

from typing import Final

from proxy.core.jsontext import escape

_MAX_DEPTH: Final = 4
_OPENINGS: Final = frozenset({'{"', "{}", '["', "[{", "[[", "[]"})
_JSON_BEGINS: Final = frozenset({'{"', '["', "[{"})
"""First letters of JSON, and of no prose: `[[` begins a link, `[]` a box to tick."""
_FENCES: Final = ("```json5", "```jsonc", "```json", "```JSON", "```")
"""How a block of JSON begins in Markdown; each of them before what it begins with itself."""
_BETWEEN: Final = frozenset(' \t\r\n{}[],:"0123456789+-.eEtrufalsn')
"""What stands outside of strings in JSON."""
_UNICODE_ESCAPE: Final = 6
_PLAIN_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class _Level:
    """Reads JSON letter by letter and knows whether it stands in a string, and in which nested one."""

    __slots__ = ("_child", "_escape", "_head", "_in_string", "_room")

    def __init__(self, room: int) -> None:
        self._room = room
        self._in_string = False
        self._escape = ""
        self._head: str | None = None
        self._child: _Level | None = None

    def depth(self) -> int:
        """Strings that the present place is inside of, counting nested JSON."""
        if not self._in_string:
            return 0
        return 1 + (self._child.depth() if self._child is not None else 0)

    def read(self, letter: str) -> None:
        if not self._in_string:
            if letter == '"':
                self._in_string, self._escape, self._head, self._child = True, "", "", None
        elif self._escape:
            self._escape += letter
            if self._escape[1] != "u":
                self._content(_PLAIN_ESCAPES.get(letter, letter))
                self._escape = ""
            elif len(self._escape) == _UNICODE_ESCAPE:
                self._content(_from_hex(self._escape[2:]))
                self._escape = ""
        elif letter == "\\":
            self._escape = letter
        elif letter == '"':
            self._in_string, self._child = False, None
        else:
            self._content(letter)

    def _content(self, letter: str) -> None:
        """A decoded letter of the string."""
        if self._child is not None:
            self._child.read(letter)
        elif self._head is not None and not letter.isspace():
            self._head += letter
            if self._head in _OPENINGS and self._room > 0:
                self._child = _Level(self._room - 1)
                for first in self._head:
                    self._child.read(first)
            elif self._head not in ("{", "["):
                self._head = None


def _from_hex(digits: str) -> str:
    try:
        return chr(int(digits, 16))
    except ValueError:
        return "?"


class JsonWriting:
    """Writes originals with the escapes of the place; outside of strings as they are (the text is no JSON then)."""

    __slots__ = ("_outer",)

    def __init__(self) -> None:
        self._outer = _Level(_MAX_DEPTH - 1)

    def passed(self, text: str) -> None:
        """Follow the JSON."""
        for letter in text:
            self._outer.read(letter)

    def depth(self) -> int:
        """How many JSON strings this place is inside of."""
        return self._outer.depth()

    def written(self, original: str) -> str:
        """The original, escaped once per string that the place is inside of."""
        for _ in range(self._outer.depth()):
            original = escape(original)
        return original


class ProseWriting:
    """Writes originals into an answer that nobody ordered to be JSON, and that may be JSON all the same.

    One that begins like an object or a list of texts or objects, perhaps in a Markdown fence, is taken for JSON until
    something stands outside of its strings that no JSON has.
    """

    __slots__ = ("_head", "_json")

    def __init__(self) -> None:
        self._head: str | None = ""
        self._json: JsonWriting | None = None

    def passed(self, text: str) -> None:
        """Follow the text, as far as it may be JSON."""
        if self._json is None and self._head is None:
            return
        for letter in text:
            if self._json is not None:
                self._followed(self._json, letter)
            elif self._head is None:
                return
            elif not letter.isspace():
                self._began(self._head + letter)

    def _began(self, head: str) -> None:
        """See the first letters."""
        body = next((head.removeprefix(fence) for fence in _FENCES if head.startswith(fence)), head)
        if len(body) > 1 and body in _JSON_BEGINS:
            self._json = JsonWriting()
            self._json.passed(body)
        self._head = head if body in ("", "{", "[") or any(fence.startswith(head) for fence in _FENCES) else None

    def _followed(self, writing: JsonWriting, letter: str) -> None:
        if not writing.depth() and letter not in _BETWEEN:
            self._json = self._head = None
        else:
            writing.passed(letter)

    def depth(self) -> int:
        """How many JSON strings this place is inside of."""
        return 0 if self._json is None else self._json.depth()

    def written(self, original: str) -> str:
        """The original as the place wants it."""
        return original if self._json is None else self._json.written(original)
