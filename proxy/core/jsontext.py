"""JSON as text: where every string of a document stands, so that one can be changed and no other byte moves.

Parsing to Python values and dumping again would lose key order of duplicates, big integers, `1.0`, lone surrogates and
white space. Here the text is only read; `splice` writes new content into the strings that change.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined] # the C scanner, not in the stubs
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Final, NamedTuple

Path = tuple[str | int, ...]
"""Way to a value: keys of objects and positions in arrays."""

MAX_DEPTH: Final = 64
"""Nesting that is accepted; deeper documents are refused before they can exhaust anything."""

MAX_VALUES: Final = 2_000_000
"""Values that a document may have: each takes some 120 bytes here, and two of its text are enough for one."""

LONG_NUMBER: Final = 7
"""Digits from which a JSON number is looked at like a text."""

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_SPACES: Final = (" ", "\n", "\t", "\r")
_MEMBER: Final = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')
"""A key without escapes, up to its value."""
_SIMPLE: Final = re.compile(
    r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*'
    r'(?:"([^"\\\x00-\x1f]{0,64})"|(-?(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,5})?|true|false|null))'
    r"[ \t\n\r]*([,}])[ \t\n\r]*"
)
"""A member in one step, as most of them are: key and short string without escapes, or a short scalar."""
_MORE: Final = re.compile(r"[ \t\n\r]*([,}\]])[ \t\n\r]*")
_SCALAR: Final = re.compile(r"(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])", re.ASCII)
_ESCAPE: Final = re.compile(r'\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])')
_PAIR: Final = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


class NotJson(ValueError):
    """The text is no JSON document. Its message says where, never what stands there."""


class TooMany(NotJson):
    """A document of more values than whoever reads it takes."""


class Leaf(NamedTuple):
    """One string of a document.

    `start` and `end` are the positions in the document's text between its quotes; `text` is its decoded value;
    `is_key` says that it is a key of an object, whose own path ends in it. A number of `LONG_NUMBER` digits or more is
    a leaf too (`is_number`, positions of the number itself): it may be a card or a phone number.
    """

    path: Path
    start: int
    end: int
    text: str
    is_key: bool = False
    is_number: bool = False

    def __repr__(self) -> str:
        """Path and positions; never the text."""
        return f"Leaf({self.start}-{self.end})"

    @property
    def escaped(self) -> bool:
        """Whether the raw text holds escapes, so that its positions differ from those of `text`."""
        return self.end - self.start != len(self.text)


class Edit(NamedTuple):
    """Replacement of `text[start:end]` by `new`; positions count characters."""

    start: int
    end: int
    new: str

    def __repr__(self) -> str:
        """Positions; never the text."""
        return f"Edit({self.start}-{self.end})"


_PLACE: Final = itemgetter(0, 1)


@dataclass(slots=True)
class Document:
    """A parsed JSON text: its strings in order, and its scalars (numbers as written, true, false, null) by path."""

    text: str = field(repr=False)
    leaves: Sequence[Leaf] = field(repr=False)
    scalars: dict[Path, str] = field(repr=False)
    containers: dict[Path, tuple[int, int]] = field(repr=False)
    """Positions of every object and array, from its opening to behind its closing bracket."""
    passed: tuple[int, int] = (0, 0)
    """Range of the text that was passed over: nothing of it stands in the fields above."""
    _strings: list[dict[Path, str]] = field(default_factory=list, init=False, repr=False, compare=False)
    """The strings by path, once somebody asked for one."""
    _read: list[str] = field(default_factory=list, init=False, repr=False, compare=False)
    """What was not passed over, once somebody asked what it says."""

    def value(self, *path: str | int) -> str | None:
        """Text of the string at `path` (the last one where keys repeat), None when there is no string."""
        if not self._strings:
            strings = {leaf.path: leaf.text for leaf in self.leaves if not leaf.is_key and not leaf.is_number}
            self._strings.append(strings)
        return self._strings[0].get(path)

    def says(self, quoted: str) -> bool:
        """Whether a word with its opening quote stands in what was read; what was passed over is not looked through."""
        if not self._read:
            start, end = self.passed
            self._read.append(f"{self.text[:start]}\0{self.text[end:]}" if end else self.text)
        return quoted in self._read[0]

    def is_true(self, *path: str | int) -> bool:
        """Whether the literal `true` stands at `path`."""
        return self.scalars.get(path) == "true"


class Passed(NamedTuple):
    """The first `items` of an array, which end before `end` and hold `values` values: they were read before."""

    end: int
    items: int
    values: int


Passing = Callable[[int], "Passed | None"]
"""Which items of the array that a conversation grows in, whose bracket stands at this position, need not be read."""


def parse(
    text: str,
    *,
    max_depth: int = MAX_DEPTH,
    max_values: int = MAX_VALUES,
    passing: Passing | None = None,
    growing: Path = (),
) -> Document:
    """Read one JSON document (RFC 8259). What `passing` knows of the array at `growing` is passed over.

    The document holds nothing of that.

    Raises NotJson when it is none or is nested deeper than `max_depth`, TooMany when it has more than `max_values`
    values.
    """
    reader = _Reader(text, max_depth, max_values, passing, growing)
    position = reader.value(reader.skip(0), (), 0)
    if reader.skip(position) != len(text):
        raise NotJson(f"something follows the document at position {position}")
    return Document(text, reader.leaves, reader.scalars, reader.containers, reader.passed)


class _Reader:
    """Recursive descent over one text; `max_depth` bounds the recursion.

    It is on the hot path: a space is looked for before it is skipped, and strings are read by the C scanner of `json`.
    """

    __slots__ = ("containers", "growing", "leaves", "max_depth", "passed", "passing", "room", "scalars", "text")

    def __init__(self, text: str, max_depth: int, max_values: int, passing: Passing | None, growing: Path) -> None:
        self.text = text
        self.passing = passing
        self.growing = growing
        self.passed = (0, 0)
        self.max_depth = max_depth
        self.room = max_values
        self.leaves: list[Leaf] = []
        self.scalars: dict[Path, str] = {}
        self.containers: dict[Path, tuple[int, int]] = {}

    def skip(self, position: int) -> int:
        """Position of the next character that is no white space."""
        if self.text[position : position + 1] in _SPACES:
            match = _SPACE.match(self.text, position)
            return match.end() if match is not None else position
        return position

    def value(self, position: int, path: Path, depth: int) -> int:
        """Read the value at `position`; return the position behind it."""
        self.room -= 1
        if self.room < 0:
            raise TooMany("it has too many values")
        letter = self.text[position : position + 1]
        if letter == '"':
            text, end = self.string(position)
            self.leaves.append(Leaf(path, position + 1, end - 1, text, False, False))  # noqa: FBT003 - twice as fast
            return end
        if letter in ("{", "["):
            if depth >= self.max_depth:
                raise NotJson(f"nested deeper than {self.max_depth} levels")
            read = self.members if letter == "{" else self.items
            end = read(position, path, depth + 1)
            self.containers[path] = (position, end)
            return end
        match = _SCALAR.match(self.text, position)
        if match is None:
            raise NotJson(f"no JSON value at position {position}")
        self.scalars[path] = scalar = match.group()
        if len(scalar) >= LONG_NUMBER:
            self.leaves.append(Leaf(path, position, match.end(), scalar, is_number=True))
        return match.end()

    def string(self, position: int) -> tuple[str, int]:
        """Decoded text of the string whose opening quote stands at `position`, and the position behind it."""
        if self.text[position : position + 1] != '"':
            raise NotJson(f"a string is expected at position {position}")
        try:
            text, end = scanstring(self.text, position + 1, True)  # noqa: FBT003 - positional only: strict
        except ValueError:
            raise NotJson(f"the string at position {position} is not closed or has a wrong escape") from None
        return text, end

    def members(self, position: int, path: Path, depth: int) -> int:
        """Read an object from its brace on."""
        text = self.text
        position = self.skip(position + 1)
        if text[position : position + 1] == "}":
            return position + 1
        while True:
            if (simple := _SIMPLE.match(text, position)) is not None:
                self.simple(simple, path)
                if simple[4] == "}":
                    return simple.end(4)
                position = simple.end()
                continue
            if (plain := _MEMBER.match(text, position)) is not None:
                key, end, start = plain[1], plain.end(1), plain.end()
            else:
                key, end, start = self.key(position)
            inner = (*path, key)
            self.leaves.append(Leaf(inner, position + 1, end, key, True, False))  # noqa: FBT003 - twice as fast
            position = self.value(start, inner, depth)
            more = _MORE.match(text, position)
            if more is None or more[1] == "]":
                raise NotJson(f"a comma or }} is expected at position {self.skip(position)}")
            if more[1] == "}":
                return more.end(1)
            position = more.end()

    def simple(self, member: re.Match[str], path: Path) -> None:
        """Note a member that was read in one step."""
        self.room -= 1
        if self.room < 0:
            raise TooMany("it has too many values")
        key, text, scalar, _ = member.groups()
        inner = (*path, key)
        leaves = self.leaves
        leaves.append(Leaf(inner, member.start(1), member.end(1), key, True, False))  # noqa: FBT003 - twice as fast
        if scalar is None:
            leaves.append(Leaf(inner, member.start(2), member.end(2), text, False, False))  # noqa: FBT003 - the same
            return
        self.scalars[inner] = scalar
        if len(scalar) >= LONG_NUMBER:
            leaves.append(Leaf(inner, member.start(3), member.end(3), scalar, is_number=True))

    def key(self, position: int) -> tuple[str, int, int]:
        """The key at `position`, decoded, its end, and where its value begins."""
        key, end = self.string(position)
        colon = self.skip(end)
        if self.text[colon : colon + 1] != ":":
            raise NotJson(f"a colon is expected at position {colon}")
        return key, end - 1, self.skip(colon + 1)

    def items(self, position: int, path: Path, depth: int) -> int:
        """Read an array from its bracket on."""
        text = self.text
        if self.passing is not None and path == self.growing and (passed := self.passing(position)) is not None:
            self.room -= passed.values
            self.passed = (position, passed.end)
            return self.further(passed.end, path, depth, passed.items)
        position = self.skip(position + 1)
        if text[position : position + 1] == "]":
            return position + 1
        return self.further(self.value(position, (*path, 0), depth), path, depth, 1)

    def further(self, position: int, path: Path, depth: int, index: int) -> int:
        """Read an array from behind the item before number `index` on."""
        text = self.text
        while True:
            more = _MORE.match(text, position)
            if more is None or more[1] == "}":
                raise NotJson(f"a comma or ] is expected at position {self.skip(position)}")
            if more[1] == "]":
                return more.end(1)
            position = self.value(more.end(), (*path, index), depth)
            index += 1


class Offsets:
    """Positions of a decoded string's characters in its raw text (between the quotes)."""

    __slots__ = ("_decoded", "_raw")

    def __init__(self, raw: str) -> None:
        """`raw` is the text between the quotes of one JSON string."""
        self._decoded = [0]
        self._raw = [0]
        position = decoded = 0
        for match in re.finditer(_PAIR.pattern + "|" + _ESCAPE.pattern, raw):
            decoded += match.start() - position + 1
            position = match.end()
            self._decoded += [decoded - 1, decoded]
            self._raw += [match.start(), position]

    def raw(self, decoded: int) -> int:
        """Raw position of the decoded character at `decoded` (or of the end)."""
        index = bisect_right(self._decoded, decoded) - 1
        return self._raw[index] + decoded - self._decoded[index]


def in_document(leaf: Leaf, document: str, edits: Iterable[Edit], offsets: Offsets | None = None) -> list[Edit]:
    """Edits of a leaf's decoded text as edits of the document; `new` is written JSON-escaped.

    `offsets` are those of the leaf's raw text, where the caller has them already (`document` is not read then).

    Only the characters of the edited range change: escapes elsewhere in the string stay as they were written. A number
    becomes a string, for no token is a number.
    """
    if leaf.is_number:
        return [Edit(leaf.start, leaf.end, f'"{escape(splice(leaf.text, edits))}"')]
    if not leaf.escaped:
        return [Edit(leaf.start + edit.start, leaf.start + edit.end, escape(edit.new)) for edit in edits]
    offsets = offsets or Offsets(document[leaf.start : leaf.end])
    return [
        Edit(leaf.start + offsets.raw(edit.start), leaf.start + offsets.raw(edit.end), escape(edit.new))
        for edit in edits
    ]


def escape(text: str) -> str:
    """The text as it stands inside a JSON string; non-ASCII letters stay, lone surrogates become escapes."""
    quoted = encode_basestring(text)
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        quoted = json.dumps(text)
    return quoted[1:-1]


def splice(text: str, edits: Iterable[Edit]) -> str:
    """`text` with disjoint edits applied."""
    pieces: list[str] = []
    position = 0
    for start, end, new in sorted(edits, key=_PLACE):
        pieces += (text[position:start], new)
        position = end
    pieces.append(text[position:])
    return "".join(pieces)
