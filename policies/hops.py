"""How a hop of an exchange is secured, as the audit keeps it: one word per hop. Pure.

`TLSv1.3/TLS_AES_256_GCM_SHA384/sha256:HEX` names version, cipher and the server's certificate, `plain/loopback` what is
not encrypted and where it leads. What a trusted proxy says of its own client follows behind a semicolon.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Where = Literal["loopback", "private", "public", "socket", ""]
PLAIN = "plain"
_WORD = re.compile(r"[A-Za-z0-9._:-]{1,80}")


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop. `tls`: version, `plain`, or `https` where only that is known; `certificate` is `sha256:` and hex.

    `where`: what kind of address the other side of a plain connection has.
    """

    tls: str
    cipher: str = ""
    certificate: str = ""
    where: Where = ""

    def written(self) -> str:
        """The hop as one word."""
        if self.tls == PLAIN:
            return f"{PLAIN}/{self.where}".rstrip("/")
        return f"{self.tls}/{self.cipher}/{self.certificate}".rstrip("/")


def read_hops(text: str) -> list[Hop]:
    """The hops of one column: that of our own connection first; none where nothing was recorded."""
    return [_read(word) for word in text.split(";") if word]


def _read(word: str) -> Hop:
    first, *rest = word.split("/")
    if first == PLAIN:
        where: Where = next((one for one in ("loopback", "private", "public", "socket") if rest == [one]), "")
        return Hop(PLAIN, where=where)
    cipher, certificate = [*rest, "", ""][:2]
    return Hop(first, cipher, certificate)


def stated(version: str, cipher: str, scheme: str) -> Hop | None:
    """What a proxy's headers say of its client; None when they say nothing that is a plain word."""
    if _WORD.fullmatch(version):
        return Hop(version, cipher if _WORD.fullmatch(cipher) else "")
    return {"https": Hop("https"), "http": Hop(PLAIN)}.get(scheme)
