"""Texts, findings and conversations for the property tests of the core."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st

from policies.model import Action, Policy
from proxy.core.findings import Finding
from proxy.core.jsontext import splice
from proxy.core.scrambler import Decision, Scrambler, edits_of
from proxy.core.surrogates import Naming
from proxy.core.tokens import check_letter, mint

KEY: Final = b"k" * 32
TYPES: Final = ("PERSON", "DATE_TIME", "DATE", "US_SSN", "SSN", "US_SSN_LAST4", "EMAIL_ADDRESS", "PHONE_NUMBER", "ID")
"""Types of which one is the beginning or the end of another."""
VOCABULARY: Final = frozenset({*TYPES, "LITERAL"})


def bounded(examples: int) -> settings:
    """The same examples in every run, and no deadline: the machine may be busy."""
    return settings(max_examples=examples, derandomize=True, deadline=None, database=None)


def token_of(data: str, entity_type: str = "PERSON") -> str:
    """A token with these seven data letters and the right check."""
    return f"{entity_type}_{data}{check_letter(data)}"


ISSUED: Final = {
    mint(KEY, entity_type, f"{entity_type}\x1f{number}", original): original
    for number, (entity_type, original) in enumerate(
        [
            *((entity_type, f"<{entity_type} & co>") for entity_type in TYPES),
            ("PERSON", 'Jane "JD" Doe\\'),
            ("PERSON", "Zoë\nO'Neil \U0001f600"),
            ("PERSON", "PERSON_" + "0" * 8),
        ]
    )
}
"""Tokens that an answer may hold, with originals that need escapes or look like tokens themselves."""

_WRONG: Final = [token[:-1] + ("0" if token[-1] != "0" else "1") for token in ISSUED]
_UNKNOWN: Final = [token_of("ZZZZZZZ", entity_type) for entity_type in TYPES]
_RESPELT: Final = [
    spelling
    for token in ISSUED
    for spelling in (
        token.lower(),
        token.replace("_", r"\_"),
        token.replace("_", " "),
        token.replace("_", "-"),
        token.replace("_", "&#95;"),
        token.replace("_", "%5F"),
        token.replace("_", "\\u005f"),
        f"\\u{ord(token[0]):04x}{token[1:]}",
        "".join(f"\\u{ord(letter):04X}" for letter in token),
        f"{token[:-1]}\\\\u{ord(token[-1].lower()):04x}",
        "".join(chr(0xFEE0 + ord(letter)) for letter in token),
    )
]
_SURROUNDINGS: Final = (
    *" \n\t'\"\\_-`*[](){}<>%;.,:fF5",
    "\\n",
    "%20",
    "\\u0020",
    "'s",
    "Dear",
    "help",
    "I",
    "9",
    "é",
    "\ud83d",
)

fragments = st.one_of(
    st.sampled_from(sorted(ISSUED)),
    st.sampled_from(_WRONG),
    st.sampled_from(_UNKNOWN),
    st.sampled_from(_RESPELT),
    st.sampled_from(TYPES),
    st.sampled_from(_SURROUNDINGS),
    st.builds(lambda token, cut: token[:cut], st.sampled_from([*ISSUED, *_RESPELT]), st.integers(1, 30)),
    st.text(max_size=6),
)
answers = st.lists(fragments, max_size=14).map("".join)
"""What a model may write: tokens whole, cut, respelt, wrong and unknown, among anything."""

any_text = st.one_of(
    answers, st.text(st.characters(), max_size=60), st.lists(st.sampled_from("AB19ab _-\\é"), max_size=40).map("".join)
)
"""Texts of clients: lone surrogates and control characters too."""


@st.composite
def texts_with_findings(draw: st.DrawFn, types: Sequence[str] = TYPES) -> tuple[str, list[Finding]]:
    """A text and findings anywhere in it: in the middle of words, touching, overlapping."""
    text = draw(any_text)
    if not text:
        return text, []
    found: list[Finding] = []
    for _ in range(draw(st.integers(0, 8))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, min(len(text), start + 12)))
        found.append(Finding(start, end, draw(st.sampled_from(types)), draw(st.sampled_from((0.3, 0.9))), "drawn"))
    return text, found


def one_way(action: Action, entity_type: str, original: str) -> str:
    """A result that ends in a letter, as the real one does."""
    del action, original
    return f"REDACTED_{entity_type}"


def scrambler(policy: Policy | None = None, naming: Naming | None = None) -> Scrambler:
    """A scrambler for one exchange."""
    return Scrambler(policy or Policy(name="test"), naming or Naming(KEY), one_way, VOCABULARY)


def scrambled(text: str, decisions: Sequence[Decision]) -> str:
    """The text that leaves."""
    return splice(text, edits_of(decisions))


def cut(text: str, sizes: Sequence[int]) -> list[str]:
    """The text in pieces of these sizes, again and again."""
    pieces: list[str] = []
    position, turn = 0, 0
    while position < len(text):
        size = sizes[turn % len(sizes)]
        pieces.append(text[position : position + size])
        position, turn = position + size, turn + 1
    return pieces


PARTS: Final = re.compile(r" ?[A-Za-z]{1,4}|\s|[^\sA-Za-z]{1,2}")
"""Pieces about as long as those of a byte-pair encoding."""
