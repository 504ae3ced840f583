"""Words for peoples, and when such a word names a language instead."""

from __future__ import annotations

import re

from training.lists import entries

DEMONYMS = frozenset(entries("demonyms"))
"""Nationalities, ethnic and religious groups, in lower case."""

LANGUAGE_BEFORE = re.compile(
    r"\b(?:in|into|to|from|speaks?|speaking|spoke|learn|learning|teach|translated?|of)\s$", re.IGNORECASE
)
"""What stands before a word that, though it may name a people, names a language ("in French")."""
