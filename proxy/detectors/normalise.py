"""Undoes how text hides from detectors, and remembers where every character came from. Pure.

Invisible characters and what tells a terminal its colours go, full-width forms and look-alike letters become plain
ones, accents are composed. Only detectors see the normalised text; what is sent and restored is cut from the text as
it was given.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from array import array
from dataclasses import dataclass

_LOOK_ALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТХҮаеѕіјорсухԁһԛԝӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορικ",
    "ABESIJKMHOPCTXYaesijopcyxdhqwlABEZHIKMNOPTYXavopik",
)
"""Cyrillic and Greek letters that look like Latin ones (from Unicode's confusables, the ones in common fonts)."""

_QUOTES = str.maketrans("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u201b", '"' * 6 + "'" * 3)
"""Quotes as word processors set them: labels, values and names end at quotes, however they are drawn."""
_QUOTE_MARKS = frozenset(map(chr, _QUOTES))
_LOOK_ALIKE_LETTERS = frozenset(map(chr, _LOOK_ALIKES))
_WORD = re.compile(r"\w+")
_ASCII_LETTER = re.compile(r"[A-Za-z]")
_BY_CATEGORY = {"Zs": " ", "Cs": "\ufffd"}  # half a surrogate pair has no UTF-8: models stumble over it
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")  # drawn as nothing
_OTHERS = dict.fromkeys("\u2028\u2029\x85", "\n") | dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63", "-")
"""Line separators and dashes; em dashes stay, they join no numbers."""

_LIGATURES = frozenset("\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06")
_COMPATIBLE = (
    (0x2102, 0x2138),  # letter-like symbols
    (0x2460, 0x24FF),  # enclosed digits and letters
    (0xFB00, 0xFB06),  # Latin ligatures
    (0xFF01, 0xFF5E),  # full-width forms
    (0x1D400, 0x1D7FF),  # mathematical letters and digits
    (0x1F110, 0x1F189),  # enclosed and squared letters
)


_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese and Korean letters."""
_STEERING = ("\x1b", "\x9b", "^[[", "\\e[", "\\033[", "\\x1b[", "\\x1B[", "\\u001b[", "\\u001B[")
"""How sequences for terminals begin: as they are, and as programs and editors write them."""
_SEQUENCE = re.compile(
    r"(?:(?:\x1b|\^\[|\\(?:e|033|x1[bB]|u001[bB]))\[|\x9b)[?>=]?(?:\d{0,3}[;:]){0,16}\d{0,3} ?(?P<end>[@-~])"
    r"|\x1b\](?:\d{1,4};;?)?|\x1b[@-Z\\^_]"
)
"""ECMA-48: control sequences with small numbers, beginnings of titles and links (whose text stays), single controls."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9a\x9c-\x9f]")
"""Control characters but white space and what begins a terminal's sequences: between two values, or inside of one."""
_WIDE = re.compile(r"(?:[^\0]\0){4,}|(?:\0[^\0]){4,}")
"""A NUL behind, or before, each of several letters."""
_EDGE = re.compile(rf"(?<={_UNSPACED.pattern})(?=[A-Za-z0-9+(])|(?<=[A-Za-z0-9)])(?={_UNSPACED.pattern})")


@dataclass(frozen=True, slots=True, repr=False)
class Normalised:
    """A text as detectors should read it.

    `text` is the very object that was given when nothing had to change; `starts` and `ends` are then None. Otherwise
    they hold, for every character of `text`, where the characters that it stands for begin and end in the original.
    """

    text: str
    starts: array[int] | None = None
    ends: array[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's range for a non-empty range of `text`, with the invisible characters inside it."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def normalise(text: str) -> Normalised:
    """`text` without what is invisible, in ASCII digits and spaces, Latin words in Latin letters, accents composed."""
    read = Normalised(text)
    if "\0" in text:
        read = _narrow(text)
    if any(start in read.text for start in _STEERING) and (shown := _shown(read.text)) is not None:
        read = behind(shown, read)
    return behind(_plain(read.text), read)


def _narrow(text: str) -> Normalised:
    """`text` without the NULs of UTF-16 that somebody read byte by byte; others stay, they are ends of strings."""
    kept: list[str] = []
    places = array("I")
    position = 0
    for match in _WIDE.finditer(text):
        first, last = match.span()
        kept += (text[position:first], match.group().replace("\0", ""))
        places.extend(range(position, first))
        places.extend(at for at in range(first, last) if text[at] != "\0")
        position = last
    if not position:
        return Normalised(text)
    kept.append(text[position:])
    places.extend(range(position, len(text)))
    return Normalised("".join(kept), places, array("I", (at + 1 for at in places)))


def is_torn(text: str) -> bool:
    """Whether a control character stands in it that nobody sees."""
    return _CONTROL.search(text) is not None


def mended(text: str) -> Normalised:
    """`text` without the control characters that nobody sees."""
    places = array("I", (at for at, letter in enumerate(text) if not _CONTROL.match(letter)))
    return Normalised(_CONTROL.sub("", text), places, array("I", (at + 1 for at in places)))


def _shown(text: str) -> Normalised | None:
    """`text` as a terminal shows it: without colours; where the cursor moves there is a space. None without any."""
    pieces: list[str] = []
    starts, ends = array("I"), array("I")
    position = 0
    for match in _SEQUENCE.finditer(text):
        first, last = match.span()
        pieces.append(text[position:first])
        starts.extend(range(position, first))
        ends.extend(range(position + 1, first + 1))
        if match.group("end") not in ("m", "K"):
            pieces.append(" ")
            starts.append(first)
            ends.append(last)
        position = last
    if not position:
        return None
    pieces.append(text[position:])
    starts.extend(range(position, len(text)))
    ends.extend(range(position + 1, len(text) + 1))
    return Normalised("".join(pieces), starts, ends)


def behind(read: Normalised, shown: Normalised) -> Normalised:
    """What was read of the text of `shown`, with places in the text that `shown` was made of."""
    if shown.starts is None or shown.ends is None:
        return read
    if read.starts is None or read.ends is None:
        return Normalised(read.text, shown.starts, shown.ends)
    starts = array("I", (shown.starts[start] for start in read.starts))
    return Normalised(read.text, starts, array("I", (shown.ends[end - 1] for end in read.ends)))


def _plain(text: str) -> Normalised:
    """The same for a text without sequences for terminals."""
    if text.isascii():
        return Normalised(text)
    letters = frozenset(char for char in set(text) if not char.isascii())
    odd = frozenset(char for char in letters if _fold(char) != char)
    normalised = _rewrite(text, odd) if odd else Normalised(text)
    if any(map(_UNSPACED.match, letters)):
        normalised = _spaced(normalised)
    if letters & _QUOTE_MARKS:
        normalised = Normalised(normalised.text.translate(_QUOTES), normalised.starts, normalised.ends)
    if letters & _LOOK_ALIKE_LETTERS:
        latin = _WORD.sub(_latin, normalised.text)
        if latin != normalised.text:
            return Normalised(latin, normalised.starts, normalised.ends)
    return normalised


def _spaced(read: Normalised) -> Normalised:
    """A space, standing for the letter before it, where a script without spaces meets a Latin word, a number or a `+`.

    "电话13812345678" has no edge between word and number otherwise, and what has a form begins at an edge.
    """
    edges = [match.start() for match in _EDGE.finditer(read.text)]
    if not edges:
        return read
    pieces: list[str] = []
    starts, ends = array("I"), array("I")
    own_starts, own_ends = read.starts or range(len(read.text)), read.ends or range(1, len(read.text) + 1)
    position = 0
    for edge in [*edges, len(read.text)]:
        pieces.append(read.text[position:edge])
        starts.extend(own_starts[position:edge])
        ends.extend(own_ends[position:edge])
        if edge < len(read.text):
            starts.append(own_starts[edge - 1])
            ends.append(own_ends[edge - 1])
        position = edge
    return Normalised(" ".join(pieces), starts, ends)


@functools.lru_cache(maxsize=4096)
def _fold(char: str) -> str:
    """What one character stands for: itself, nothing, or a few ASCII characters. A combining mark gives nothing."""
    category = unicodedata.category(char)
    folded = char
    if 0xE0020 <= ord(char) < 0xE007F:  # noqa: PLR2004 - tag characters: drawn as nothing, and models read them as ASCII
        folded = chr(ord(char) - 0xE0000)
    elif category in {"Cf", "Mn", "Me"} or char in _FILLERS:
        folded = ""
    elif category == "Nd":
        folded = str(unicodedata.digit(char))
    elif any(first <= ord(char) <= last for first, last in _COMPATIBLE):
        plain = unicodedata.normalize("NFKC", char)
        folded = plain if plain.isascii() and (len(plain) == 1 or char in _LIGATURES) else char
    else:
        folded = _BY_CATEGORY.get(category) or _OTHERS.get(char, char)
    return folded


def _rewrite(text: str, odd: frozenset[str]) -> Normalised:
    """`text` with its odd characters folded, clusters of a letter and its combining marks as one."""
    marks = re.escape("".join(sorted(char for char in odd if unicodedata.category(char) in {"Mn", "Me"})))
    others = re.escape("".join(sorted(odd)))
    pattern = re.compile(rf"[^\s{marks}][{marks}]+|[{others}]" if marks else rf"[{others}]")
    pieces: list[str] = []
    starts, ends = array("I"), array("I")
    position = 0
    for match in pattern.finditer(text):
        first, last = match.span()
        pieces.append(text[position:first])
        starts.extend(range(position, first))
        ends.extend(range(position + 1, first + 1))
        plain = _cluster(match.group())
        pieces.append(plain)
        if len(plain) == last - first:
            starts.extend(range(first, last))
            ends.extend(range(first + 1, last + 1))
        else:
            starts.extend([first] * len(plain))
            ends.extend([last] * len(plain))
        position = last
    pieces.append(text[position:])
    starts.extend(range(position, len(text)))
    ends.extend(range(position + 1, len(text) + 1))
    return Normalised("".join(pieces), starts, ends)


def _cluster(cluster: str) -> str:
    """One odd character folded, or a letter composed with its marks.

    Marks that do not compose are dropped after Latin letters (struck-out or stacked letters) and kept after others,
    where they are part of the script.
    """
    base = _fold(cluster[0])
    if len(cluster) == 1:
        return base
    composed = unicodedata.normalize("NFC", base + cluster[1:])
    if not base.isascii() and "LATIN" not in unicodedata.name(base[0], ""):
        return composed if len(composed) == 1 else cluster
    return "".join(char for char in composed if unicodedata.category(char) not in {"Mn", "Me"})


def _latin(match: re.Match[str]) -> str:
    """A word in Latin letters, when it has one and all its other letters only look like such."""
    word = match.group()
    if word.isascii() or not _ASCII_LETTER.search(word):
        return word
    latin = word.translate(_LOOK_ALIKES)
    foreign = any(unicodedata.name(char, "").startswith(("CYRILLIC", "GREEK")) for char in latin if not char.isascii())
    return word if foreign else latin
