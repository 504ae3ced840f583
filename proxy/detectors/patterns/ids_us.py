"""Identifiers of the United States: SSN, ITIN, EIN, passport, driver's licence, Medicare number, NPI, DEA number."""

# ruff: noqa: RUF001 - apostrophes and dashes as people type them
# ruff: noqa: PLR2004 - lengths and ranges stand in the definition beside them
from __future__ import annotations

import re

from stdnum import luhn

from proxy.detectors.patterns.page import outlines
from proxy.detectors.patterns.recogniser import Label, LabelRecogniser, Rule, RuleRecogniser


def _ssn(value: str) -> bool:
    digits = re.sub(r"\D", "", value)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and group != "00" and serial != "0000" and len(set(digits)) > 1


def _itin(value: str) -> bool:
    """Issued ITINs: 9xx and a group of 50-65, 70-88, 90-92 or 94-99 (IRS)."""
    group = int(re.sub(r"\D", "", value)[3:5])
    return 50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or group >= 94


class SocialSecurity(RuleRecogniser):
    """Three, two and four digits; bare nine digits only behind a word for it."""

    name = "patterns.us_ssn"
    digits = 9
    rules = (
        Rule(
            "US_ITIN",
            re.compile(r"(?<![\w-])9\d\d(?P<s>[- ])\d\d(?P=s)\d{4}(?![\w-])"),
            0.9,
            check=_itin,
            at_digit=True,
            shows=outlines("000-00-0000", "000 00 0000"),
        ),
        Rule(
            "US_SSN",
            re.compile(r"(?<![^\W_])(?<![.-])(?<!\d )\d{3}(?P<s>[-–.])\d{2}(?P=s)\d{4}(?!-|[^\W_])(?!\.\d)"),
            0.88,
            check=_ssn,
            at_digit=True,
            shows=outlines("000-00-0000", "000–00–0000", "000.00.0000"),
        ),
        Rule(
            "US_SSN",
            re.compile(r"(?<![\w.-])(?<!\d )\d{3} \d{2} \d{4}(?![\w-])(?! \d)"),
            0.6,
            check=_ssn,
            at_digit=True,
            shows=outlines("000 00 0000"),
        ),
    )


class MaskedSocialSecurity(RuleRecogniser):
    """An SSN whose first five digits are masked already: the last four name a person to whoever knows the rest."""

    name = "patterns.us_ssn_masked"
    digits = 4
    rules = (Rule("US_SSN", re.compile(r"(?P<m>[Xx*•#])(?<![\w*•-].)(?P=m){2}[- ](?P=m){2}[- ]\d{4}(?![\w-])"), 0.88),)


class LabelledUs(LabelRecogniser):
    """Identifiers without a telling format of their own, known by their labels."""

    name = "patterns.us_ids"
    labels = (
        Label(
            "US_SSN",
            "ssn, social security, social security number, soc sec, social",
            r"[\dXx*]{3}[- ]?[\dXx*]{2}[- ]?[\dXx*]{4}(?![\w])",
            0.9,
            lambda value, _: any(c.isdigit() for c in value),
        ),
        Label("US_ITIN", "itin, individual taxpayer identification", r"9\d\d[- ]?\d\d[- ]?\d{4}(?!\w)", 0.95),
        Label("TAX_ID", "ein, fein, federal tax, employer identification", r"\d{2}[- ]?\d{7}(?!\w)", 0.9),
        Label(
            "US_PASSPORT",
            "us passport, u s passport, american passport, united states passport",
            r"(?:[A-Z]\d{8}|\d{9})(?!\w)",
            0.9,
        ),
        Label(
            "US_DRIVER_LICENSE",
            "driver license, drivers license, driver’s license, driver's license, driving license, dl, "
            "license, drivers lic, driver lic, driver licence, drivers licence, driver's licence, driver’s "
            "licence, driving licence, state id, operator license",
            r"(?:(?:[A-Z]{2}[_-])?DL[ :_-]{0,2})?[A-Z0-9]{1,5}(?:[-_ ]?[A-Z]{0,3}\d[A-Z0-9]{0,15}){1,5}(?!\w)",
            0.75,
            lambda value, linked: sum(c.isdigit() for c in value) >= 5 and (linked or len(value) > 6),
        ),
        Label(
            "MEMBER_ID",
            "medicare, mbi, medicare beneficiary, medicare id",
            r"[1-9][A-Z][A-Z0-9]\d-?[A-Z][A-Z0-9]\d-?[A-Z]{2}\d\d(?!\w)",
            0.95,
        ),
        Label(
            "NPI",
            "npi, national provider identifier, national provider",
            r"[12]\d{9}(?!\w)",
            0.9,
            lambda value, _: luhn.is_valid("80840" + value),
        ),
        Label("MEDICAL_LICENSE", "dea, dea number", r"[A-Z][A-Z9]\d{7}(?!\w)", 0.9),
    )
