"""Telephone and fax numbers: E.164 of all regions, national formats of the profile's regions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page, words_of
from proxy.detectors.patterns.phone_formats import DEFAULT_REGIONS, international, national_regions
from proxy.detectors.patterns.recogniser import Label, LabelRecogniser, at_starts


class Phone:
    """Cheap candidates by shape, then the region's digits; a cue word in front lets doubtful ones pass."""

    name = "patterns.phone"
    entity_types = frozenset({"PHONE_NUMBER"})

    CANDIDATE = re.compile(
        r"(?:(?<![\w@#$€£¥%&])|(?<=_)(?=\+))(?<!\d[.,/:+-])(?<![A-Za-z]-)(?:(?P<plus>\+{1,2})\s?|\(\+?(?=\d{1,6}\)))?\d"
        r"(?:[ .\-/()–‑]{0,3}\d){5,18}"  # noqa: RUF001 - dashes that people type
        r"(?:,?\s?(?:x|ext|extn|extension|app|ramal|poste)\.?\s?\d{1,6})?(?(plus)(?![^\W_])|(?!\w))(?![%€£@])(?![.,:]\d)",
        re.IGNORECASE,
    )
    SIGN = re.compile(r"[+(]")
    EXTENSION = re.compile(r",?\s?(?:x|ext|extn|extension|app|ramal|poste)\.?\s?\d{1,6}\Z", re.IGNORECASE)
    GROUP = re.compile(r"\d+")
    DATE = re.compile(
        r"(?:19|20)\d\d[-/. ]\d{1,2}[-/. ]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d\d"
        r"|(?:19|20)\d\d ?[-–/ ] ?(?:19|20)\d\d|(?:19|20)\d{6}(?:[-_ ]?\d{6})?"  # noqa: RUF001 - dashes that people type
    )
    THOUSANDS = re.compile(r"\d{1,3}(?:(?P<sep>[. ])\d{3})(?:(?P=sep)\d{3})+")
    DECIMALS = re.compile(r"\d+\.\d{1,2}(?!\d)(?:[ /-]\d.*)?|\d+ \d+\.\d{1,2}(?: .*)?")
    CUE_BEHIND = re.compile(r"[\s-]{0,2}\(?(?:office|fax|mobile|cell|home|work|desk|phone|tel)\b", re.IGNORECASE)
    REGISTERED = re.compile(r"\b(?:my|your|his|her|our|their|the)[ ]registered[ ]\Z", re.IGNORECASE)
    IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
    SSN = re.compile(r"\d{3}([- ])\d\d\1\d{4}")
    CARD = re.compile(r"[1-9]\d{3}([- ])\d{4}\1\d{4}(\1\d{1,7})?|[1-9]\d{3}([- ])\d{6}\3\d{5}")
    SPACED_OPERATOR = re.compile(r"\d ?[-/–] \d|\d [-/–] ?\d| {2}|\.\.|--|//")  # noqa: RUF001 - dashes that people type
    CUES = words_of(
        "phone phones telephone tel mobile cell cellphone fax call calls called calling dial text texting sms whatsapp "
        "signal viber contact reach reached ring landline hotline voicemail desk office pager handy telefon telefono "
        "teléfono téléphone telefone móvil portable mobil mobiel cellulare komórka celular festnetz rufnummer fijo gsm "
        "telefoon numéro tlf tlfno tfno tfn teléf tél telf answering answer messages phonenumber mobilenumber mob ph"
    )
    NOT_PHONES = words_of(
        "order orders invoice sku item account acct iban bic ssn mrn routing isbn issn ean upc asin tracking passport "
        "serial imei imsi part model version build port pid uid card visa mastercard amex aadhaar aadhar nhs bsn pesel "
        "ticket case invoice po quantity qty total price amount population id ids license licence policy member "
        "epoch timestamp unix bytes size offset line checksum crc revenue usd eur gbp ref reference transaction "
        "employee customer patient npi tax tin ein vat"
    )
    LABEL_REACH = 24

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Numbers with their extension; scores from 0.4 (bare digits) to 0.95 (valid E.164)."""
        if page.digits < 6:  # noqa: PLR2004 - no shorter number is looked for
            return
        regions = profile.regions or DEFAULT_REGIONS
        for match in at_starts(self.CANDIDATE, page.text, self.starts(page)):
            found = self._best(page, match.start(), match.end(), regions)
            if found is not None:
                yield found

    @classmethod
    def starts(cls, page: Page) -> list[int]:
        """Where a number or the sign before it begins."""
        signs = [match.start() for match in cls.SIGN.finditer(page.text)]
        return sorted(page.digit_starts + signs) if signs else page.digit_starts

    def _best(self, page: Page, start: int, end: int, regions: tuple[str, ...]) -> Finding | None:
        """The whole candidate, else its longest run of groups (at spaces) that is a number."""
        score = self._score(page, start, end, regions)
        if score:
            return Finding(start, end, "PHONE_NUMBER", score, self.name)
        text = page.text[start:end]
        cuts = [0, *(at for at, char in enumerate(text) if char == " "), len(text)]
        if len(cuts) > 10:  # noqa: PLR2004 - a table of figures, no number
            return None
        spans = sorted(
            ((low + (low > 0), high) for at, low in enumerate(cuts) for high in cuts[at + 1 :]),
            key=lambda span: span[0] - span[1],
        )
        for low, high in spans[1:]:
            if high - low < 9:  # noqa: PLR2004 - shorter pieces are ordinary numbers
                break
            score = self._score(page, start + low, start + high, regions)
            if score >= 0.6:  # noqa: PLR2004 - a part has to look like a number of its own
                return Finding(start + low, start + high, "PHONE_NUMBER", score, self.name)
        return None

    def _score(self, page: Page, start: int, end: int, regions: tuple[str, ...]) -> float:
        """How sure it is that the range is one telephone number; 0: it is none."""
        written = page.text[start:end]
        body = self.EXTENSION.sub("", written)
        digits = "".join(self.GROUP.findall(body))
        if page.is_noise(start, end) or written.count("(") != written.count(")"):
            return 0.0
        plus = "+" in body[:3]
        if plus or (digits.startswith("00") and len(digits) > 10):  # noqa: PLR2004 - 00 is a prefix in long numbers only
            kind = international(digits if plus else digits[2:])
            return {"valid": 0.95, "possible": 0.75}.get(kind or "", 0.0) - (0.0 if plus else 0.2)
        cue = page.near(self.CUES, start) or self.CUE_BEHIND.match(page.text, end) is not None
        cue = cue or self.REGISTERED.search(page.text, max(0, start - 18), start) is not None
        if self._is_other(body, digits) or (not cue and self.THOUSANDS.fullmatch(body)):
            return 0.0
        other = page.near(self.NOT_PHONES, start, self.LABEL_REACH)
        separated = len(digits) != len(body)
        if cue and not other and 6 <= len(digits) <= 15:  # noqa: PLR2004 - E.164's longest
            return 0.75
        if other and not (cue and separated):
            return 0.0
        return self._by_region(digits, body, regions, separated=separated)

    def _by_region(self, digits: str, body: str, regions: tuple[str, ...], *, separated: bool) -> float:
        matched = national_regions(digits, regions)
        if not matched:
            return 0.0
        if not separated:
            north = "US" in matched and len(digits) == 10  # noqa: PLR2004 - the North American plan
            return 0.4 if north or (digits.startswith("0") and len(digits) in (10, 11)) else 0.0
        groups = self.GROUP.findall(body)
        shaped = digits.startswith("0") or "(" in body or len(digits) >= 10  # noqa: PLR2004 - fewer need a trunk prefix
        sane = len(groups) <= 6 and all(len(group) <= 8 for group in groups)  # noqa: PLR2004 - as people group them
        if not sane:
            return 0.0
        return 0.65 if shaped else 0.5 if len(digits) >= 8 else 0.0  # noqa: PLR2004 - as above

    def _is_other(self, body: str, digits: str) -> bool:
        """Dates, thousands, machine addresses, card numbers, arithmetic: what only looks like a telephone number."""
        if len(set(digits)) == 1 or self.SPACED_OPERATOR.search(body):
            return True
        shapes = (self.DATE, self.DECIMALS, self.IPV4, self.SSN, self.CARD)
        return any(shape.fullmatch(body) for shape in shapes)


class Extension(LabelRecogniser):
    """A short number behind "extension", "ext." or "pager"."""

    name = "patterns.extension"
    labels = (
        Label("PHONE_NUMBER", "extension, ext, pager, durchwahl, nebenstelle", r"\d{3,8}(?![\w%/-]|[.,:]\d)", 0.65),
    )
