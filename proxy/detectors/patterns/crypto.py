"""Wallet addresses of crypto currencies, by checksum where the format has one."""

from __future__ import annotations

import hashlib
import re

from proxy.detectors.patterns.recogniser import Rule, RuleRecogniser

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_SET = frozenset(_BECH32)
"""An expression that ignores case takes other characters for letters as well: the long s."""
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_SUMS = (1, 0x2BC830A3)


def _base58check(value: str) -> bool:
    """Whether the last four bytes are the double SHA-256 of the rest (Bitcoin's Base58Check)."""
    number = 0
    for char in value:
        number = number * 58 + _BASE58.index(char)
    data = number.to_bytes(max(25, (number.bit_length() + 7) // 8), "big")
    if len(data) != 25:  # noqa: PLR2004 - version, 20 bytes of hash, 4 of checksum
        return False
    return hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()[:4] == data[-4:]


def _bech32(value: str) -> bool:
    """Whether the polymod of BIP 173 (or BIP 350) fits."""
    prefix, _, data = value.lower().rpartition("1")
    if value not in (value.lower(), value.upper()) or not _BECH32_SET.issuperset(data):
        return False
    numbers = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    numbers += [_BECH32.index(char) for char in data]
    checksum = 1
    for number in numbers:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ number
        for bit, generator in enumerate(_GENERATORS):
            checksum ^= generator if (top >> bit) & 1 else 0
    return checksum in _BECH32_SUMS


class Crypto(RuleRecogniser):
    """Bitcoin, Litecoin, Dogecoin, Tron by Base58Check, segwit by Bech32, Ethereum by form."""

    name = "patterns.crypto"
    digits = 1
    rules = (
        Rule(
            "CRYPTO",
            re.compile(r"[13LMDAT9](?<!\w.)[1-9A-HJ-NP-Za-km-z]{25,34}(?!\w)"),
            0.97,
            check=_base58check,
            noisy=True,
            run=26,
        ),
        Rule(
            "CRYPTO",
            re.compile(
                rf"[BbTtLl](?<!\w.)(?:(?<=[Bb])[Cc]|(?<=[Tt])[Bb]|(?<=[Ll])[Tt][Cc])1(?i:[{_BECH32}]{{25,71}})(?!\w)"
            ),
            0.97,
            check=_bech32,
            noisy=True,
        ),
        Rule("CRYPTO", re.compile(r"0x(?<!\w..)[0-9a-fA-F]{40}(?!\w)"), 0.9, noisy=True, run=42),
    )
