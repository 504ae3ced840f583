"""Arguments of the vault's scripts: entries sorted, sealed and packed, and opened again."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any

from proxy.errors import VaultUnavailable
from proxy.vault import sealing
from proxy.vault.base import OpenSession
from proxy.vault.connection import Argument

DATA_KEY_FIELD = "k"
EDITION_FIELD = "e"
RESERVED = frozenset({DATA_KEY_FIELD, EDITION_FIELD})
_FEW = 8
"""Known tokens up to which their names are sent (scripts.SAVE counts up to the same)."""
_EDITION_BYTES = 12


def refuse_reserved(entries: Mapping[str, str]) -> None:
    """Raise ValueError for the names of the session's own fields."""
    for name in RESERVED & entries.keys():
        raise ValueError(f"{name!r} is no token: it is a field of the session's own")


def taken_in(known: Mapping[str, str], entries: Mapping[str, str]) -> dict[str, str]:
    """Stored originals of the tokens that stand for another one than `entries` says."""
    if known == entries:  # most often all of them are known, and equal
        return {}
    return {token: known[token] for token in entries if token in known and known[token] != entries[token]}


def sorted_out(
    session: OpenSession, entries: Mapping[str, str]
) -> tuple[dict[str, str], Collection[str], dict[str, bytes]]:
    """Entries whose token stands for another original, those that are stored, and the new ones, sealed."""
    known = session.known
    if entries == known:
        return {}, entries.keys(), {}
    new = {token: original for token, original in entries.items() if token not in known}
    return taken_in(known, entries), [token for token in entries if token in known], _sealed(session, new)


def _sealed(session: OpenSession, entries: Mapping[str, str]) -> dict[str, bytes]:
    return sealing.seal(entries, session.data_key, session.scope)


def save_arguments(
    session: OpenSession, settled: Collection[str], sealed: Mapping[str, bytes], noted: Collection[str] = ()
) -> list[Argument]:
    """Arguments of scripts.SAVE up to the intent; `settled` and `noted` are known to be stored."""
    pairs: list[Any] = [part for entry in sealed.items() for part in entry]
    edition = session.edition if len(settled) + len(noted) > _FEW else b""
    names = () if edition else (*settled, *noted)
    counts = (len(names), len(sealed))
    following = os.urandom(_EDITION_BYTES) if sealed else b""  # where nothing is new there is no other edition
    return [session.stamp, session.scope.ttl, *counts, edition, following, *names, *pairs]


def begin_arguments(session: OpenSession, entries: Mapping[str, str]) -> tuple[bytes, list[Argument]]:
    """Arguments of scripts.BEGIN up to the intent, and the edition that a session with these entries gets."""
    sealed = _sealed(session, entries)
    edition = os.urandom(_EDITION_BYTES) if len(sealed) > _FEW else b""
    pairs: list[Any] = [part for entry in sealed.items() for part in entry]
    return edition, [session.stamp, session.scope.ttl, edition, len(sealed), *pairs]


def opened(session: OpenSession, values: Mapping[str, bytes | None]) -> dict[str, str]:
    """Originals of the sealed `values` that are there; raises VaultUnavailable when one was altered."""
    try:
        return {
            token: sealing.unseal(sealed, session.data_key, session.scope, token)
            for token, sealed in values.items()
            if sealed is not None
        }
    except sealing.Unsealable:
        pass
    raise VaultUnavailable("An entry of a session does not open: it was altered in Redis.")
