"""Payment cards: number (PAN), expiry, security code; PCI DSS cardholder data but the name (see `people.py`)."""

# ruff: noqa: RUF001 - apostrophes and dashes as people type them
from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import luhn

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page, outlines, words_of
from proxy.detectors.patterns.recogniser import Label, LabelRecogniser, at_starts


def digits_of(text: str) -> str:
    """The digits of `text`."""
    return "".join(char for char in text if char.isdigit())


class CardNumber:
    """Digits in card groups with a card brand's prefix and length, and Luhn's check digit (ISO/IEC 7812-1)."""

    name = "patterns.card"
    entity_types = frozenset({"CREDIT_CARD", "CARD_EXPIRY", "CARD_SECURITY_CODE"})

    CANDIDATE = re.compile(
        r"(?<![^\W_])(?<![.+])(?<!\d-)(?:(?<!\d,)|(?=[\d –_-]{12,40},))"  # behind a comma: a field, not a decimal
        r"\d(?:(?:[ \-–_]{0,2}|\.(?=\d{4}(?!\d{1,2}\b)))\d){11,18}(?![^\W_])(?![.-]\d)"
    )
    BRANDS = (
        (re.compile(r"4"), frozenset({13, 16, 19})),  # Visa
        (re.compile(r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), frozenset({16})),  # Mastercard, 2221 to 2720 too
        (re.compile(r"3[47]"), frozenset({15})),  # American Express
        (re.compile(r"3(?:0[0-5]|095|[689])"), frozenset({14, 16})),  # Diners Club
        (re.compile(r"6(?:011|4[4-9]|5)"), frozenset({16, 19})),  # Discover
        (re.compile(r"(?:2131|1800|35)"), frozenset({15, 16})),  # JCB
        (re.compile(r"62|81"), frozenset({16, 17, 18, 19})),  # UnionPay
        (re.compile(r"220[0-4]"), frozenset({16})),  # Mir
        (re.compile(r"60|508|65|81|82"), frozenset({16})),  # RuPay
        (re.compile(r"5[06-8]|6"), frozenset(range(12, 20))),  # Maestro
    )
    CUES = words_of(
        "card cards visa mastercard amex discover maestro credit debit pan cc kreditkarte carte tarjeta carta cartão "
        "karte karta kaart diners jcb creditcard cardnumber payment paid pay charge charged"
    )
    STRONG_CUES = words_of(
        "card visa mastercard amex pan kreditkarte carte tarjeta carta cartão karte creditcard cardnumber"
    )
    SHORT = 14
    MASKED = re.compile(
        r"(?<![\w*])(?:\d{4}[ -]?)?(?:[*xX•]{4}[ -]?){2,3}\d{3,4}(?!\w)|(?<!\w)\d{4,6}\*{6,10}\d{4}(?!\w)"
    )

    LISTED = re.compile(
        r"(?<=\[)\s?(?:(?:\"\d\"|'\d'|\d),\s?){11,18}(?:\"\d\"|'\d'|\d)\s?(?=\])"
        r"|(?<![\w.,])(?:(?:\d{4},\s?|\"\d{4}\",\s?){3}\"?\d{4}\"?|\d{4},\s?\d{6},\s?\d{5})(?![\w.]|,\s?\d)"
    )
    """A list of single digits or of groups; only a word for cards makes it one, for there are lists of many things."""

    LISTS = outlines("[", "0000,", '0000",')

    PIECE = re.compile(r"(?<![^_])\d{15,16}(?![^_])")
    """A number among others in the name of a file: `01_4111111111111111_2026.pdf`."""
    MONTH = re.compile(r"[\s–_-](?:0[1-9]|1[0-2])\Z")
    BEHIND = re.compile(
        r"[\s,;|(/–-]{1,3}(?P<expiry>(?:0[1-9]|1[0-2])\s?[/|.-]\s?(?:20)?[2-4]\d)(?![\d/.-])"
        r"(?:[\s,;|)/–-]{1,3}(?P<code>\d{3,4})(?![\w/-]|[.,]\d))?"
    )
    """Expiry, and security code behind that, as they are read out or listed right behind a number."""

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Card numbers by brand and checksum; by a cue word too when a digit is mistyped or masked."""
        del profile  # the same everywhere
        if page.digits >= 12:  # noqa: PLR2004 - the shortest card number
            for match in at_starts(self.CANDIDATE, page.text, page.digit_starts):
                start, end = self._span(match)
                score = self._score(page, start, end)
                if score:
                    yield Finding(start, end, "CREDIT_CARD", score, self.name)
                    yield from self._behind(page.text, end)
            for match in self.LISTED.finditer(page.text) if page.shows(self.LISTS) else ():
                if self._fits(match.group()) and page.near(self.STRONG_CUES, match.start(), 30):
                    yield Finding(match.start(), match.end(), "CREDIT_CARD", 0.7, self.name)
        if "*" in page.text or "xxxx" in page.text.lower() or "•" in page.text:
            for match in self.MASKED.finditer(page.text):
                if page.near(self.CUES, match.start()):
                    yield Finding(match.start(), match.end(), "CREDIT_CARD", 0.6, self.name)

    def _behind(self, text: str, end: int) -> Iterator[Finding]:
        """Expiry and security code right behind the card number that ends at `end`."""
        match = self.BEHIND.match(text, end)
        if match is not None:
            yield Finding(*match.span("expiry"), "CARD_EXPIRY", 0.85, self.name)
            if match.group("code"):
                yield Finding(*match.span("code"), "CARD_SECURITY_CODE", 0.8, self.name)

    def _span(self, match: re.Match[str]) -> tuple[int, int]:
        """Where the number stands: before the month of the expiry date, or between `_`, when only then all fits."""
        if self._fits(match.group()):
            return match.span()
        if self.MONTH.search(match.group()):
            end = match.end() - 3
            if self._fits(match.string[match.start() : end]) and self.BEHIND.match(match.string, end):
                return match.start(), end
        for piece in self.PIECE.finditer(match.group()):
            if self._fits(piece.group()):
                return match.start() + piece.start(), match.start() + piece.end()
        return match.span()

    def _fits(self, number: str) -> bool:
        digits = digits_of(number)
        return luhn.is_valid(digits) and self._branded(digits)

    def _score(self, page: Page, start: int, end: int) -> float:
        digits = digits_of(page.text[start:end])
        if page.is_noise(start, end) or len(set(digits)) == 1:
            return 0.0
        cue = page.near(self.CUES, start)
        valid = luhn.is_valid(digits)
        if self._fits(digits):
            separated = len(digits) != end - start
            if cue:
                return 0.98
            if len(digits) < self.SHORT:
                return 0.0
            return 0.9 if separated or len(digits) == 16 else 0.7  # noqa: PLR2004 - the usual length
        strong = page.near(self.STRONG_CUES, start, 30)
        return 0.6 if strong and (valid or 13 <= len(digits) <= 19) else 0.0  # noqa: PLR2004 - ISO/IEC 7812-1

    def _branded(self, digits: str) -> bool:
        return any(len(digits) in lengths and prefix.match(digits) for prefix, lengths in self.BRANDS)


_MONTH_YEAR = r"(?:0?[1-9]|1[0-2])\s?[/\-.]\s?(?:20)?\d\d(?!\d|[/.-]\d)"


class CardDetails(LabelRecogniser):
    """Expiry date and security code, known by their labels."""

    name = "patterns.card_details"
    labels = (
        Label(
            "CARD_EXPIRY",
            "exp, expiry, expiry date, expires, expiration, expiration date, exp date, valid thru, valid until, "
            "valid to, valid till, valid through, good thru, good through, good until, gültig bis, valable jusqu au, "
            "válida hasta, válido hasta, caducidad, scadenza, valida fino al, validade, geldig tot, expires on, "
            "expires end, expires in, expiring",
            _MONTH_YEAR,
            0.85,
        ),
        Label(
            "CARD_SECURITY_CODE",
            "cvv, cvv2, cvc, cvc2, cid, csc, security code, card verification value, card verification, "
            "prüfziffer, código de seguridad, cryptogramme, cvn, card security code",
            r"\d{3,4}(?![\w-]|\.\d)",
            0.9,
        ),
    )
