"""Reading for the demo model: sentences, the words that matter, and the sentences that matter."""

from __future__ import annotations

import re
from collections import Counter

from proxy.upstream.demo.entities import find_entities

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]*")
_WRAPPED = re.compile(r"(?<=[^\n.!?:])\n(?=[a-z(])")
"""A line break inside a sentence: the next line goes on in lower case."""
_WORD = re.compile(r"\w+(?:[@.+-]\w+)*")
_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)]|\[[ x]\])\s+(.+)$")
_LABEL = re.compile(r"^\s*(?:ticket|case|order|item|issue|row|task)\b.{0,40}[:#]", re.IGNORECASE)
_STOP_WORDS = frozenset(
    (
        "a about an and any are as at be been but by can could did do does for from get give had has have "
        "he her his how i if in into is it its just list make me my need no not of on or our please reply "
        "say she should so some summarise summarize tell text than that the their them then there these "
        "they this those to us was we were what when where which who whom whose why will with would write "
        "you your email mail message following draft answer question"
    ).split()
)
_SHORTEST_ITEMS = 2
_SHORTEST_SAYING = 4


def sentences(text: str) -> list[str]:
    """The sentences of a text, each trimmed; a line break ends one too, unless the next line goes on in lower case."""
    unwrapped = _WRAPPED.sub(" ", text)
    return [found for found in (match[0].strip() for match in _SENTENCE.finditer(unwrapped)) if len(found) > 1]


def words(text: str) -> list[str]:
    """Words that carry meaning, in lower case and cut to a crude stem."""
    found = (match[0].lower() for match in _WORD.finditer(text))
    return [_stem(word) for word in found if word not in _STOP_WORDS and len(word) > 1]


def _stem(word: str) -> str:
    if "_" in word or "@" in word or any(letter.isdigit() for letter in word):
        return word
    return re.sub(r"(?<=\w{3})(?:ies|ing|ed|es|s|y)$", "", word)


def items(text: str) -> list[str]:
    """The entries of a list, or lines that start with a label such as `Ticket 7:`; empty when there are none."""
    lines = text.splitlines()
    marked = [match[1].strip() for match in map(_ITEM.match, lines) if match]
    if len(marked) >= _SHORTEST_ITEMS:
        return marked
    labelled = [line.strip() for line in lines if _LABEL.match(line)]
    return labelled if len(labelled) >= _SHORTEST_ITEMS else []


def key_sentences(text: str, count: int) -> list[str]:
    """The `count` sentences that say most, in the order of the text.

    A sentence counts by how often its words stand in the whole text and by the entities in it; the first one gets a
    little more, since people put the point first. Heads and signatures of letters, which end without a stop, count
    only where there is nothing else.
    """
    said = list(dict.fromkeys(sentences(text)))
    found = [
        sentence for sentence in said if sentence[-1] in ".!?" and len(sentence.split()) >= _SHORTEST_SAYING
    ] or said
    weights = Counter(words(text))

    def score(position: int) -> float:
        sentence = found[position]
        carried = words(sentence)
        told = sum(weights[word] for word in set(carried)) / (len(carried) + 3)
        return told + len(find_entities(sentence)) + (0.5 if position == 0 else 0.0)

    best = sorted(range(len(found)), key=lambda position: (-score(position), position))[:count]
    return [found[position] for position in sorted(best)]


def best_match(question: str, context: str, kinds: tuple[str, ...]) -> str | None:
    """The sentence of `context` that shares most words with the question, rather one with an entity of `kinds`."""
    wanted = set(words(question))
    best: tuple[float, str] | None = None
    for sentence in sentences(context):
        if sentence.endswith("?"):
            continue
        shared = len(wanted & set(words(sentence)))
        fits = bool(kinds) and any(entity.kind in kinds for entity in find_entities(sentence))
        score = shared + (0.9 if fits else 0.0)
        if (shared or fits) and (best is None or score > best[0]):
            best = (score, sentence)
    return best[1] if best else None
