"""What a model answered as paragraphs and points, and the checks that each sentence has to pass. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reports.facts import ENGLISH, Fact, NumberFormat
from reports.numbers import CITATION, TOKEN, cited, unborne, without_citations

_SENTENCE: Final = re.compile(r"\S.*?(?:[.!?](?:\s?\[[^\]]*\])*[.\"')]*(?=\s|$)|$)", re.DOTALL)
_POINT: Final = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_HEADING: Final = re.compile(r"^\s*#{1,6}\s.*$", re.MULTILINE)
_ABBREVIATION: Final = re.compile(r"\b(?:e\.g|i\.e|z\.B|vs|approx|ca|Dr|Mr|Mrs|Ms|No|Nr|St)\.$")
_REIDENTIFIES: Final = re.compile(
    r"\b(?:is probably|is likely|must be|seems to be|could be|presumably)\s+"
    r"(?:the person|named|called|(?-i:[A-Z][a-z]+ [A-Z]))"
    r"|\bthe real name\b|\breal identity\b|\bstands? for the name\b|\bre-?identif",
    re.IGNORECASE,
)
_PROTECTED: Final = re.compile(
    r"\b(?:women|men|female|male|gender|race|ethnic\w*|relig\w+|muslims?|christians?|jews?|pregnan\w*|disab\w+|"
    r"nationality|immigrants?|elderly|old people|young people|sexual\w*)\b",
    re.IGNORECASE,
)
REDACTED: Final = re.compile(r"\bREDACTED_[A-Z_]+\b|\*{3,}")
"""What one-way actions of a policy leave behind: nobody can read it, and nobody can restore it."""
PLACEHOLDER: Final = re.compile(
    r"\{[a-z0-9][a-z0-9._-]*\}|\{\{|\}\}|\b(?:TODO|TBD)\b|\[[a-z0-9_-]+(?:\.[a-z0-9_-]+)+\]"
    r"|\[(?:(?i:insert|your|add) [^\]\n]{1,40}|(?i:name|company name|customer name|date|number|amount))\]|\bX{2,} ?%"
)
"""What somebody meant to fill in."""
_ENDED: Final = re.compile(r"[.!?…:][\"'”»)\]]*$")
_TREATS: Final = re.compile(
    r"\b(?:should|must|recommend\w*|offer|charge|exclude|refuse|reject|deny|target|avoid|prioriti[sz]e|price)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A text taken apart: paragraphs, then points, with citations in them."""

    paragraphs: tuple[str, ...]
    points: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text as a model writes it."""
        return "\n\n".join(
            [*self.paragraphs, *(["\n".join(f"- {point}" for point in self.points)] if self.points else [])]
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """A sentence that may not stand, and why, in words for the model."""

    sentence: str
    reason: str


def read_draft(text: str) -> Draft:
    """Paragraphs and points of an answer; headings and emphasis are taken off."""
    plain = _HEADING.sub("", text.replace("\r\n", "\n"))
    plain = re.sub(r"\*\*(.+?)\*\*|__(.+?)__(?!\w)", lambda match: match[1] or match[2], plain)
    paragraphs: list[str] = []
    points: list[str] = []
    for block in re.split(r"\n\s*\n", plain):
        running: list[str] = []
        for line in filter(str.strip, block.split("\n")):
            if _POINT.match(line):
                points.append(_POINT.sub("", line).strip())
            else:
                running.append(line.strip())
        if running:
            paragraphs.append(" ".join(running))
    if points and paragraphs and paragraphs[-1].endswith(":"):  # `The following stands out:` leads to nothing here
        paragraphs[-1] = " ".join(sentences(paragraphs[-1])[:-1])
    return Draft(tuple(filter(None, paragraphs)), tuple(points))


def sentences(paragraph: str) -> list[str]:
    """The sentences of a paragraph, citations with them."""
    found: list[str] = []
    for match in _SENTENCE.finditer(paragraph):
        piece = match[0].strip()
        if found and (_ABBREVIATION.search(found[-1]) or CITATION.fullmatch(piece)):
            found[-1] = f"{found[-1]} {piece}"
        elif piece:
            found.append(piece)
    return found


def faults_of(
    draft: Draft, facts: Sequence[Fact], words: Iterable[str], tokens: Collection[str], form: NumberFormat = ENGLISH
) -> list[Fault]:
    """The sentences that may not stand: numbers without a fact, unknown tokens and facts, what principles forbid.

    `words`: further texts whose numbers count as given (a title, parameters, samples); `tokens`: those that the prompt
    held.
    """
    known = {fact.id for fact in facts}
    given = list(words)
    found: list[Fault] = []
    for part in (*draft.paragraphs, *draft.points):
        for sentence in sentences(part):
            reason = _fault(sentence, facts, known, given, tokens, form)
            if reason is None and part in draft.paragraphs and not _ENDED.search(without_citations(sentence).strip()):
                reason = "it stops in the middle of a sentence"
            if reason:
                found.append(Fault(sentence, reason))
    return found


def _fault(
    sentence: str,
    facts: Sequence[Fact],
    known: Collection[str],
    words: Sequence[str],
    tokens: Collection[str],
    form: NumberFormat,
) -> str | None:
    wrong = unborne(sentence, facts, words, form)
    if wrong:
        return f"no fact says {', '.join(number.text for number in wrong)}"
    strange = [name for name in cited(sentence) if name not in known]
    if strange:
        return "it cites facts that are not there"
    if any(match[0] not in tokens for match in TOKEN.finditer(sentence)):
        return "it holds a token that was not in the material"
    return next((reason for reason, breaks in _FORBIDDEN if breaks(without_citations(sentence))), None)


_FORBIDDEN: Final[tuple[tuple[str, Callable[[str], object]], ...]] = (
    ("it holds a placeholder that was not filled in", PLACEHOLDER.search),
    ("it guesses who somebody is", _REIDENTIFIES.search),
    (
        "it treats people differently because of a protected trait",
        lambda it: _PROTECTED.search(it) and _TREATS.search(it),
    ),
)


def without(draft: Draft, faults: Iterable[Fault]) -> Draft:
    """The draft without the sentences at fault; a part of which nothing is left goes too."""
    bad = {fault.sentence for fault in faults}

    def kept(part: str) -> str:
        return " ".join(sentence for sentence in sentences(part) if sentence not in bad)

    return Draft(
        tuple(text for part in draft.paragraphs if (text := kept(part))),
        tuple(text for part in draft.points if (text := kept(part))),
    )


def cut_off_removed(draft: Draft) -> Draft:
    """The draft of a truncated answer without its last, unfinished sentence."""
    parts = [*draft.paragraphs, *draft.points]
    if not parts or re.search(r"[.!?](?:\s?\[[^\]]*\])*$", parts[-1]):
        return draft
    whole = " ".join(sentences(parts[-1])[:-1])
    if draft.points:
        return Draft(draft.paragraphs, (*draft.points[:-1], *([whole] if whole else [])))
    return Draft((*draft.paragraphs[:-1], *([whole] if whole else [])))


def readable(draft: Draft, facts: Mapping[str, Fact], form: NumberFormat = ENGLISH) -> Draft:
    """The draft with the facts' own words where a policy has redacted words of ours (`at night`) on their way out.

    A sentence that cites no fact and cannot be read goes.
    """

    def mended(part: str) -> str:
        made: dict[str, None] = {}
        for sentence in sentences(part):
            if REDACTED.search(sentence):
                told = [facts[name] for name in cited(sentence) if name in facts]
                made |= {f"{fact.told(form).removesuffix('.')} [{fact.id}].": None for fact in told}
            else:
                made[sentence] = None
        return " ".join(made)

    return Draft(
        tuple(text for part in draft.paragraphs if (text := mended(part))),
        tuple(text for part in draft.points if (text := mended(part))),
    )


def for_reader(part: str) -> str:
    """A paragraph or point without citations."""
    return re.sub(r"\s+([.,])", r"\1", without_citations(part)).strip()
