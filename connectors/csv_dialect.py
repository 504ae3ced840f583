"""What a CSV file looks like: encoding, delimiter, quoting, heading, types; guessed from its beginning. Pure."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from connectors.base import ConnectorProblem

DELIMITERS = (",", ";", "\t", "|")
SNIFF_RECORDS = 200
MAX_FIELD = 1 << 26
csv.field_size_limit(MAX_FIELD)  # the module's own limit is one for the process; records are bounded by our reader

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_USUAL = "cp1252"
_KATAKANA = 63
"""So many bytes beyond ASCII stand alone in an encoding of one and two bytes, at most."""
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_STRAY_BYTE = re.compile(r"[\udc80-\udcff]")
_WESTERN = frozenset(
    "äöüßéèêëàâáãåçñíìîïóòôúùûæøÄÖÜÉÈÊÀÂÁÃÅÇÑÍÎÓÔÚØÆ€£§°\u00b4\u2019\u2018“”„\u2013—…«»¿¡·²³½µ®©™\u00a0\u00ba\u00aa"
)
"""What texts of Western Europe have beyond ASCII; letters of the East and of old Macintoshes turn into others."""
_SIGN_INSIDE = re.compile(r"[a-zà-ÿ][^\W\d_]*[§°\u00b4„“”€£²³½µ®©™¿¡·\u00ba\u00aa][a-zà-ÿ]")
_MOSTLY_ASCII = 0.6
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,7})\Z")
"""Whole numbers of up to eight digits: longer ones name something (card, phone, account) and stay text."""
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,12})?\Z")
_DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\Z")


@dataclass(frozen=True, slots=True)
class CsvDialect:
    """How to read a file. `guessed`: nobody has said what its encoding is.

    `text_width`: so many columns, the last of them text with delimiters in it that nobody quoted; 0 for other files.
    """

    encoding: str
    delimiter: str
    quote: str
    guessed: bool = False
    text_width: int = 0


def sniffed_encoding(head: bytes, *, whole: bool) -> str:
    """The encoding of the file that begins with `head`: by its mark, UTF-8 if most of it can be, else the likeliest.

    `whole` False: the last character may be cut in two.
    """
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    if _mostly_utf8(head):
        return "utf-8"
    return _likeliest(head)


def _likeliest(head: bytes) -> str:
    """By the look of the letters; where that tells no two apart, what most such files are written in."""
    lines = head.split(b"\n")
    sample = b"\n".join(line for line in lines if line.isascii() or not _is_utf8(line))[: 1 << 16]
    if _is_western(sample):
        return _USUAL
    from charset_normalizer import from_bytes  # noqa: PLC0415 - a tenth of a second that other files need not wait

    found = from_bytes(sample)
    # what old Macintoshes wrote in is hardly ever met, and looks like what Windows writes in
    best = next((match for match in found if not match.encoding.startswith("mac_")), found.best())
    if best is None or best.encoding.startswith("utf_"):
        return _USUAL
    alike = [match for match in found if (match.chaos, match.coherence) == (best.chaos, best.coherence)]
    return _USUAL if any(_USUAL in match.could_be_from_charset for match in alike) else best.encoding


def _is_western(sample: bytes) -> bool:
    """Whether bytes read as cp1252 are words with some letters of Western Europe in them, and nothing odd beside.

    A guess by statistics took names and `€` for Macintosh Latin 2, and every umlaut was another letter then.
    """
    try:
        text = sample.decode(_USUAL)
    except UnicodeDecodeError:
        return False
    if not _WESTERN.issuperset(_BEYOND_ASCII.findall(text)) or _SIGN_INSIDE.search(text):
        return False
    words = "".join(word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii())
    return sum(map(str.isascii, words)) >= _MOSTLY_ASCII * len(words)


def _mostly_utf8(head: bytes) -> bool:
    """Whether more characters beyond ASCII are well formed than not: text of another encoding hardly ever is."""
    text = head.decode("utf-8", "surrogateescape")
    bad = len(_STRAY_BYTE.findall(text))
    return len(_BEYOND_ASCII.findall(text)) - bad > bad


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@lru_cache(maxsize=32)
def one_byte_each(encoding: str) -> bool:
    """Whether every character of the encoding is one byte: then any bytes are text of it, also those of UTF-8."""
    alone = sum(len(bytes([byte]).decode(encoding, "ignore")) for byte in range(128, 256))
    return alone > _KATAKANA


def is_utf8_inside(text: str, encoding: str) -> bool:
    """Whether a text that was read as `encoding`, one byte for each character, is UTF-8 misread."""
    if text.isascii():
        return False
    try:
        text.encode(encoding, "surrogateescape").decode("utf-8")
    except UnicodeError:
        return False
    return True


def sniffed_delimiter(text: str, quote: str) -> str:
    """The delimiter under which most records of `text` have the same number of columns, more than one; else a comma."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        if delimiter not in text:
            continue
        # `"a";"b","c"` cut at its commas is of one width, too, but then quotes around other delimiters are left
        left_over = [f"{other}{quote}" for other in DELIMITERS if other != delimiter]
        records = [record for record in head_records(text, delimiter, quote) if record]
        fitting = [record for record in records if not any(sign in cell for cell in record for sign in left_over)]
        widths = Counter(map(len, fitting))
        width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]), default=(0, 0))
        score = count / max(1, len(records)) if width > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def head_records(text: str, delimiter: str, quote: str) -> list[list[str]]:
    """The first records of a text; one that may be cut in two is left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote)
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append(record)
            if len(records) >= SNIFF_RECORDS:
                break
    except csv.Error:
        return records
    return records[:-1] if len(records) > 1 and not text.endswith(("\n", "\r")) else records


def distinct_names(cells: Sequence[str], most: int) -> list[str]:
    """Column names out of a heading: trimmed, none empty, none twice. Raises ConnectorProblem."""
    if len(cells) > most:
        raise ConnectorProblem(
            f"The table has {len(cells):,} columns; {most:,} are the limit.",
            "Split the table by columns.",
            code="too_large",
        )
    taken: set[str] = set()
    names = []
    for index, cell in enumerate(cells, 1):
        name = base = cell.strip().strip("\ufeff") or f"column_{index}"
        suffix = 2
        while name in taken:
            name, suffix = f"{base}_{suffix}", suffix + 1
        taken.add(name)
        names.append(name)
    return names


def guessed_types(columns: Sequence[Sequence[str]]) -> list[str]:
    """`Int64`, `Float64`, `Date` or `String` per column of cells: what every cell but the empty fits exactly."""
    return [_guessed([cell for cell in column if cell]) for column in columns]


def _guessed(cells: Sequence[str]) -> str:
    if not cells:
        return "String"
    for dtype, pattern in (("Int64", _INTEGER), ("Float64", _NUMBER), ("Date", _DATE)):
        if all(pattern.match(cell) for cell in cells):
            too_long = dtype == "Float64" and any("." not in cell and not _INTEGER.match(cell) for cell in cells)
            return "String" if too_long else dtype
    return "String"
