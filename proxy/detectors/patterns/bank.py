"""Bank accounts: IBAN (ISO 13616), US routing and account numbers, UK sort codes, BIC."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum.iso7064 import mod_97_10
from stdnum.us import rtn

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page, words_of
from proxy.detectors.patterns.recogniser import Label, LabelRecogniser

_LENGTHS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 "
    "FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 "
    "LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SD18 "
    "SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
)


class Iban:
    """A country's length and the check digits of ISO 7064.

    Behind the word IBAN a mistyped one counts too, and behind a bank's words one that was cut short ("CH2930...",
    "DE89 **** 3000").
    """

    name = "patterns.iban"
    entity_types = frozenset({"IBAN_CODE"})

    LENGTHS = {pair[:2]: int(pair[2:]) for pair in _LENGTHS.split()}  # noqa: RUF012 - a constant table
    START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[ \-]?\d{2}(?=[ \-]?[A-Za-z0-9*•])")
    BODY = re.compile(r"[A-Za-z]{2}[ \-]?\d{2}(?:[ \-\xa0]{0,2}[A-Za-z0-9]){8,30}")
    LABELLED = re.compile(r"[A-Za-z]{2}[ \-]?\d{2}[ ]?(?:[A-Z0-9]{1,30}[ ]?){1,8}(?<! )", re.ASCII)
    CUES = words_of("iban ibans")
    CUT = re.compile(
        r"[A-Z]{2}\d{2}(?:(?: ?[A-Z0-9]){2,24}(?:\.{3}|…)|"
        r"(?: ?[A-Z0-9]){0,8}(?: ?[*•]{2,4}){1,8}(?: ?[A-Z0-9]{1,4}){0,2})"
        r"(?![\w*•])"
    )
    CUT_CUES = CUES | words_of("account accounts bank transfer transfers wire routing konto compte cuenta conto")

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Each IBAN to its country's length, whatever its groups and case."""
        del profile  # the same everywhere
        if page.digits < 4:  # noqa: PLR2004 - none has fewer, not even one that was cut short
            return
        for start in self.START.finditer(page.text):
            end = self._end(page.text, start.start())
            if end:
                yield Finding(start.start(), end, "IBAN_CODE", 0.97, self.name)
                continue
            match = self.LABELLED.match(page.text, start.start())
            if match is not None and page.near(self.CUES, start.start(), 40) and match.end() - match.start() > 12:  # noqa: PLR2004 - too short for an account
                yield Finding(match.start(), match.end(), "IBAN_CODE", 0.6, self.name)
                continue
            cut = self.CUT.match(page.text, start.start())
            if cut is not None and cut.group()[:2] in self.LENGTHS and page.near(self.CUT_CUES, start.start()):
                yield Finding(cut.start(), cut.end(), "IBAN_CODE", 0.6, self.name)

    def _end(self, text: str, start: int) -> int:
        """Offset behind a valid IBAN that begins at `start`; 0 when there is none."""
        length = self.LENGTHS.get(text[start : start + 2].upper())
        body = self.BODY.match(text, start)
        if length is None or body is None:
            return 0
        taken = []
        for at in range(start, body.end()):
            if text[at].isalnum():
                taken.append(text[at])
            if len(taken) == length:
                whole = at + 1 == len(text) or not text[at + 1].isalnum()
                return at + 1 if whole and mod_97_10.is_valid("".join(taken[4:] + taken[:4]).upper()) else 0
        return 0


def _routing(value: str, linked: bool) -> bool:  # noqa: FBT001 - the signature of a label's check
    return linked or rtn.is_valid(value.replace("-", "").replace(" ", ""))


def _account(value: str, linked: bool) -> bool:  # noqa: FBT001 - the signature of a label's check
    count = sum(char.isdigit() for char in value)
    return count >= (4 if linked else 6)


class BankAccount(LabelRecogniser):
    """Account, routing, sort and bank identifier codes, known by their labels."""

    name = "patterns.bank"
    labels = (
        Label(
            "ABA_ROUTING_NUMBER",
            "routing, aba, rtn, routing transit, bank routing, aba routing",
            r"\d{4}[- ]?\d{4}[- ]?\d(?![\w])",
            0.9,
            _routing,
        ),
        Label(
            "US_BANK_NUMBER",
            "bank account, checking account, savings account, checking, savings, deposit account, bankkonto, "
            "kontonummer, konto, numéro de compte, cuenta, cuenta bancaria, conto corrente, rekeningnummer, "
            "numer konta, conta, conta corrente, compte bancaire",
            r"(?:[A-Z]{2,6}[- ]?)?\d(?:[ -]?\d){5,19}(?!\w)",
            0.88,
            _account,
        ),
        Label(
            "ABA_ROUTING_NUMBER",
            "sort code, sortcode, bsb, bankleitzahl, blz, ifsc, ifsc code",
            r"[A-Z]{4}[A-Z0-9]{7}(?!\w)|\d{2,3}[- ]?\d{2,3}[- ]?\d{2,3}(?!\w)",
            0.85,
        ),
        Label(
            "SWIFT_CODE",
            "swift, bic, swift code, bic code, swift bic, bic swift",
            r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?!\w)",
            0.85,
            lambda value, _: value.isupper(),
        ),
    )
