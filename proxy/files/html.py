"""HTML: what people read and what attributes say changes; tags, and every byte that is not part of a value, stay.

A block (paragraph, heading, list item, row of a table) is one text, whatever bold and links stand in it: cells are
parted by tabs in it, `<br>` by a line's end. Attributes, comments, scripts and styles are texts of their own.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import accumulate

from proxy.core.slots import tells_number
from proxy.files.base import FileKind, FormLost, decoded, encoded

_TOKEN = re.compile(
    r"<!--(?P<comment>.*?)(?:-->|\Z)|<[!?](?P<declared>[^>]*)>|<(?P<close>/?)(?P<tag>[A-Za-z][^\s/>]*)"
    r"(?P<attributes>(?:[^\"'>]|\"[^\"]*\"|'[^']*')*)>|(?P<text>(?:[^<]|<(?![A-Za-z/!?]))+|<)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"(?P<name>[^\s\"'<>/=]+)\s*=\s*"
    r"(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"'<>=`]+))"
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:_.-]*")
"""Of a tag. What else stands in angle brackets, as in `Ann Lee <ann@example.com>`, is read as text."""
_DOCTYPE = re.compile(
    r"doctype\s+html(?:\s+(?:public|system)(?:\s*[\"'][^\"']*(?:w3|legacy)[^\"']*[\"'])+)?\s*", re.IGNORECASE
)
_PICTURE = re.compile(r"data:(?:image|font|audio|video)/[^,]*;base64,", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});|.", re.DOTALL)
_WORD = re.compile(r"\w+|\W")
_RAW = frozenset({"script", "style"})
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code del dfn em font i img ins kbd label mark q s samp small span strike strong "
    "sub sup time tt u var wbr".split()
)
_PARTS = {"br": "\n", "td": "\t", "th": "\t"}
"""Tags inside a block that part words."""
_TECHNICAL = frozenset(
    "charset class colspan dir height http-equiv lang loading media method rel role rowspan style target type "
    "width".split()
)
"""Attributes that say how something looks or works; about whom it is only with an address or a long number in them."""
_COMPARED = 20_000
"""Characters up to which a text is compared word by word, so that references such as `&nbsp;` stay as written."""


@dataclass(slots=True)
class _Run:
    """A stretch of the source, `start` to `end`, in a text.

    `escaped`: references in it are read. `quoted`: it is an attribute's value, `bare`: one
    without quotes, which gets them when it changes. `virtual`: what it counts as in the text
    although it stands for a tag; such a stretch is empty.
    """

    start: int
    end: int
    escaped: bool = True
    quoted: bool = False
    bare: bool = False
    virtual: str = ""

    def pieces(self, source: str) -> list[tuple[str, str]]:
        """Each character with how it stands in the source; what only parts words stands there as nothing."""
        if self.virtual:
            return [(self.virtual, "")]
        text = source[self.start : self.end]
        if not self.escaped:
            return [(letter, letter) for letter in text]
        return [(html.unescape(piece)[:1] or "\ufffd", piece) for piece in _REFERENCE.findall(text)]

    def written(self, text: str) -> str:
        """`text` as it may stand here."""
        if not self.escaped:
            return text
        return html.escape(text, quote=self.quoted)


@dataclass(slots=True)
class _Group:
    """Runs that are one text."""

    runs: list[_Run] = field(default_factory=list)

    def text(self, source: str) -> str:
        """What is sent."""
        return "".join(letter for run in self.runs for letter, _ in run.pieces(source))


class Html:
    """Each block, attribute, comment, script and style is a text."""

    _whole_blocks = True

    def texts(self, data: bytes) -> list[str]:
        """See FileKind."""
        source, _ = decoded(data)
        return [group.text(source) for group in self._groups(source)]

    def rebuilt(self, data: bytes, texts: Sequence[str]) -> bytes:
        """See FileKind."""
        source, encoding = decoded(data)
        edits: list[tuple[int, int, str]] = []
        for group, text in zip(self._groups(source), texts, strict=True):
            if text != group.text(source):
                edits += _edits(source, group, text)
        parts, place = [], 0
        for start, end, written in sorted(edits):
            parts += [source[place:start], written]
            place = end
        return encoded("".join([*parts, source[place:]]), encoding)

    def pieces(self, _data: bytes) -> FileKind | None:
        """See FileKind."""
        return HtmlPieces()

    def _groups(self, source: str) -> list[_Group]:
        groups = [group for group in _found(source) if group.text(source).strip()]
        if self._whole_blocks:
            return groups
        alone = [_Group([run]) for group in groups for run in group.runs if not run.virtual]
        return [group for group in alone if group.text(source).strip()]


class HtmlPieces(Html):
    """Every stretch between two tags a text of its own."""

    _whole_blocks = False

    def pieces(self, _data: bytes) -> FileKind | None:
        """See FileKind: these are the smallest."""
        return None


def _found(source: str) -> Iterator[_Group]:
    """The groups of a document; attributes stand before the block that they are in."""
    block = _Group()
    place = 0
    while match := _TOKEN.match(source, place):
        place = match.end()
        tag = (match.group("tag") or "").lower()
        if match.group("text") is not None or (tag and not _NAME.fullmatch(tag)):
            block.runs.append(_Run(match.start(), match.end()))
            continue
        if (declared := match.group("declared")) is not None and not _DOCTYPE.fullmatch(declared):
            yield _Group([_Run(*match.span("declared"), escaped=False)])
        if match.group("comment") is not None:
            yield _Group([_Run(*match.span("comment"), escaped=False)])
            continue
        if match.group("attributes"):
            yield from _attributes(source, *match.span("attributes"))
        if tag in _PARTS:
            block.runs.append(_Run(place, place, virtual=_PARTS[tag]))
        elif tag not in _INLINE:
            yield block
            block = _Group()
        if tag in _RAW and not match.group("close"):
            end = re.compile(rf"</{tag}\b|\Z", re.IGNORECASE).search(source, place)
            assert end is not None  # noqa: S101 - the end of the text matches
            yield _Group([_Run(place, end.start(), escaped=False)])
            place = end.start()
    yield block


def _attributes(source: str, start: int, end: int) -> Iterator[_Group]:
    for match in _ATTRIBUTE.finditer(source, start, end):
        kind = next(name for name in ("double", "single", "bare") if match.group(name) is not None)
        value = match.group(kind)
        silent = match.group("name").lower() in _TECHNICAL and "@" not in value and not tells_number(value)
        if not silent and not _PICTURE.match(value):
            yield _Group([_Run(*match.span(kind), quoted=True, bare=kind == "bare")])


def _edits(source: str, group: _Group, text: str) -> Iterator[tuple[int, int, str]]:
    """New content of the group's runs: what stayed stays as it was written, what is new goes to where it began.

    Raises FormLost when something between two cells or lines was replaced together with them.
    """
    letters = [(number, letter, piece) for number, run in enumerate(group.runs) for letter, piece in run.pieces(source)]
    before = "".join(letter for _, letter, _ in letters)
    parts = ["" for _ in group.runs]
    for start, end, low, high in _compared(before, text):
        if before[start:end] == text[low:high]:
            for number, _, piece in letters[start:end]:
                parts[number] += piece
            continue
        if any(group.runs[number].virtual for number, _, _ in letters[start:end]):
            raise FormLost
        if low < high:
            owner = _owner(group, [number for number, _, _ in letters], start)
            parts[owner] += group.runs[owner].written(text[low:high])
    for run, part in zip(group.runs, parts, strict=True):
        if not run.virtual:
            yield run.start, run.end, f'"{part}"' if run.bare else part


def _owner(group: _Group, numbers: Sequence[int], start: int) -> int:
    """The run in which a new piece goes: the one of the letter at `start`, or the last before it that has a place."""
    number = numbers[min(start, len(numbers) - 1)]
    real = [one for one, run in enumerate(group.runs) if not run.virtual]
    return max((one for one in real if one <= number), default=real[0])


def _compared(before: str, after: str) -> Iterator[tuple[int, int, int, int]]:
    """Stretches of `before` and what each became, word by word; a long text is taken as a whole."""
    if max(len(before), len(after)) > _COMPARED:
        yield 0, len(before), 0, len(after)
        return
    old, new = _WORD.findall(before), _WORD.findall(after)
    ends = [[0, *accumulate(map(len, words))] for words in (old, new)]
    for _, start, end, low, high in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield ends[0][start], ends[0][end], ends[1][low], ends[1][high]
