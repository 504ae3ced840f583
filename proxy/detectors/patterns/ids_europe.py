"""National identifiers of Germany, France, Spain, Italy, the Netherlands and Poland, by checksum."""

from __future__ import annotations

import re

from stdnum.de import idnr
from stdnum.es import cif, dni, nie
from stdnum.fr import nif as fr_nif
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import nip, pesel

from proxy.detectors.patterns.page import outlines, words_of
from proxy.detectors.patterns.recogniser import Rule, RuleRecogniser

_TAX = (
    "steuer steuerid steuernummer steueridentifikationsnummer identifikationsnummer idnr tin tax taxpayer steuernr id"
)


def _de_card(value: str) -> bool:
    """German identity card and passport: nine characters and a check digit, weights 7, 3, 1 (ICAO 9303)."""
    value = value.upper()
    if sum(char.isdigit() for char in value) < 2:  # noqa: PLR2004 - a word is no serial number
        return False
    if len(value) == 9:  # noqa: PLR2004 - written without the check digit
        return True
    worth = [int(char, 36) for char in value[:9]]
    return sum(one * (7, 3, 1)[at % 3] for at, one in enumerate(worth)) % 10 == int(value[9])


class EuropeIds(RuleRecogniser):
    """Numbers that need a cue are those that a random number passes too often."""

    name = "patterns.europe"
    digits = 7
    rules = (
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<![\w.-])[1-9]\d ?\d{3} ?\d{3} ?\d{3}(?![\w-])"),
            0.9,
            check=idnr.is_valid,
            cues=words_of(_TAX),
            at_digit=True,
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<!\w)\d{2} ?[0-3]\d[01]\d\d\d ?[A-Z] ?\d{3}(?!\w)"),
            0.8,
            at_digit=True,
            shows=outlines("000000A", "000000 A"),
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<!\w)[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}\d?(?!\w)"),
            0.8,
            check=_de_card,
            cues=words_of(
                "personalausweis ausweis ausweisnummer personalausweisnummer reisepass reisepassnummer passnummer"
            ),
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(
                r"(?<![\w.-])[1-478] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d(?![\w-])"
            ),
            0.92,
            check=nir.is_valid,
            at_digit=True,
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<![\w.-])[0-3]\d ?\d\d ?\d{3} ?\d{3} ?\d{3}(?![\w-])"),
            0.85,
            check=fr_nif.is_valid,
            cues=words_of("fiscal fiscale spi impôts impots nif tax"),
            at_digit=True,
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<!\w)\d{8}[ -]?[A-HJ-NP-TV-Z](?!\w)", re.IGNORECASE),
            0.9,
            check=dni.is_valid,
            at_digit=True,
            shows=outlines("00000000"),
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<!\w)\d{2}\.\d{3}\.\d{3}[ -]?[A-HJ-NP-TV-Z](?!\w)", re.IGNORECASE),
            0.9,
            check=lambda value: dni.is_valid(value.replace(".", "")),
            at_digit=True,
            shows=outlines("00.000.000"),
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<!\w)[XYZ][ -]?\d{7}[ -]?[A-HJ-NP-TV-Z](?!\w)", re.IGNORECASE),
            0.92,
            check=nie.is_valid,
            shows=outlines("0000000"),
        ),
        Rule(
            "TAX_ID",
            re.compile(r"(?<!\w)[A-HJNP-SUVW]-?\d{7}[0-9A-J](?!\w)"),
            0.8,
            check=cif.is_valid,
            cues=words_of("cif nif empresa sociedad"),
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(
                r"(?<!\w)[A-Z]{6} ?[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2} ?[A-Z][0-9LMNP-V]{3}[A-Z](?!\w)",
                re.IGNORECASE,
            ),
            0.95,
            check=codicefiscale.is_valid,
        ),
        Rule(
            "TAX_ID",
            re.compile(r"(?<!\w)(?:IT)?\d{11}(?!\w)"),
            0.8,
            check=lambda value: codicefiscale.is_valid(value.removeprefix("IT")),
            cues=words_of("iva partita vat"),
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(
                r"(?<![\w.-])\d{4}[ .-]?\d{2}[ .-]?\d{3}(?![\w-])|(?<![\w.-])\d{3}[ .-]?\d{3}[ .-]?\d{3}(?![\w-])"
            ),
            0.9,
            check=bsn.is_valid,
            cues=words_of("bsn burgerservicenummer sofinummer sofi citizen"),
            at_digit=True,
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<![\w.-])\d{11}(?![\w-])"),
            0.9,
            check=pesel.is_valid,
            cues=words_of("pesel"),
            at_digit=True,
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<![\w.,-])\d{11}(?![\w-])(?![.,]\d)"),
            0.5,
            check=pesel.is_valid,
            at_digit=True,
            shows=outlines("00000000000"),
        ),
        Rule(
            "TAX_ID",
            re.compile(r"(?<![\w.-])\d{3}-?\d{3}-?\d\d-?\d\d(?![\w-])"),
            0.85,
            check=nip.is_valid,
            cues=words_of("nip"),
            at_digit=True,
        ),
    )
