"""Numbers of orders, tickets and invoices that say themselves what they are of: `TCK-2025-004417`."""

from __future__ import annotations

import re

from proxy.detectors.patterns.recogniser import Rule, RuleRecogniser

_KINDS = "ORD(?:ER)?|TCK|TKT|TICKET|INV(?:OICE)?|RMA|CASE|CLM|CLAIM|BKG|BOOKING|SHP|INC"


class CaseNumber(RuleRecogniser):
    """The kind in capitals, a year perhaps, and a number that is no year; dockets of the United States' courts."""

    name = "patterns.case_number"
    characters = "-"
    digits = 4
    rules = (
        Rule(
            "TICKET_ID",
            re.compile(rf"(?<![\w-])(?:{_KINDS})-(?!(?:19|20)\d\d(?![\d-]))(?:(?:19|20)\d\d-)?\d{{4,10}}(?![\w-])"),
            0.7,
        ),
        Rule("TICKET_ID", re.compile(r"(?<![\w:-])\d:\d\d-[a-z]{2}-\d{4,6}(?:-[A-Z]{2,4}){0,2}(?![\w-])"), 0.85),
    )
