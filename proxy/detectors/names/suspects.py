"""What only a policy that scrambles whatever it suspects takes for a name: identifiers with capitals inside.

`BillingForAcme`, `acmeWindow` and `Acme.Billing.ClientPages` say what somebody works on, and for whom.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding

SCORE = 0.01
"""Below what the tagger reports: a policy with any `min_score` for organisations leaves these alone."""

KIND = "ORGANIZATION"
_DOTTED = re.compile(r"(?<!\w)[^\W\d]\w*(?:\.[^\W\d]\w*)*")
"""A word, or several joined by dots as packages are."""
_HUMP = re.compile(r"[a-z\d][A-Z]")
_SHORTEST = 5
"""Characters: "iOS" and "eBay" are left to the tagger."""


def suspects(text: str, detector: str) -> Iterator[Finding]:
    """Words of `text` that have a capital inside."""
    for match in _DOTTED.finditer(text):
        word = match.group()
        if len(word) >= _SHORTEST and _HUMP.search(word):
            yield Finding(match.start(), match.end(), KIND, SCORE, detector)
