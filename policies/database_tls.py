"""TLS of the connections to PostgreSQL, out of the query of `database.url`, in libpq's own words."""

from __future__ import annotations

import ssl
from pathlib import Path

from sqlalchemy import URL

from policies.settings import SettingsError

_WORDS = ("sslmode", "sslrootcert", "sslcert", "sslkey")
_MODES = ("disable", "require", "verify-ca", "verify-full")


def split_tls(url: URL) -> tuple[URL, ssl.SSLContext | bool | None]:
    """The address without its TLS words, and what they mean: a context, False (no TLS), None when it has none of them.

    `sslmode`: disable, require (encrypted, whoever answers), verify-ca, verify-full (the default beside other words).
    `sslrootcert`: authorities to trust instead of the system's. `sslcert`, `sslkey`: what we show the server.
    Raises SettingsError, which names no path's contents.
    """
    words = {name: str(value) for name, value in url.query.items() if name in _WORDS}
    if not words:
        return url, None
    mode = words.get("sslmode", "verify-full")
    if mode not in _MODES:
        raise SettingsError(f"database.url: sslmode is one of {', '.join(_MODES)}")
    if ("sslcert" in words) != ("sslkey" in words):
        raise SettingsError("database.url: sslcert and sslkey belong together")
    bare = url.difference_update_query(_WORDS)
    if mode == "disable":
        return bare, False
    try:
        return bare, _context(mode, words)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise SettingsError(f"database.url: a certificate or key cannot be used: {type(error).__name__}") from None


def _context(mode: str, words: dict[str, str]) -> ssl.SSLContext:
    roots = Path(words["sslrootcert"]) if "sslrootcert" in words else None
    context = ssl.create_default_context(cafile=roots)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = mode == "verify-full"
    if mode == "require":
        context.verify_mode = ssl.CERT_NONE
    if "sslcert" in words:
        context.load_cert_chain(words["sslcert"], words["sslkey"], password=_no_password)
    return context


def _no_password() -> str:
    raise ValueError("the key is encrypted")
