"""Regular expressions of policies: what is wrong with one, and how long one may run. Pure.

Somebody writes the expression and somebody else the text: together they could keep a worker busy for ever (ReDoS). So
one that takes too long on texts made to provoke that is no part of a policy, and whatever text still makes one take
longer than SECONDS of CPU time is refused with its request.
"""

from __future__ import annotations

import itertools
import re
from functools import lru_cache
from typing import Any

SECONDS = 0.5
"""CPU time for one expression and one text of at most LONGEST characters."""
TRIED_SECONDS = 0.05
"""The same where an expression is tried: whole policies are tried at once, and ones that behave take a tenth of it."""
LONGEST = 32_000
_PLAIN = "a0 -.@"
_SIGNS = re.compile(r"[\\^$.|?*+(){}\[\]]")
_TRIED = 8
"""Letters of the expression itself that texts are made of."""


@lru_cache(maxsize=1024)
def expression(pattern: str) -> Any:  # noqa: ANN401 - the package has no types
    """The compiled expression; its searches take `timeout`. Raises ValueError."""
    import regex  # noqa: PLC0415 - for policies that have expressions

    try:
        return regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError) as error:
        raise ValueError(f"this is no regular expression: {getattr(error, 'msg', type(error).__name__)}") from None


@lru_cache(maxsize=1024)
def fault(pattern: str, group: int) -> str | None:
    """What is wrong with an expression of which `group` is the value; None when nothing is."""
    try:
        compiled = expression(pattern)
    except ValueError as error:
        return str(error)
    if group > compiled.groups:
        return f"the expression has {compiled.groups} groups, so none of the number {group}"
    try:
        if compiled.search("", timeout=SECONDS):
            return "the expression finds nothing at all in every text: let it match one character at least"
        for text in _hostile(pattern):  # others run meanwhile: who sends a draft must not hold up the process
            for _ in compiled.finditer(text, timeout=TRIED_SECONDS, concurrent=True):
                pass
    except TimeoutError:
        return (
            "the expression takes too long on some texts: begin it with \\b or what stands before the value, bound its "
            "repetitions ({1,40}) and let none contain another"
        )
    return None


def _hostile(pattern: str) -> list[str]:
    """Texts on which expressions that backtrack take longest: one or two things again and again, then another."""
    own = [letter for letter in dict.fromkeys(pattern) if letter.isalnum()][:_TRIED]
    parts = [*dict.fromkeys([*_PLAIN, *own])]
    pairs = [one + other for one, other in itertools.pairwise([*parts, parts[0]])]
    end = f"\n!{_SIGNS.sub('', pattern)}"  # what stands in it, lest the engine sees at once that nothing can fit
    return [(part * LONGEST)[: LONGEST - len(end)] + end for part in (*parts, *pairs)]
