"""Identifiers of the United Kingdom: NHS number, National Insurance number, UTR, driving licence."""

from __future__ import annotations

import re

from stdnum.gb import nhs

from proxy.detectors.patterns.page import outlines, words_of
from proxy.detectors.patterns.recogniser import Label, LabelRecogniser, Rule, RuleRecogniser

_NINO_BAD_START = ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def _nino(value: str) -> bool:
    return not value.upper().startswith(_NINO_BAD_START)


class UkIds(RuleRecogniser):
    """Formats with a checksum or a letter pattern that nothing else has."""

    name = "patterns.uk"
    digits = 6
    rules = (
        Rule(
            "UK_NHS",
            re.compile(r"(?<![\w.-])(?<!\d )\d{3}(?P<s>[ -])\d{3}(?P=s)\d{4}(?![\w-])"),
            0.8,
            check=nhs.is_valid,
            cues=words_of("nhs patient health gp surgery"),
            at_digit=True,
        ),
        Rule(
            "UK_NHS",
            re.compile(r"(?<![\w.-])\d{10}(?![\w-])"),
            0.85,
            check=nhs.is_valid,
            cues=words_of("nhs"),
            at_digit=True,
        ),
        Rule(
            "UK_NINO",
            re.compile(
                r"(?<!\w)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?P<s>[ -]?)\d\d(?P=s)\d\d(?P=s)\d\d(?P=s)[A-D](?!\w)"
            ),
            0.9,
            check=_nino,
            shows=outlines("AA00", "AA 00", "AA-00"),
        ),
        Rule(
            "UK_NINO",
            re.compile(r"(?<!\w)[a-ceghj-pr-tw-z]{2} ?\d\d ?\d\d ?\d\d ?[a-d](?!\w)"),
            0.85,
            check=_nino,
            cues=words_of("nino ni national insurance"),
        ),
        Rule(
            "DRIVER_LICENSE",
            re.compile(r"(?<!\w)[A-Z9]{5}[ ]?\d[0156]\d[0-3]\d\d[ ]?[A-Z9]{2}\d[A-Z]{2}(?: ?\d\d)?(?!\w)"),
            0.85,
            shows=outlines("0AA"),
        ),
    )


class LabelledUk(LabelRecogniser):
    """UK numbers known by their labels."""

    name = "patterns.uk_ids"
    labels = (
        Label("TAX_ID", "utr, unique taxpayer reference, unique tax reference", r"\d{5} ?\d{5}(?!\w)", 0.9),
        Label("UK_NHS", "nhs", r"\d{3}[ -]?\d{3}[ -]?\d{4}(?!\w)", 0.85),
    )
