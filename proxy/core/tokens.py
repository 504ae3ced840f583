"""Tokens: the shape `PERSON_K7Q2M9XA`, how one is minted, and the grammar that finds them in what a model wrote.

A token is the entity type, `_` and an eight-character core in Crockford's base32: five characters name the value, two
its exact spelling, one is a check. The grammar tolerates what models do to tokens (case, escapes, a space for `_`,
full-width letters); whether a match may be restored is decided elsewhere, by the set of issued tokens alone.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

import regex

from policies.model import CORE_ALPHABET, check_entity_type

CORE_LENGTH: Final = 8
LITERAL: Final = "LITERAL"
"""Entity type of a look-alike that a client typed: it is scrambled like a finding and comes back as typed."""


def _times_two(value: int) -> int:
    """Multiply by x in GF(32) with the primitive polynomial x^5 + x^2 + 1."""
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value


def _weight_tables() -> tuple[dict[str, int], ...]:
    """For each of the seven data positions i: the products x^(i+1) * value by the letter of the value."""
    tables = []
    row = list(range(32))
    for _ in range(CORE_LENGTH - 1):
        row = [_times_two(value) for value in row]
        tables.append(dict(zip(CORE_ALPHABET, row, strict=True)))
    return tuple(tables)


_WEIGHTS: Final = _weight_tables()


def check_letter(data: str) -> str:
    """Check letter of seven core letters: their weighted sum in GF(32).

    The weights x^1 to x^7 and the check's own weight 1 are different and not zero, so every single substitution and
    every swap of two letters is caught (the argument of ISO/IEC 7064's pure systems, in a field of 32 elements).
    """
    total = (
        _WEIGHTS[0][data[0]]
        ^ _WEIGHTS[1][data[1]]
        ^ _WEIGHTS[2][data[2]]
        ^ _WEIGHTS[3][data[3]]
        ^ _WEIGHTS[4][data[4]]
        ^ _WEIGHTS[5][data[5]]
        ^ _WEIGHTS[6][data[6]]
    )
    return CORE_ALPHABET[total]


def core_is_valid(core: str) -> bool:
    """Whether an upper-case core of eight letters of the alphabet carries the right check letter."""
    return check_letter(core[:-1]) == core[-1]


def mint(naming_key: bytes, entity_type: str, value: str, spelling: str, attempt: int = 0) -> str:
    """Token for `spelling`; deterministic.

    `value` is what all spellings share: the entity type with the normalised value, or the linked person.
    `attempt` is 0, or counts up when the token already stands for another original in the session.
    """
    suffix = f"\x1f{attempt}" if attempt else ""
    named = hmac.digest(naming_key, _message("value", value, suffix), "sha256")
    spelt = hmac.digest(naming_key, _message("spelling", f"{entity_type}\x1f{spelling}", suffix), "sha256")
    data = _five_letters(named) + _PAIRS[int.from_bytes(spelt[:2], "big") >> 6]
    return f"{entity_type}_{data}{check_letter(data)}"


def _message(purpose: str, value: str, suffix: str) -> bytes:
    return f"{purpose}\x1f{value}{suffix}".encode("utf-8", "surrogatepass")


_PAIRS: Final = tuple(first + second for first in CORE_ALPHABET for second in CORE_ALPHABET)
"""Two letters by ten bits."""


def _five_letters(digest: bytes) -> str:
    """First five base32 letters of a digest, five bits each."""
    bits = int.from_bytes(digest[:4], "big") >> 7
    return _PAIRS[bits >> 15] + _PAIRS[bits >> 5 & 1023] + CORE_ALPHABET[bits & 31]


# --- the grammar ---------------------------------------------------------------------------------------------------

_SEPARATOR: Final = r"(?:\\{0,4}[_\uff3f]|[ \u00a0\-]|%5[fF]|&\#95;|&\#[xX]5[fF];|&lowbar;|\\{1,4}u005[fF])"
_CORE: Final = (
    "["
    + CORE_ALPHABET
    + CORE_ALPHABET.lower()
    + "".join(chr(0xFEE0 + ord(letter)) for letter in CORE_ALPHABET + CORE_ALPHABET.lower())
    + "]{8}"
)
_BEHIND_SEPARATOR: Final = r"(?:(?<=[_\uff3f \u00a0\-;])|(?<=5[fF]))"
_CORES: Final = re.compile(rf"{_BEHIND_SEPARATOR}(?=({_CORE}))")
"""Every place where a core stands behind the last character of a separator."""
_FEW: Final = 16
"""Words that are looked for one by one."""
_ESCAPE_BEFORE: Final = re.compile(r"(?:\\[nrtbfv]|\\u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2})\Z")
_WIDE_TO_ASCII: Final = {0xFF01 + offset: 0x21 + offset for offset in range(94)}
_UNICODE_ESCAPE: Final = re.compile(r"\\{1,4}u00([0-9a-fA-F]{2})")
_ASCII_ESCAPE: Final = r"\\u00(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF])"
_LETTER_ESCAPE: Final = re.compile(_ASCII_ESCAPE)
_MAY_ESCAPE: Final = re.compile(rf"{_ASCII_ESCAPE}|\\(?:u(?:0(?:0[3-7]?)?)?)?\Z")
"""An escape of an ASCII letter or digit, or what may become one when more text comes."""
_EXACT: Final = re.compile(rf"(?<![0-9A-Za-z_])[A-Z][A-Z0-9_]{{1,39}}_([{CORE_ALPHABET}]{{8}})(?![0-9A-Za-z])")
"""A token of any entity type; the type's length is bounded, for a client may send megabytes of `A_A_A_...`."""


def _escapes_of(letters: str) -> str:
    r"""Pattern of the JSON escapes (`\u0050`) of these letters, in strings inside of strings, too."""
    codes = (f"{ord(letter):02x}" for letter in letters)
    digits = ("".join(f"[{one}{one.upper()}]" if one.isalpha() else one for one in code) for code in codes)
    return rf"\\{{1,4}}u00(?:{'|'.join(digits)})"


_ESCAPED_CORE: Final = rf"(?:{_CORE.removesuffix('{8}')}|{_escapes_of(CORE_ALPHABET + CORE_ALPHABET.lower())}){{8}}"
_ESCAPED_CORES: Final = re.compile(rf"{_BEHIND_SEPARATOR}(?=({_ESCAPED_CORE}))")


def _cores(text: str) -> re.Pattern[str]:
    """What finds the cores of a text: escaped letters are rare and take longer."""
    return _ESCAPED_CORES if "\\u00" in text and _LETTER_ESCAPE.search(text) else _CORES


def _plain(core: str) -> str:
    """A core as it was issued."""
    if core.isascii() and "\\" not in core:
        return core.upper()
    unescaped = _UNICODE_ESCAPE.sub(lambda match: chr(int(match[1], 16)), core) if "\\" in core else core
    return unescaped.translate(_WIDE_TO_ASCII).upper()


def _letter_class(letter: str) -> str:
    if letter == "_":
        return _SEPARATOR
    wide = chr(0xFEE0 + ord(letter))
    if letter.isdigit():
        return f"[{letter}{wide}]"
    return f"[{letter}{letter.lower()}{wide}{chr(0xFEE0 + ord(letter.lower()))}]"


def _escapable(letter: str) -> str:
    """Pattern of a letter that may be escaped."""
    return _SEPARATOR if letter == "_" else f"(?:{_letter_class(letter)}|{_escapes_of(letter + letter.lower())})"


def _names(types: Iterable[str], letter_class: Callable[[str], str]) -> tuple[str, tuple[str, ...]]:
    """Pattern of all types, letter by letter, with an empty group at the end of each; the types by these groups.

    Of two that fit at one place the longer is tried first.
    """
    tree: dict[str, Any] = {}
    for name in sorted(types):
        node = tree
        for letter in name:
            node = node.setdefault(letter, {})
        node[""] = name
    order: list[str] = []

    def written(node: dict[str, Any]) -> str:
        ways = [letter_class(letter) + written(below) for letter, below in node.items() if letter]
        if "" in node:
            order.append(node[""])
            ways.append("()")
        return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"

    return written(tree), tuple(order)


def has_core(text: str) -> bool:
    """Whether a valid core stands in `text` behind something that may separate it from a type.

    One of 32 words of eight core letters is valid by chance; most texts need no closer look.
    """
    return any(core_is_valid(_plain(match.group(1))) for match in _cores(text).finditer(text))


def starts_word(text: str, position: int) -> bool:
    r"""Whether a token may start at `position`.

    True where no ASCII letter or digit stands before it, after an escape (\n, \u0020, %20) and at a change from lower
    to upper case ("DearPERSON_..."). Elsewhere ordinary words ("help") would be held back in a stream.
    """
    if position == 0:
        return True
    before = text[position - 1]
    if not (before.isascii() and before.isalnum()):
        return True
    if before.islower() and _may_be_capital(text, position):
        return True
    return behind_escape(text, position)


def _may_be_capital(text: str, position: int) -> bool:
    """Whether a capital stands at `position`, as it is, escaped, or as an escape that has not come in full."""
    first = text[position : position + 1]
    if first != "\\":
        return first.isupper()
    escape = _UNICODE_ESCAPE.match(text, position)
    return chr(int(escape[1], 16)).isupper() if escape else _MAY_ESCAPE.search(text, position) is not None


def behind_escape(text: str, position: int) -> bool:
    r"""Whether an escape (\n, \u0020, %20) ends at `position`."""
    return _ESCAPE_BEFORE.search(text, max(0, position - 6), position) is not None


class Grammar:
    """Finds tokens of a fixed set of entity types, whole or cut off at the end of a text.

    Immutable and cheap to use; get one with `grammar()`, which keeps compiled ones.
    """

    __slots__ = ("_beginnings", "_escaped", "_groups", "_pattern", "types")

    def __init__(self, types: Iterable[str]) -> None:
        self.types = tuple(sorted({check_entity_type(name) for name in types}, key=lambda name: (-len(name), name)))
        self._beginnings = {name.partition("_")[0] for name in self.types}
        names, self._groups = _names(self.types, _letter_class)
        self._pattern = regex.compile(rf"{names}{_SEPARATOR}(?P<core>{_CORE})")
        self._escaped: regex.Pattern[str] | None = None

    def may_occur(self, text: str) -> bool:
        """Quick and safe: False only when nothing in `text` can match."""
        if not self.types:
            return False
        cores = _cores(text)
        if cores is _CORES and text.isascii() and len(self._beginnings) <= _FEW:
            # The first word of each type can be written in small letters, and in no other way without other alphabets.
            upper = text.upper()
            for beginning in self._beginnings:
                if beginning in upper:
                    break
            else:
                return False
        return cores.search(text) is not None

    def _for(self, text: str) -> regex.Pattern[str]:
        """What finds the tokens of a text: as above, or with escaped letters, where these may stand."""
        if "\\" not in text or _MAY_ESCAPE.search(text) is None:
            return self._pattern
        if self._escaped is None:
            names, _ = _names(self.types, _escapable)
            # It begins with all the backslashes of its place, so that none is left over.
            begins = r"(?:(?!\\)|(?<!\\)(?=(?:\\|\\\\|\\{4})(?:u|\Z)))"
            self._escaped = regex.compile(rf"{begins}{names}{_SEPARATOR}(?P<core>{_ESCAPED_CORE})")
        return self._escaped

    def search(self, text: str, position: int, *, after_token: bool = False, partial: bool = False) -> Found | None:
        """First token at or after `position`, or with `partial` the first place where one may begin at the text's end.

        What stands before `position` is looked at for the word start only; `after_token` says that a token ends
        exactly there, so that another may follow without a gap.
        """
        start, pattern = position, self._for(text)
        while self.types and (match := pattern.search(text, start, partial=partial)) is not None:
            start = match.start()
            if match.partial and start == len(text):
                return None
            if (after_token and start == position) or starts_word(text, start):
                return Found(start, match.end(), None if match.partial else self._canonical(match))
            start += 1
        return None

    def anywhere(self, text: str, position: int) -> set[str]:
        """Canonical tokens with a right check letter at or after `position`, at word starts or not, overlapping too.

        No search of the same text can find a token that is not among them.
        """
        if not self.types or not has_core(text):
            return set()
        matches = self._for(text).finditer(text, position, overlapped=True)
        return {token for token in map(self._canonical, matches) if core_is_valid(token[-CORE_LENGTH:])}

    def _canonical(self, match: regex.Match[str]) -> str:
        name = next(name for name, group in zip(self._groups, match.groups(), strict=False) if group is not None)
        return f"{name}_{_plain(match.group('core'))}"


class Found:
    """A match of the grammar: `token` in canonical form, or None when the text ended before the token did."""

    __slots__ = ("end", "start", "token")

    def __init__(self, start: int, end: int, token: str | None) -> None:
        self.start = start
        self.end = end
        self.token = token


@lru_cache(maxsize=256)
def grammar(types: frozenset[str]) -> Grammar:
    """The grammar for a set of entity types."""
    return Grammar(types)


def look_alikes(text: str, types: frozenset[str]) -> list[tuple[int, int, str]]:
    """Ranges of a client's text that a restorer could take for a token, with the canonical token, in order.

    Exactly written tokens of any type count, and tolerated spellings of `types`; only a right check letter counts.
    """
    if not has_core(text):
        return []
    found = {
        match.start(): (match.start(), match.end(), match.group())
        for match in _EXACT.finditer(text)
        if core_is_valid(match.group(1))
    }
    known = grammar(types)
    position, after_token = 0, False
    while (match := known.search(text, position, after_token=after_token)) is not None:
        valid = match.token is not None and core_is_valid(match.token[-CORE_LENGTH:])
        if valid and match.token is not None:
            found[match.start] = (match.start, match.end, match.token)
        position, after_token = (match.end, True) if valid else (match.start + 1, False)
    return _without_overlaps(found)


def _without_overlaps(found: dict[int, tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    ordered: list[tuple[int, int, str]] = []
    for start in sorted(found):
        if not ordered or start >= ordered[-1][1]:
            ordered.append(found[start])
    return ordered
