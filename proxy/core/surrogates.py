"""Naming: which token an original gets in one exchange."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Protocol

from policies.model import check_entity_type
from proxy.core import links
from proxy.core.invented import Inventor
from proxy.core.links import PERSON, Persons, name_words, normalised
from proxy.core.tokens import mint


def naming_key_of_session(naming_key: bytes, session: str) -> bytes:
    """Key for policies with `scope: session`: names differ from session to session."""
    return hmac.digest(naming_key, b"session\x1f" + session.encode(), "sha256")


def one_way_key(naming_key: bytes) -> bytes:
    """Key for rules with `one_way`: their tokens are none of those that stand for originals in a vault."""
    return hmac.digest(naming_key, b"one way", "sha256")


def is_token(entity_type: str, surrogate: str) -> bool:
    """Whether a surrogate of this type is a token: what is invented never begins with the type's name."""
    return surrogate.startswith(f"{entity_type}_")


_INVENTIONS = 8
"""How many values are invented for an original before it gets a token."""


class InventedNames:
    """Which people the words of invented names stand for: "Brown" must not mean the other Brown."""

    __slots__ = ("_alone", "_people")

    def __init__(self) -> None:
        self._people: dict[str, set[str]] = {}
        self._alone: dict[str, set[str]] = {}

    def add(self, person: str, name: str) -> None:
        """`name` stands for this person from now on, whole or (a single word) for short."""
        words = _whole_words(name)
        for word in words:
            self._people.setdefault(word, set()).add(person)
            if len(words) == 1:
                self._alone.setdefault(word, set()).add(person)

    def are_free(self, person: str, name: str, *, strict: bool) -> bool:
        """Whether no word of the name that stands alone, here or there, is another person's; `strict`: none at all."""
        words = _whole_words(name)
        taken = self._people if strict or len(words) == 1 else self._alone
        return all(taken.get(word, set()) <= {person} for word in words)


def _whole_words(name: str) -> tuple[str, ...]:
    """The words of a name without initials, which many share and nobody is called by."""
    return tuple(word for word in name_words(name) if len(word) > 1)


class Earlier(links.Earlier, Protocol):
    """Tokens of earlier turns that this exchange has not given yet."""

    def token(self, entity_type: str, original: str) -> str | None:
        """The token that this original got."""
        ...

    def original(self, token: str) -> str | None:
        """What a token stands for."""
        ...


@dataclass(slots=True)
class Naming:
    """Gives tokens to originals, the same one for the same original.

    `key` belongs to the vault owner (docs/architecture.md, rule 4). `attempts` holds the originals whose first token
    already stands for something else in the session, with the number of the next try.
    """

    key: bytes = field(repr=False)
    attempts: dict[tuple[str, str], int] = field(default_factory=dict, repr=False)
    persons: Persons = field(default_factory=Persons, repr=False)
    given: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    """Tokens given so far: a link that a later text would allow does not rename an earlier original."""
    inventor: Inventor | None = None
    """Makes realistic surrogates; without one there are tokens only."""
    invented: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    plain: set[tuple[str, str]] = field(default_factory=set, repr=False)
    """Originals that get tokens, for no invented value is fit to stand for them."""
    _earlier: Earlier | None = field(default=None, repr=False)
    _originals: dict[str, str] = field(default_factory=dict, repr=False)
    _names: InventedNames = field(default_factory=InventedNames, repr=False)

    def go_on_from(self, earlier: Earlier) -> None:
        """Go on with the tokens of earlier turns: they are asked for by their originals, and the other way round."""
        self._earlier = earlier
        self.persons.go_on_from(earlier)

    def surrogate(self, entity_type: str, original: str) -> str:
        """A realistic value for an original where one can be made, else its token."""
        place = (entity_type, original)
        if self.inventor is None or place in self.plain:
            return self.token(entity_type, original)
        value = self.invented.get(place)
        for tries in range(_INVENTIONS):
            if value is not None and self._is_free(entity_type, original, value, tries):
                self.take_over(entity_type, original, value)
                return value
            value = self._invented(entity_type, original)
            if value is None:
                break
            if not self._is_free(entity_type, original, value, tries + 1):
                self._next(entity_type, original)
        self.plain.add(place)
        return self.token(entity_type, original)

    def _is_free(self, entity_type: str, original: str, value: str, tries: int) -> bool:
        """Whether an invented value stands for nobody else, and no name that is written short could mean two people.

        That no two people share an invented name at all is tried for a while only: names are few.
        """
        if self._originals.get(value, original) != original:
            return False
        if entity_type != PERSON or self.invented.get((entity_type, original)) == value:
            return True
        return self._names.are_free(self._family(original), value, strict=tries <= _INVENTIONS // 2)

    def _family(self, original: str) -> str:
        """Whom a name belongs to: the person met before, or whoever bears it."""
        return self.persons.linked(PERSON, original) or " ".join(name_words(original))

    def _invented(self, entity_type: str, original: str) -> str | None:
        attempt = self.attempts.get((entity_type, original), 0)
        person = self.persons.linked(entity_type, original)
        value = person or (" ".join(name_words(original)) if entity_type == PERSON else normalised(original))
        family = PERSON if person is not None else entity_type
        shared = hmac.digest(self.key, _message("invented", family, value, attempt), "sha256")
        spelt = hmac.digest(self.key, _message("invented spelling", entity_type, original, attempt), "sha256")
        return self.inventor(entity_type, original, shared, spelt, person) if self.inventor is not None else None

    def token(self, entity_type: str, original: str) -> str:
        """Token of an original, linked to a person met before where exactly one fits.

        Never one that stands for another original already: two spellings of a value differ in ten bits only. Raises
        ValueError for what cannot be an entity type.
        """
        token = self.given.get((entity_type, original))
        if token is None and self._earlier is not None:
            token = self._earlier.token(entity_type, original)
        if token is None:
            token = self._minted(entity_type, original)
            while self._stands_for(token, original) != original:
                self._next(entity_type, original)
                token = self._minted(entity_type, original)
            self.take_over(entity_type, original, token)
        return token

    def _stands_for(self, token: str, original: str) -> str:
        """What a token stands for already, else `original`."""
        known = self._originals.get(token)
        if known is None and self._earlier is not None:
            known = self._earlier.original(token)
        return original if known is None else known

    def take_over(self, entity_type: str, original: str, token: str) -> None:
        """Go on with a token or an invented value that was given in an earlier exchange."""
        given = self.given if is_token(entity_type, token) else self.invented
        given[entity_type, original] = token
        self._originals[token] = original
        if given is self.invented and entity_type == PERSON:
            self._names.add(self._family(original), token)

    def _minted(self, entity_type: str, original: str) -> str:
        attempt = self.attempts.get((entity_type, original), 0)
        person = self.persons.linked(entity_type, original)
        family, value = (PERSON, person) if person is not None else (entity_type, normalised(original))
        return mint(self.key, check_entity_type(entity_type), f"{family}\x1f{value}", original, attempt)

    def collided(self, entity_type: str, original: str) -> None:
        """Take the next surrogate for this original from now on."""
        for given in (self.given, self.invented):
            surrogate = given.pop((entity_type, original), None)
            if surrogate is not None:
                self._originals.pop(surrogate, None)
        self._next(entity_type, original)

    def _next(self, entity_type: str, original: str) -> None:
        self.attempts[entity_type, original] = self.attempts.get((entity_type, original), 0) + 1


def _message(purpose: str, family: str, value: str, attempt: int) -> bytes:
    return f"{purpose}\x1f{family}\x1f{value}\x1f{attempt}".encode("utf-8", "surrogatepass")
