"""From a probability per token and label to findings: runs of tokens, one type and one score for each run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from proxy.core.findings import Finding
from proxy.detectors.names.tokens import Tokens

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

DETECTOR = "names"

_TRIMMED = frozenset(
    " \t\r\n.,;:!?\"'()[]{}<>*_#@&/\\|=+-`~^%$"  # ASCII, then quotes, dashes, bullets and currencies
    "\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb\u2013\u2014\u2022\u00b7\u20ac\u00a3\u2026"
)
"""What no finding begins or ends with."""

_CLOSING_DOT = frozenset(
    ("inc.", "ltd.", "corp.", "co.", "jr.", "sr.", "st.", "bros.", "s.a.", "s.p.a.", "b.v.", "n.v.", "u.s.", "u.k.")
)
"""Last words whose full stop belongs to them."""


_LONGEST_CLOSING = 7
"""Characters of the longest of them, and of the space before it."""

PERSON = "PERSON"
ADDRESS = "STREET_ADDRESS"
"""The one type whose pieces may be bare numbers."""

_OF_THINGS = frozenset({ADDRESS, "ORGANIZATION"})
"""Types that the model gives to ordinary words which stand alone: the cells of a table."""

_PEOPLE = "NRP"
_ADJECTIVE = re.compile(r"[^\W\d_a-z]\S*(?:\s[^\W\d_a-z]\S*)*")
"""A nationality or faith with its capitals; nouns behind it ("Swedish investment bank") are not part of it."""

_NEAR = 4
"""Characters (line ends, commas) that may part two pieces of one address."""

_OWN = 0.5
"""From these odds up a token that looks like a beginning begins a name of its own; weaker ones join their neighbour."""

_NEVER = 2.0
"""No odds are as high."""

_DOUBTED = 0.1
_BELIEVED = 0.3
"""A word that no vocabulary has, written as names are, is a name more often than the model dares to say: from the odds
`_DOUBTED` up it scores `_BELIEVED` at least."""
_CAPITALS_FROM = 0.15
"""From these odds up several words with capitals that no beginning of a sentence explains make `_BELIEVED` of it, in
English: titles and headings are written so, too; so does a single one right behind a word with a capital."""
_CAPITAL_FROM = 0.05
"""The same for people, for single words, and for words with a capital inside ("CommBank", "truHealth")."""
_LOWER_FROM = 0.2
"""The same for a text without any capital: names look like words there, and the model is less sure of all of them."""
_FOR_STRICT = 0.19
"""What ordinary words in lower case score where capitals say what a name is and the odds are below `_OWN`."""
_CAPITALS, _EACH = 2, 20
"""A text is written with capitals when it begins with one and has this many, one for every so many words at least."""
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]{3,}")
"""Words of three letters or more in the script of the vocabulary; in others every word is unheard of."""

_TIMES = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december".split()
)
_LOOK_BACK = 8
"""Characters in which what stands before a name is looked for: quotes and spaces may part them."""
_WORD = 24
"""Characters in which a whole word before a name is looked for."""
_TITLED = re.compile(r"(?<!\w)[A-Z][a-z]+\s\Z")
"""A word with a capital right before: part of a title or a heading, where all words are written so."""
_CAMEL = re.compile(r"(?:[a-z]\w*\.)*[a-z]+[A-Z]\w*")
_TWO_LETTERS = re.compile(r"[^\W\d_]{2}")
_OPERATORS = frozenset(".(_=[<>:;&")
"""What stands beside identifiers; between words of prose there is white space."""

_BEHIND_CODE = frozenset("_=[<>&/\\@#$(")
_BESIDE_CODE = _BEHIND_CODE | frozenset(".;-\"'")
"""What stands right behind, or before, names of files, fields and functions."""

_SENTENCE_ENDS = frozenset(".!?:;\n|-#>\u2022")
_FORMS_OF_ADDRESS = frozenset(("mr", "mrs", "ms", "miss", "mx", "sir", "madam", "ma'am", "ma\u2019am"))
"""Alone ("My dear little Miss") they point at nobody."""

_SMALL = frozenset(
    "a an and are as at because but by for from had has have he her his if in into is it its met my of on or our out"
    " outside she so than that the their then they this to via was we were when which who whose will with you".split()
)
"""Words that end no name."""
_NO_NAMES = _TIMES | _SMALL
"""Words whose capital says nothing."""
_STOPS = frozenset(".!?")
_ORDINARY = 4
"""Letters of a word behind which a full stop ends a sentence: "Inc.", "St." and "Dr." have fewer."""

_POSSESSIVES = ("'s", "\u2019s")


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which odds (0 to 1) a token counts.

    Tokens from `likely` up that stand together are one finding: names are rarely half personal. Those from `faint` up
    become findings of their own, which add nothing to likely ones and which only a strict policy takes.
    """

    likely: float
    faint: float


def findings(
    text: str, tokens: Tokens, odds: Floats, unheard: Flags, types: Sequence[str], threshold: Threshold
) -> list[Finding]:
    """Findings of one text, disjoint and in order.

    `odds`: tokens x labels; label 0 is outside, then come beginning and inside of each of `types`. `unheard`: tokens
    that no vocabulary has, written as names are.
    """
    named = 1 - odds[:, 0]
    if not len(tokens) or named.max() < threshold.faint:
        return []
    begins = odds[:, 1::2]
    typed = begins + odds[:, 2::2]
    levels: list[float] = named.tolist()
    new = unheard.tolist()
    found: list[Finding] = []
    heard: list[int] = []
    """Findings of which every word is in the vocabulary."""
    for first, last in _runs(text, tokens, named, begins, threshold):
        kind = types[int(typed[first:last].sum(axis=0).argmax())]
        place = _place(text, tokens, levels, first, last, kind)
        if place is None or _code(text, place) or text[place[0] : place[1]].casefold() in _FORMS_OF_ADDRESS:
            continue
        if _lettered(text, place) or _goes_on(text, place, kind, found):
            score = max(levels[first:last])
            unknown = [index for index in range(first, last) if new[index]]
            if _DOUBTED <= score < _BELIEVED and _new_name(text, tokens, place, unknown):
                score = _BELIEVED
            if score < _OWN and kind in _OF_THINGS and _bare_word(text, place):
                continue
            score = round(min(score, 1.0), 3)
            found.append(Finding(place[0], place[1], kind, score, DETECTOR))
            if not unknown:
                heard.append(len(found) - 1)
    return _without_ordinary_words(text, found, heard)


def _place(
    text: str, tokens: Tokens, levels: Sequence[float], first: int, last: int, kind: str
) -> tuple[int, int] | None:
    """The range of a run of tokens as it is reported; None when nothing of it is."""
    end = _before_small_words(tokens, levels, first, last, kind)
    place = _trimmed(text, tokens.starts[first], tokens.ends[end - 1])
    if place is not None and kind == _PEOPLE and (adjective := _ADJECTIVE.match(text, *place)):
        return adjective.span()
    return place


def _without_ordinary_words(text: str, found: list[Finding], heard: Iterable[int]) -> list[Finding]:
    """Where capitals say what a name is, doubted words in lower case are none; `strict` takes them all the same."""
    doubted = [
        index
        for index in heard
        if _FOR_STRICT < found[index].score < _OWN and text[found[index].start : found[index].end].islower()
    ]
    if doubted and _has_capitals(text):
        for index in doubted:
            found[index] = replace(found[index], score=_FOR_STRICT)
    return found


def with_capitals(text: str, found: Iterable[Finding]) -> list[Finding]:
    """The findings of an English text; doubted ones are believed where they, or all of the text, are written so.

    Not for languages whose nouns begin with capitals. At lower odds titles and products would come along.
    """
    if text.islower():
        return [replace(one, score=_BELIEVED) if _LOWER_FROM <= one.score < _BELIEVED else one for one in found]
    return [
        replace(one, score=_BELIEVED) if one.score < _BELIEVED and one.score >= _believed_from(text, one) else one
        for one in found
    ]


def _believed_from(text: str, one: Finding) -> float:
    """From which odds up a finding is believed for how it is written; `_NEVER` for ordinary words."""
    words = _LATIN.findall(text[one.start : one.end])
    if not words or any(map(str.islower, words)) or _NO_NAMES.issuperset(word.lower() for word in words):
        return _NEVER
    if not all(word.istitle() or word.isupper() for word in words):
        prose = all(word[0].isupper() for word in words) or not _beside_code(text, (one.start, one.end))
        return _CAPITAL_FROM if prose else _NEVER
    before = text[max(0, one.start - _LOOK_BACK) : one.start].rstrip(" \t\"'(*_")
    if not before or before[-1] in _SENTENCE_ENDS:
        return _NEVER
    if one.entity_type != PERSON and (len(words) > 1 or _TITLED.search(text[max(0, one.start - _WORD) : one.start])):
        return _CAPITALS_FROM
    return _CAPITAL_FROM


def _has_capitals(text: str) -> bool:
    """Whether a missing capital says something here: the text begins with one and has others."""
    if not text.lstrip()[:1].isupper():
        return False
    words: list[str] = _LATIN.findall(text)
    return sum(word[0].isupper() for word in words) >= max(_CAPITALS, len(words) / _EACH)


def _bare_word(text: str, place: tuple[int, int]) -> bool:
    """Whether the range is one word in lower case and the whole text: a cell ("normal") or an answer ("priority")."""
    word = text[place[0] : place[1]]
    return word.isalpha() and word.islower() and text.strip() == word


def _new_name(text: str, tokens: Tokens, place: tuple[int, int], unheard: Iterable[int]) -> bool:
    """Whether one of the tokens `unheard` is a word of the script that the vocabulary has, outside code."""
    return not _beside_code(text, place) and any(_LATIN.fullmatch(tokens.words[index]) for index in unheard)


def _beside_code(text: str, place: tuple[int, int]) -> bool:
    """Whether a sign of code stands right before or behind the range."""
    before, after = text[max(0, place[0] - 1) : place[0]], text[place[1] : place[1] + 1]
    return (bool(before) and before in _BESIDE_CODE) or (bool(after) and after in _BEHIND_CODE)


def _code(text: str, place: tuple[int, int]) -> bool:
    """Whether the range is an identifier in source code: `camelCase` with an operator right beside it."""
    start, end = place
    beside = text[max(0, start - 1) : start] + text[end : end + 1]
    return any(mark in _OPERATORS for mark in beside) and bool(_CAMEL.fullmatch(text, start, end))


def _lettered(text: str, place: tuple[int, int]) -> bool:
    """Whether the range has letters, and not only single ones between digits, as a part of a UUID has."""
    piece = text[place[0] : place[1]]
    if any(letter.isdigit() for letter in piece):
        return bool(_TWO_LETTERS.search(piece))
    if len(piece) == 1 and text[max(0, place[0] - 1) : place[0]].isdigit():  # the Z of a time stamp
        return False
    return any(letter.isalpha() for letter in piece)


def _goes_on(text: str, place: tuple[int, int], kind: str, found: Sequence[Finding]) -> bool:
    """Whether a bare number belongs to the address before it: a postcode or a box on a line of its own."""
    return bool(
        found
        and any(letter.isdigit() for letter in text[place[0] : place[1]])
        and kind == found[-1].entity_type == ADDRESS
        and found[-1].score >= _BELIEVED
        and any(letter.isalpha() for letter in text[found[-1].start : found[-1].end])
        and place[0] - found[-1].end <= _NEAR
        and not text[found[-1].end : place[0]].strip(" ,\n")
    )


def _runs(text: str, tokens: Tokens, named: Floats, begins: Floats, threshold: Threshold) -> Iterator[tuple[int, int]]:
    """First and last (exclusive) token of each name."""
    levels = ((named >= threshold.faint).astype(np.int8) + (named >= threshold.likely)).tolist()
    opens = ((begins.sum(axis=1) > named / 2) & (named >= _OWN)).tolist()
    count = len(levels)
    first = 0
    while first < count:
        level = levels[first]
        if not level or tokens.words[first] == "\n":
            first += 1
            continue
        last = first + 1
        while last < count and levels[last] == level and not _parted(text, tokens, last, opens=opens[last]):
            last += 1
        yield first, last
        first = last


def _before_small_words(tokens: Tokens, named: Sequence[float], first: int, last: int, kind: str) -> int:
    """Where the run ends without doubtful small words behind its capitals: "Will and", "Stan Petrov of"."""
    more = last < len(tokens) and named[last] >= _DOUBTED  # "Moore and" before "Sons"; people are one by one
    if (more and kind != PERSON) or not any(tokens.words[index][0].isupper() for index in range(first, last)):
        return last
    while tokens.words[last - 1] in _SMALL and named[last - 1] < _OWN:
        last -= 1
    return last


def _parted(text: str, tokens: Tokens, index: int, *, opens: bool) -> bool:
    """Whether a new name begins at token `index`, although the token before it belongs to one."""
    if tokens.words[index] == "\n":
        return True
    gap = text[tokens.ends[index - 1] : tokens.starts[index]]
    return opens or len(gap) > 1 or (bool(gap) and _ends_sentence(tokens, index - 1))


def _ends_sentence(tokens: Tokens, index: int) -> bool:
    """Whether the token is the full stop behind an ordinary word, and a capital follows: "a salaryman. Later"."""
    if index == 0 or tokens.words[index] not in _STOPS or not tokens.words[index + 1][0].isupper():
        return False
    word = tokens.words[index - 1]
    return len(word) >= _ORDINARY and (word.islower() or word.istitle())


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The range without punctuation around it and without a possessive `'s`; None when nothing is left."""
    while start < end and (text[start] in _TRIMMED or text[start].isspace()):
        start += 1
    while start < end:
        tail = text[max(start, end - _LONGEST_CLOSING) : end].lower()
        if tail.rpartition(" ")[2] in _CLOSING_DOT:
            break
        if tail.endswith(_POSSESSIVES):
            end -= 2
        elif text[end - 1] in _TRIMMED or text[end - 1].isspace():
            end -= 1
        else:
            break
    return (start, end) if start < end else None


def stacked(parts: Sequence[npt.NDArray[np.int32]], gap: int) -> npt.NDArray[np.int32]:
    """The arrays one after the other, with `gap` zeros after each."""
    padding = np.zeros(gap, dtype=np.int32)
    return np.concatenate([piece for part in parts for piece in (part, padding)])
