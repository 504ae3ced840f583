"""What a virtual key is, and the principal that it makes of a request. Pure; secrets are made here, never kept."""

from __future__ import annotations

import fnmatch
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from policies.sections import KeyLimits

SECRET_PREFIX = "sk-sting-"  # noqa: S105 - the public beginning of every secret
_SECRET_BYTES = 32
_SHOWN = len(SECRET_PREFIX) + 4
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE62_LENGTH = 43  # 62**43 > 2**256
NO_LIMITS = KeyLimits()


@dataclass(frozen=True, slots=True)
class Principal:
    """On whose behalf an exchange runs.

    `key_id` is stable: rotation keeps it. `owner` names the vault (docs/architecture.md, rule 4). `policy` None means
    the default one; `policies` is what the header may ask for (None: its own and every stricter one, `*`: all).
    `models` are shell patterns of public model names. `team`: who pays, and whose floor holds; empty for none.
    """

    key_id: str
    key_name: str
    tenant: str
    owner: str
    policy: str | None
    policies: tuple[str, ...] | None
    models: tuple[str, ...]
    roles: frozenset[str]
    limits: KeyLimits = NO_LIMITS
    team: str = ""

    def may_use_model(self, model: str) -> bool:
        """True when a pattern of the key matches the public model name."""
        return any(pattern == "*" or fnmatch.fnmatchcase(model, pattern) for pattern in self.models)

    def has_role(self, role: str) -> bool:
        """True for a role of the key; admin includes no other role."""
        return role in self.roles


@dataclass(frozen=True, slots=True)
class VirtualKey:
    """A virtual key as it is listed: everything but its secret. Times are UTC milliseconds since 1970.

    `prefix` is the part of the secret that may be shown; `source` is `config` or `database`.
    """

    principal: Principal
    prefix: str
    source: str
    created_at: int | None = None
    expires_at: int | None = None
    revoked_at: int | None = None

    def is_valid(self, now: int) -> bool:
        """True while it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def owner_of(key_id: str, vault: str | None) -> str:
    """The vault owner: the shared vault by name, else the key itself. The two can never be mistaken."""
    return f"vault:{vault}" if vault else f"key:{key_id}"


def new_secret(random: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A secret of 256 random bits: `sk-sting-` and 43 letters and digits."""
    number = int.from_bytes(random(_SECRET_BYTES), "big")
    letters = []
    for _ in range(_BASE62_LENGTH):
        number, digit = divmod(number, len(_BASE62))
        letters.append(_BASE62[digit])
    return SECRET_PREFIX + "".join(reversed(letters))


def secret_digest(secret: str) -> str:
    """SHA-256 (hex) of a secret that `new_secret` made.

    A plain digest is enough for 256 random bits: nothing can be guessed from it. Bootstrap secrets may be weaker and
    are never stored in any form.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def shown_prefix(secret: str) -> str:
    """The first characters of a secret, enough to recognise it by: 4 of its 43 random ones (24 of 256 bits)."""
    return secret[:_SHOWN]
