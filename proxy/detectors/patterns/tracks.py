"""What stands on the magnetic stripe of a payment card: number, name, expiry, service code, check values."""

from __future__ import annotations

import re

from proxy.detectors.patterns.page import outlines
from proxy.detectors.patterns.recogniser import Rule, RuleRecogniser


class Tracks(RuleRecogniser):
    """Tracks 1 and 2 by their separators (ISO/IEC 7813), whole: what follows the number must not be left behind."""

    name = "patterns.card_tracks"
    digits = 19
    rules = (
        Rule(
            "CREDIT_CARD",
            re.compile(r"(?<!\w)%?[Bb]\d{12,19}\^[^\^\n]{2,26}\^\d{7}[^?\s\"'<>]{0,60}\??"),
            0.99,
            noisy=True,
            shows=outlines("000000000000^"),
        ),
        Rule(
            "CREDIT_CARD",
            re.compile(r"(?<!\w);?\d{12,19}[=D]\d{7,30}\??(?!\w)"),
            0.99,
            noisy=True,
            shows=outlines("000000000000=", "000000000000A"),
        ),
    )
