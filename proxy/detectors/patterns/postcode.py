"""Postcodes of eleven countries: by format where it is telling, else by label or beside a state or country."""

# ruff: noqa: E501 - one expression a line reads better than a broken one
from __future__ import annotations

import re

from proxy.detectors.patterns.page import outlines, words_of
from proxy.detectors.patterns.recogniser import Label, LabelRecogniser, Rule, RuleRecogniser

_STATES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA "
    "RI SC SD TN TX UT VT VA WA WV WI WY DC PR"
).replace(" ", "|")


class Postcode(RuleRecogniser):
    """United Kingdom and Canada by format; US ZIP behind a state; others beside a place or a cue."""

    name = "patterns.postcode"
    digits = 2
    _CUES = words_of(
        "address adresse indirizzo dirección adres endereço street road city town live lives postcode zip zipcode postal plz cep kod code located ship deliver delivery pincode"
    )
    _IRISH = words_of("ireland dublin cork limerick galway waterford kildare wicklow meath kerry mayo clare co county")
    rules = (
        Rule("POSTCODE", re.compile(r"(?<![\w-])(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d|[A-HK-Y]\d\d|\d[A-HJKPSTUW]|[A-HK-Y]\d[ABEHMNPRV-Y]) \d[ABD-HJLNP-UW-Z]{2})(?![\w-])"), 0.75, shows=outlines(" 0AA", "AAA0AA")),
        Rule("POSTCODE", re.compile(r"(?<![\w-])[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ -]\d[ABCEGHJ-NPRSTV-Z]\d(?![\w-])"), 0.8, shows=outlines("A0A 0A0", "A0A-0A0")),
        Rule("POSTCODE", re.compile(rf"(?:{_STATES})(?<!\w..)(?:,?\s{{1,3}}|;)(?P<value>\d{{5}}(?:-\d{{4}})?)(?![\w.-])"), 0.7, shows=outlines(" 00000", ";00000")),
        Rule("POSTCODE", re.compile(r"(?<![\w-])[AC-FHKNPRTV-Y](?:\d\d|6W) (?=[A-Z]{0,3}\d)(?=\d{0,3}[A-Z])[0-9AC-FHKNPRTV-Y]{4}(?![\w-])"), 0.6, cues=_CUES | _IRISH, shows=outlines("A00 ", "A0A ")),
        Rule("POSTCODE", re.compile(r"(?<![\w.,$-])\d{5}-\d{4}(?![\w-])"), 0.6, cues=_CUES, at_digit=True, shows=outlines("00000-0000")),
        Rule("POSTCODE", re.compile(r"(?<![\w.,$-])\d{5}-\d{3}(?![\w-])"), 0.6, at_digit=True, shows=outlines("00000-000")),
        Rule("POSTCODE", re.compile(r"(?<![\w-])(?:D|A|CH|F|B|L|I|E|NL|PL|DK|S)-(?P<value>\d{4,5}|\d\d-\d{3}|\d{3} \d\d)(?=\s[A-ZÄÖÜÉ])"), 0.7, shows=outlines("A-00")),
        Rule("POSTCODE", re.compile(r"(?<![\w.,$€£-])[1-9]\d{3} ?(?!AM|PM|AD|BC|CE|GB|MB|KB|TB|HP|CC|KM|CM|MM|UK|US|EU|TV|PC|ID|IT|ON|IN|OF|OR|TO|AT|BY|NO|SA|SD|SS)[A-Z]{2}(?![\w-])(?=\s[A-Z][a-z]|[,.;\n]|$)"), 0.5, cues=_CUES, at_digit=True, shows=outlines("0000AA", "0000 AA")),
        Rule("POSTCODE", re.compile(r"(?<![\w.,$€£-])\d\d-\d{3}(?=\s[A-ZŁŚŻ][a-ząćęłńóśźż])"), 0.55, at_digit=True, shows=outlines("00-000 ")),
        Rule("POSTCODE", re.compile(r"(?<![\w.,$€£-])\d{5}(?=\s[A-ZÀ-Ü][a-zà-ü]{2,20}\b)(?!\s(?:People|Euro|Dollars|Items|Users|Euros))"), 0.45, cues=_CUES, at_digit=True, shows=outlines("00000 ")),
    )  # fmt: skip


class LabelledPostcode(LabelRecogniser):
    """Anything short behind "ZIP code", "PLZ", "CAP" and their like."""

    name = "patterns.postcode_label"
    _VALUE = (
        r"[A-Z]{1,2}\d[A-Z0-9]? ?\d[A-Z]{2}(?!\w)|[A-Z]\d[A-Z][ -]?\d[A-Z]\d(?!\w)|"
        r"(?:[A-Z]{1,2}-)?\d{3,6}(?:[ -]\d{2,4})?(?: ?[A-Z]{2}\b)?(?![\w%]|[.,]\d)"
    )
    labels = (
        Label(
            "POSTCODE",
            "zip code, zipcode, postal code, postal, postcode, post code, postleitzahl, plz, code postal, código postal, "
            "codice postale, kod pocztowy, pin code, pincode, zip plus four",
            _VALUE,
            0.8,
        ),
        Label("POSTCODE", "eircode", r"[A-Z](?:\d\d|6W)[ -]?[A-Z0-9]{4}(?!\w)", 0.85),
        Label("POSTCODE", "zip, cap, cep, c.p.", _VALUE, 0.75, lambda _, linked: linked),
        Label("POSTCODE", "zip", r"\d{5}(?:-\d{4})?(?![\w%-]|[.,]\d)", 0.7),
    )
