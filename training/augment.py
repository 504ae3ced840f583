"""Changes labelled texts the way people write them: other names, lower case, shouting, typing errors."""

from __future__ import annotations

import random
from functools import cache

from training.corpora import UNSURE, Example, Span
from training.lexicon import Lexicon, common_words


def exchange_names(example: Example, lexicon: Lexicon, dice: random.Random, share: float) -> Example:
    """`share` of the people, places and organisations of a real sentence replaced by made-up ones."""
    text = ""
    spans: list[Span] = []
    place = 0
    for start, end, kind in example.spans:
        text += example.text[place:start]
        value = example.text[start:end]
        place = end
        if kind in ("PER", "LOC", "ORG") and dice.random() < share and value[:1] != "#":
            value = _other(value, kind, lexicon, dice)
        spans.append((len(text), len(text) + len(value), kind))
        text += value
    return Example(text + example.text[place:], tuple(spans))


def _other(value: str, kind: str, lexicon: Lexicon, dice: random.Random) -> str:
    """Another value of the same type and, for people, of the same length in words."""
    if kind == "PER":
        other = lexicon.name() if " " in value else dice.choice((lexicon.first, lexicon.last))()
    elif kind == "LOC":
        other = dice.choice((lexicon.city, lexicon.city, lexicon.country, lexicon.state))()
    else:
        other = lexicon.org()
    return other.lower() if value.islower() else other


WORDS_IN_LOWER_CASE = frozenset(
    "us it who x total meta target orange shell visa in me or oh hi ok pa ma al id as de co un la nice reading".split()
)
"""Names that are words when written in lower case: nobody can tell, so they are not to be found then."""


def _lowered(example: Example) -> Example:
    """The text in lower case, without names that cannot be told from words any more."""
    text = example.text.lower()
    spans: list[Span] = []
    for start, end, kind in example.spans:
        value = text[start:end]
        if value in WORDS_IN_LOWER_CASE:
            continue
        wordlike = kind == "ORG" and all(word in _common() for word in value.split())
        spans.append((start, end, UNSURE if wordlike else kind))
    return Example(text, tuple(spans))


@cache
def _common() -> frozenset[str]:
    return frozenset((*common_words(), "and", "of", "the", "for", "&"))


def recase(example: Example, dice: random.Random) -> Example:
    """The text in lower case, upper case, or with every word capitalised; unchanged where lengths would change."""
    draw = dice.random()
    if draw < 0.7:  # noqa: PLR2004 - seven of ten in lower case: prompts often are
        lowered = _lowered(example)
        return lowered if len(lowered.text) == len(example.text) else example
    if draw < 0.85:  # noqa: PLR2004
        text = example.text.upper()
    else:
        text = "".join(
            letter.upper() if index == 0 or example.text[index - 1] in " \n\t" else letter
            for index, letter in enumerate(example.text)
        )
    return Example(text, example.spans) if len(text) == len(example.text) else example


def lower_names(example: Example, dice: random.Random) -> Example:
    """The names in lower case, or the first letter of each sentence: people who type fast."""
    letters = list(example.text)
    if dice.random() < 0.5:  # noqa: PLR2004
        for start, end, _ in example.spans:
            letters[start:end] = example.text[start:end].lower()[: end - start].ljust(end - start)
    elif letters:
        letters[0] = letters[0].lower()[:1]
    return Example("".join(letters), example.spans)


def mistype(example: Example, dice: random.Random) -> Example:
    """Two neighbouring letters swapped, or one doubled over the next, here and there."""
    letters = list(example.text)
    for index in range(1, len(letters) - 1):
        if letters[index].isalpha() and letters[index + 1].isalpha() and dice.random() < 0.02:  # noqa: PLR2004
            if dice.random() < 0.5:  # noqa: PLR2004
                letters[index], letters[index + 1] = letters[index + 1], letters[index]
            else:
                letters[index + 1] = letters[index]
    return Example("".join(letters), example.spans)


def drop_punctuation(example: Example, dice: random.Random) -> Example:
    """The text without commas and full stops (all, or only the last one)."""
    marks = ".,;:!?" if dice.random() < 0.5 else "."  # noqa: PLR2004
    dropped = [index for index, letter in enumerate(example.text) if letter in marks]
    if marks == ".":
        dropped = dropped[-1:]
    shift = [0] * (len(example.text) + 1)
    gone = set(dropped)
    for index in range(len(example.text)):
        shift[index + 1] = shift[index] + (index in gone)
    text = "".join(letter for index, letter in enumerate(example.text) if index not in gone)
    spans = tuple((start - shift[start], end - shift[end], kind) for start, end, kind in example.spans)
    return Example(text, tuple(span for span in spans if span[0] < span[1]))


def vary(example: Example, dice: random.Random, *, recased: float = 0.3) -> Example:
    """The text, possibly changed; `recased` of them in another case."""
    if dice.random() < 0.08:  # noqa: PLR2004
        example = mistype(example, dice)
    if dice.random() < 0.12:  # noqa: PLR2004
        example = drop_punctuation(example, dice)
    if dice.random() < recased:
        return recase(example, dice)
    if dice.random() < 0.08:  # noqa: PLR2004
        return lower_names(example, dice)
    return example
