"""Naming: which token an original gets in one exchange."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from policies.model import check_entity_type
from proxy.core.links import PERSON, Persons, normalised
from proxy.core.tokens import mint


def naming_key_of_session(naming_key: bytes, session: str) -> bytes:
    """Key for policies with `linkable: false`: names differ from session to session."""
    return hmac.digest(naming_key, b"session\x1f" + session.encode(), "sha256")


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
    _originals: dict[str, str] = field(default_factory=dict, repr=False)

    def token(self, entity_type: str, original: str) -> str:
        """Token of an original, linked to a person met before where exactly one fits.

        Never one that stands for another original already: two spellings of a value differ in ten bits only. Raises
        ValueError for what cannot be an entity type.
        """
        token = self.given.get((entity_type, original))
        if token is None:
            token = self._minted(entity_type, original)
            while self._originals.get(token, original) != original:
                self._next(entity_type, original)
                token = self._minted(entity_type, original)
            self.take_over(entity_type, original, token)
        return token

    def take_over(self, entity_type: str, original: str, token: str) -> None:
        """Go on with a token that was given in an earlier exchange."""
        self.given[entity_type, original] = token
        self._originals[token] = original

    def _minted(self, entity_type: str, original: str) -> str:
        attempt = self.attempts.get((entity_type, original), 0)
        person = self.persons.linked(entity_type, original)
        family, value = (PERSON, person) if person is not None else (entity_type, normalised(original))
        return mint(self.key, check_entity_type(entity_type), f"{family}\x1f{value}", original, attempt)

    def collided(self, entity_type: str, original: str) -> None:
        """Take the next token for this original from now on."""
        token = self.given.pop((entity_type, original), None)
        if token is not None:
            self._originals.pop(token, None)
        self._next(entity_type, original)

    def _next(self, entity_type: str, original: str) -> None:
        self.attempts[entity_type, original] = self.attempts.get((entity_type, original), 0) + 1
