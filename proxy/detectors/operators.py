"""One-way actions as presidio-anonymizer operators: what they put in an original's place cannot be restored.

`mask` keeps a little, `generalize` makes coarser, `hash` names equal values alike, `redact` leaves the entity type.
Where one of them cannot be sure of its result, it redacts. No result can be taken for a token.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Any, Final

from policies.entity_types import ENTITY_TYPES
from policies.model import Action
from proxy.core.links import normalised
from proxy.core.tokens import LITERAL, look_alikes
from proxy.detectors.anonymizer import Operator, OperatorType
from proxy.detectors.operators_generalize import generalized
from proxy.detectors.operators_mask import masked

_TYPES: Final = frozenset(ENTITY_TYPES) | {LITERAL}
_HASH_LETTERS: Final = "BCDFGHJKMNPQRSTV"
"""Sixteen letters for four bits each: no vowel makes a word, no digit makes a number that detectors look for."""
_GROUP, _GROUPS = 5, 4
"""A hash has 80 bits in groups of five letters: a token's core has eight."""


class _OneWayOperator(Operator):
    """Base: every operator of ours needs to know the entity type."""

    name: str
    needed: tuple[str, ...] = ("entity_type",)

    def validate(self, params: dict[str, Any] | None = None) -> None:
        """Raise ValueError when a parameter is missing; the message names it, never a value."""
        for name in self.needed:
            if not (params or {}).get(name):
                raise ValueError(f"the parameter {name!r} is missing")

    def operator_name(self) -> str:
        """Name of the operator."""
        return self.name

    def operator_type(self) -> OperatorType:
        """It anonymises."""
        return OperatorType.Anonymize


class StingRedact(_OneWayOperator):
    """Puts `REDACTED_` and the entity type in the place of the original: letters that survive any text format."""

    name = "sting_redact"

    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:  # noqa: ARG002 - the original does not matter
        """What stands in the place of `text`."""
        return f"REDACTED_{(params or {})['entity_type']}"


class StingMask(StingRedact):
    """Hides all but what `operators_mask.MASKS` says for the entity type."""

    name = "sting_mask"

    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:
        """`text` masked, or redacted when there is no mask for it."""
        return masked((params or {})["entity_type"], text) or super().operate(text, params)


class StingGeneralize(StingRedact):
    """Makes coarser by `operators_generalize.COARSER`; `params["year"]` is this year."""

    name = "sting_generalize"
    needed = ("entity_type", "year")

    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:
        """`text` made coarser, or redacted when that cannot be."""
        given = params or {}
        return generalized(given["entity_type"], text, given["year"]) or super().operate(text, params)


class StingHash(_OneWayOperator):
    """HMAC-SHA-256 of type and normalised value under `params["key"]`, 80 bits of it.

    Presidio's own Hash is a plain digest of value and salt; names and dates are few enough to be tried one by one, so
    nothing but a secret key protects them.
    """

    name = "sting_hash"
    needed = ("entity_type", "key")

    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:
        """`HASHED_`, the type, `/` and twenty letters: the same for the same value, whatever its case and spaces."""
        given = params or {}
        message = f"hash\x1f{given['entity_type']}\x1f{normalised(text)}".encode("utf-8", "surrogatepass")
        digits = hmac.digest(given["key"], message, "sha256").hex()
        letters = "".join(_HASH_LETTERS[int(digit, 16)] for digit in digits[: _GROUP * _GROUPS])
        groups = (letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))
        # No underscore before the letters: behind `USERNAME_` a detector would take them for somebody's name.
        return f"HASHED_{given['entity_type']}/{'-'.join(groups)}"


OPERATORS: Final[dict[Action, Operator]] = {
    Action.REDACT: StingRedact(),
    Action.MASK: StingMask(),
    Action.HASH: StingHash(),
    Action.GENERALIZE: StingGeneralize(),
}
"""The operator of every one-way action."""


@dataclass(frozen=True, slots=True)
class OneWay:
    """Carries out one-way actions for one exchange; the core calls it.

    `key`: the naming key of the vault's owner, of the session where the policy says `linkable: false`; hashes are made
    under a key of their own derived from it. `year`: this year (UTC), for what tells of an age over 89.
    """

    key: bytes = field(repr=False)
    year: int

    def __call__(self, action: Action, entity_type: str, original: str) -> str:
        """What stands in the place of an original. Raises KeyError for an action that is not one-way."""
        operator = OPERATORS[action]
        params = {"entity_type": entity_type, "key": self._hash_key(), "year": self.year}
        operator.validate(params)
        result: str = operator.operate(original, params)
        return f"REDACTED_{entity_type}" if look_alikes(result, _TYPES) else result

    def _hash_key(self) -> bytes:
        return hmac.digest(self.key, b"one-way hash", "sha256")
