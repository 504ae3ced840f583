"""What a policy's own expressions find: each within a limit of time, kept where its checksum fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from stdnum import damm, luhn, verhoeff
from stdnum.iso7064 import mod_11_10, mod_37_36, mod_97_10

from policies.expressions import SECONDS, expression
from proxy.core.findings import Finding

_CHECKSUMS: Mapping[str, Callable[[str], bool]] = {
    "luhn": luhn.is_valid,
    "verhoeff": verhoeff.is_valid,
    "damm": damm.is_valid,
    "mod97": mod_97_10.is_valid,
    "mod11-10": mod_11_10.is_valid,
    "mod37-36": mod_37_36.is_valid,
}
_BETWEEN = re.compile(r"[\s.\-]+")


def recognised(text: str, recognisers: Sequence[tuple[str, str, int, float, str]]) -> Iterator[Finding]:
    """Findings of the expressions of a profile. Raises TimeoutError: a text that was not looked at must not leave."""
    for entity_type, pattern, group, score, checksum in recognisers:
        for match in expression(pattern).finditer(text, timeout=SECONDS):
            start, end = match.span(group)
            if start < end and (not checksum or _CHECKSUMS[checksum](_BETWEEN.sub("", text[start:end]))):
                yield Finding(start, end, entity_type, score, "policy")
