"""Trims what a names model found to the words that matter, and drops what is no name. Pure.

Models cut at tokens: they take a possessive, a bracket or a line break along, and call numbers people.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from proxy.core.findings import Finding

NAME_TYPES = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "NRP"})
_MODEL_TYPES = NAME_TYPES | {"DATE_TIME", "DATE_PART"}
_IN_ADDRESSES = frozenset({"STREET_ADDRESS", "POSTCODE", "COORDINATES", "NUMBER", "AGE"})
_TAGGER, _SURE = "names", 0.7

LOOSE_SCORE = 0.3
"""Score of a bare weekday, month, year or duration, as of the pattern pack's."""

_LABELS = frozenset(
    """
    ssn itin iban bic swift vat ein pan cvv cvc pin otp dob mrn npi id ids uuid guid url uri http https api json xml
    csv html pdf sql tls ssl vpn ip ipv4 ipv6 mac dns imei vin e-mail email mail phone fax tel mobile cell address name
    names customer user username password card account visa mastercard amex iso utc gmt faq etc n/a null none true false
    """.split()
)
"""Labels of fields and technical words that the models take for organisations and people."""
_HEADS = _LABELS | frozenset(
    """
    vorname nachname geburtsdatum plz ort stadt land telefon telefonnummer straße strasse hausnummer kundennummer kunde
    prénom nom adresse ville courriel téléphone nombre apellido apellidos dirección ciudad teléfono cognome indirizzo
    città telefono voornaam achternaam adres plaats postcode nin cpf cnpj dni nie nif siret curp rfc steuer-id
    bsn pesel krankenkasse
    """.split()
)
"""Those, and names of columns and fields in other languages: alone they are nobody's."""

_EDGE = " \t\v\f\u00a0\"'`\u2018\u2019\u201c\u201d.,;:!?*_#<>()[]{}|/\\~-\u2013\u2014="
_BREAKS = "\r\n\u2028\u2029\x85"
_POSSESSIVE = re.compile(r"['\u2019]s$", re.IGNORECASE)
_LINE = re.compile(rf"[^{_BREAKS}]+")
_QUANTITY = re.compile(r"(?!(?:1[89]|20)\d\d\Z)\d+(?:[.,]\d+)?")
"""A bare number that is no year: a laboratory value that the model takes for a time."""
_POSTCODE_WORDS = re.compile(r"\b(?:zip|postal|post|code|postcode|and|or|is)\b|[\s,.;:/()-]", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_FULL_DATE = re.compile(
    rf"{_MONTH}[\s,-]*(?:the\s+)?\d|\d(?:st|nd|rd|th)?(?:\s+of)?[\s-]*{_MONTH}"
    r"|\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/-]\d{1,2}[/-]\d{2,4}|\d{4}/\d{1,2}/\d{1,2}"
    r"|\d{1,2}\.\s?\d{1,2}\.\s?\d{4}|\b\d\d\.\d\d\.\d\d\b",
    re.IGNORECASE,
)
"""A day or a year beside a month. A bare weekday, month, year, clock time or duration points at nobody."""


def tidy(text: str, findings: Iterable[Finding], *, loose_times: bool = False) -> Iterator[Finding]:
    """The findings worth reporting.

    Names are cut at line breaks and trimmed; dates that are no full date are dropped, or with `loose_times` reported as
    DATE_PART. Findings of other types pass as they are.
    """
    for finding in findings:
        if finding.entity_type in NAME_TYPES:
            yield from _names(text, finding)
        elif finding.entity_type != "DATE_TIME" or _FULL_DATE.search(text, finding.start, finding.end):
            yield finding
        elif loose_times and not _QUANTITY.fullmatch(text, finding.start, finding.end):
            # A guess: the model takes ages, ZIP codes and record numbers for times, so any other type goes first.
            yield replace(finding, entity_type="DATE_PART", score=LOOSE_SCORE)


def names_give_way(text: str, findings: Sequence[Finding]) -> Iterator[Finding]:
    """The findings, with names cut back where something with a fixed form stands.

    Models take e-mail addresses and links for people, often with a bracket or a word around them. What is left of such
    a name is tidied again, so "John Smith <js@example.com>" keeps its name. A street address of a model gives way to
    cards, phones and the like, and what is left of it counts only with a house number or postcode in it.
    """
    fixed = _Ranges((f.start, f.end) for f in findings if f.entity_type not in _MODEL_TYPES)
    sure = _Ranges(
        (f.start, f.end) for f in findings if f.entity_type not in _MODEL_TYPES | _IN_ADDRESSES and f.score >= _SURE
    )
    postcodes = [(f.start, f.end) for f in findings if f.entity_type == "POSTCODE"]
    for finding in findings:
        if finding.entity_type == "STREET_ADDRESS" and _only_postcodes(text, finding, postcodes):
            continue
        if finding.entity_type == "DATE_PART" and fixed.touching(finding):
            continue  # weekdays, months and years beside what has a form have findings of their own
        if finding.detector == _TAGGER and text[finding.start : finding.end].casefold() in _HEADS:
            continue
        if finding.entity_type in NAME_TYPES and (taken := fixed.touching(finding)):
            for start, end in _gaps(finding.start, finding.end, taken):
                yield from _names(text, replace(finding, start=start, end=end))
        elif (
            finding.entity_type == "STREET_ADDRESS"
            and finding.detector == _TAGGER
            and (taken := sure.touching(finding))
        ):
            for start, end in _gaps(finding.start, finding.end, taken):
                if any(letter.isdigit() for letter in text[start:end]):
                    yield _without_edges(text, replace(finding, start=start, end=end))
        else:
            yield finding


class _Ranges:
    """Ranges of a text that can be asked which of them touch a finding, in logarithmic time."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        self._ranges = sorted(ranges)
        self._ends = list(itertools.accumulate((end for _, end in self._ranges), max))

    def touching(self, finding: Finding) -> list[tuple[int, int]]:
        """Those from the first that reaches into the finding to the last that begins before its end."""
        first = bisect.bisect_right(self._ends, finding.start)
        return self._ranges[first : bisect.bisect_left(self._ranges, (finding.end, 0))]


def _only_postcodes(text: str, finding: Finding, postcodes: Iterable[tuple[int, int]]) -> bool:
    """Whether an address is nothing but postcodes and the words that announce them."""
    inside = sorted((start, end) for start, end in postcodes if finding.start <= start and end <= finding.end)
    rest = " ".join(text[start:end] for start, end in _gaps(finding.start, finding.end, inside))
    return bool(inside) and not _POSTCODE_WORDS.sub("", rest).strip(_EDGE + "\r\n")


def _gaps(start: int, end: int, taken: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What ordered ranges leave of the range `start` to `end`."""
    for first, last in taken:
        if start < first:
            yield start, first
        start = max(start, last)
    if start < end:
        yield start, end


def _without_edges(text: str, finding: Finding) -> Finding:
    """The finding without signs and spaces at its borders; it holds more than these.

    A token in their place would touch what stands beside it.
    """
    inside = text[finding.start : finding.end]
    start = finding.start + len(inside) - len(inside.lstrip(_EDGE + _BREAKS))
    return replace(finding, start=start, end=finding.start + len(inside.rstrip(_EDGE + _BREAKS)))


def _names(text: str, finding: Finding) -> Iterator[Finding]:
    """The parts of a name on each line that have at least two letters."""
    for line in _LINE.finditer(text, finding.start, finding.end):
        words = line.group().rstrip(_EDGE)
        words = _POSSESSIVE.sub("", words).rstrip(_EDGE)
        start = line.start() + len(words) - len(words.lstrip(_EDGE))
        end = line.start() + len(words)
        name = text[start:end]
        labels = _HEADS if finding.detector == _TAGGER else _LABELS
        if len(_LETTER.findall(name)) > 1 and name.lower() not in labels:
            yield replace(finding, start=start, end=end)
