"""Passwords of people: what is accepted, and how it is kept (argon2id, with the library's own recommended costs)."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_LENGTH = 12
MAX_LENGTH = 256
_MIN_DISTINCT = 6
_COMMON = re.compile(
    "passwor[dt]|passphrase|letmein|welcome|admin(?:istrator)?|qwert[yz](?:uiop)?|asdfgh(?:jkl)?|iloveyou|changeme"
    "|abcdef(?:gh)?|123456(?:789)?|sting"
)
_AGAIN = re.compile(r"(.+)\1+")
_MIN_OWN = 6
"""Letters that are no part of what everybody types."""
_threads = ThreadPoolExecutor(2, "argon2")
"""A hash takes 64 MiB: many logins at once shall not take the machine's memory."""


def password_fault(password: str, email: str = "") -> str | None:
    """What is wrong with a new password, as a sentence; None when nothing is (NIST SP 800-63B)."""
    plain = password.lower()
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters; a few words in a row are easy to remember."
    if len(set(plain)) < _MIN_DISTINCT:
        return f"Use at least {_MIN_DISTINCT} different characters."
    own = sum(one.isalpha() for one in _COMMON.sub("", plain))
    if (own < _MIN_OWN and _COMMON.search(plain)) or _AGAIN.fullmatch(plain):
        return "This is among the first passwords that are tried. Use a few words that belong to you alone."
    name = email.partition("@")[0].lower()
    if len(name) > 3 and name in plain:  # noqa: PLR2004 - shorter names are parts of many words
        return "The password must not hold your e-mail name."
    return None


async def hashed(password: str) -> str:
    """The argon2id hash to keep."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hash, password)


async def matches(kept: str | None, password: str) -> bool:
    """Whether it is the password; without one to compare with it takes as long and is False."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _fits, kept, password)


def _hash(password: str) -> str:
    return _hasher().hash(password)


def _fits(kept: str | None, password: str) -> bool:
    from argon2.exceptions import Argon2Error, InvalidHashError  # noqa: PLC0415 - commands without people need it not

    try:
        _hasher().verify(kept or _nobody(), password)
    except (Argon2Error, InvalidHashError):
        return False
    return kept is not None


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - commands without people need it not

    return PasswordHasher()


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher().hash("nobody has this password")
