"""Persons linked: "John Smith", "Mr Smith" and "john.smith@example.com" of one conversation belong together.

A link is made at first sight and never revised; where two persons could be meant, none is made.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_TITLES: Final = frozenset(
    (
        "mr mrs ms miss mx dr prof professor sir madam herr frau hr fr dipl ing m mme mlle monsieur madame "
        "sr sra srta señor señora don doña sig sigra signor signora dhr mevr pan pani"
    ).split(),
)
_MAIL_TYPES: Final = frozenset({"EMAIL_ADDRESS", "USERNAME"})
PERSON: Final = "PERSON"
MANY: Final = 256
"""Persons sharing a word from which on it links nobody: thousands of namesakes must not cost their square."""


def normalised(value: str) -> str:
    """Form under which spellings of one value are equal: compatibility letters, case and white space folded."""
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def name_words(value: str) -> tuple[str, ...]:
    """Words of a person's name in lower case, titles left out."""
    words = (word.casefold() for word in _WORD.findall(unicodedata.normalize("NFKC", value)))
    return tuple(word for word in words if word not in _TITLES)


class Earlier(Protocol):
    """Persons of earlier turns that nobody has met in this exchange yet."""

    def persons(self, word: str) -> Iterable[tuple[str, ...]]:
        """The full names that have this word."""
        ...


class Persons:
    """The persons seen so far in one conversation, in the order of the text. Not shared between exchanges."""

    __slots__ = ("_asked", "_by_word", "_earlier")

    def __init__(self) -> None:
        self._by_word: dict[str, dict[tuple[str, ...], None]] = {}
        self._earlier: Earlier | None = None
        self._asked: set[str] = set()

    def go_on_from(self, earlier: Earlier) -> None:
        """Know these persons, too: they are asked for by their words."""
        self._earlier = earlier

    def meet(self, value: str) -> None:
        """Remember a full name (two words or more) as someone whom later parts may belong to."""
        words = name_words(value)
        if len(words) < 2:  # noqa: PLR2004 - a single word is a part, not a full name
            return
        for word in set(words):
            self._by_word.setdefault(word, {})[words] = None

    def linked(self, entity_type: str, value: str) -> str | None:
        """Full name (normalised) of the one person that `value` belongs to; None for no person and for several."""
        words = self._words(entity_type, value)
        if not words:
            return None
        persons = min((self._of(word) for word in words), key=len)
        if len(persons) > MANY:
            return None
        candidates = [full for full in persons if set(words) <= set(full)]
        return " ".join(candidates[0]) if len(candidates) == 1 else None

    def _of(self, word: str) -> Mapping[tuple[str, ...], None]:
        """Everybody whose name has this word."""
        if self._earlier is not None and word not in self._asked:
            self._asked.add(word)
            for full in self._earlier.persons(word):
                self._by_word.setdefault(word, {})[full] = None
        return self._by_word.get(word, {})

    def _words(self, entity_type: str, value: str) -> tuple[str, ...]:
        if entity_type == PERSON:
            return name_words(value)
        if entity_type in _MAIL_TYPES:
            # Two words of a name in the local part are a link ("john.smith@"), one ("info@", "john@") is none.
            words = name_words(re.sub(r"[._+-]", " ", value.split("@", 1)[0]))
            return words if len(words) > 1 else ()
        return ()
