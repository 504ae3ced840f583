"""Tests of how token probabilities become findings."""

from __future__ import annotations

import numpy as np
import pytest

from proxy.core.findings import Finding
from proxy.detectors.names.spans import Threshold, findings, with_capitals
from proxy.detectors.names.tokens import Tokens, tokenise

TYPES = ("PERSON", "LOCATION")
OUT, BEGIN_P, IN_P, BEGIN_L, IN_L = range(5)


def heard(tokens: Tokens, *unheard: int) -> np.ndarray:
    """No token but those at `unheard` is one that the vocabulary lacks."""
    flags = np.zeros(len(tokens), dtype=np.bool_)
    flags[list(unheard)] = True
    return flags


def spans(text: str, labels: list[int], sure: float = 0.9, threshold: Threshold | None = None) -> list[Finding]:
    """Findings when every token has its label with the probability `sure`."""
    tokens = tokenise(text)
    odds = np.full((len(tokens), 5), (1 - sure) / 4, dtype=np.float32)
    for row, label in enumerate(labels):
        odds[row, label] = sure
    return findings(text, tokens, odds, heard(tokens), TYPES, threshold or Threshold(0.5, 0.5))


def covered(text: str, labels: list[int]) -> list[str]:
    return [text[finding.start : finding.end] for finding in spans(text, labels)]


def test_a_run_of_tokens_is_one_finding_with_type_and_score() -> None:
    (finding,) = spans("Ann Lee left", [BEGIN_P, IN_P, OUT])
    assert (finding.start, finding.end, finding.entity_type, finding.detector) == (0, 7, "PERSON", "names")
    assert finding.score == pytest.approx(0.975, abs=0.001)


def test_a_new_beginning_parts_two_names() -> None:
    assert covered("Ann Bob", [BEGIN_P, BEGIN_P]) == ["Ann", "Bob"]


def test_a_name_never_crosses_a_line_end() -> None:
    assert covered("Ann\nLee", [BEGIN_P, IN_P, IN_P]) == ["Ann", "Lee"]


def test_a_name_never_crosses_wide_white_space() -> None:
    assert covered("Ann   Lee", [BEGIN_P, IN_P]) == ["Ann", "Lee"]


def test_punctuation_and_the_possessive_are_trimmed() -> None:
    assert covered('"Ann\'s",', [BEGIN_P, IN_P, IN_P, IN_P, IN_P, IN_P]) == ["Ann"]


def test_the_full_stop_of_an_abbreviation_stays() -> None:
    assert covered("Acme Inc. sells", [BEGIN_P, IN_P, IN_P, OUT]) == ["Acme Inc."]


def test_pure_numbers_and_marks_are_no_names() -> None:
    assert covered("12 ---", [BEGIN_P, BEGIN_P]) == []


def test_the_type_is_that_of_the_whole_run() -> None:
    (finding,) = spans("New York City", [BEGIN_L, IN_P, IN_L])
    assert finding.entity_type == "LOCATION"


def test_a_less_sure_neighbour_joins_a_sure_token_and_a_faint_one_stays_apart() -> None:
    text = "Ann Lee"
    tokens = tokenise(text)
    odds = np.array([[0.1, 0.8, 0.05, 0.05, 0.0], [0.7, 0.0, 0.3, 0.0, 0.0]], dtype=np.float32)
    joined = findings(text, tokens, odds, heard(tokens), TYPES, Threshold(likely=0.2, faint=0.2))
    apart = findings(text, tokens, odds, heard(tokens), TYPES, Threshold(likely=0.5, faint=0.2))
    assert [(finding.start, finding.end) for finding in joined] == [(0, 7)]
    assert [(finding.start, finding.end, finding.score) for finding in apart] == [(0, 3, 0.9), (4, 7, 0.3)]


def test_a_bare_number_is_part_of_the_address_before_it_only() -> None:
    kinds = ("STREET_ADDRESS", "PERSON")
    text = "Elm Road 5\n48750 and 48751"
    tokens = tokenise(text)
    odds = np.full((len(tokens), 5), 0.02, dtype=np.float32)
    for row, label in enumerate([BEGIN_P, IN_P, IN_P, OUT, IN_P, OUT, IN_P]):
        odds[row, label] = 0.92
    found = findings(text, tokens, odds, heard(tokens), kinds, Threshold(0.5, 0.5))
    assert [text[finding.start : finding.end] for finding in found] == ["Elm Road 5", "48750"]


def test_an_identifier_in_code_is_no_name_but_a_brand_in_prose_is() -> None:
    assert covered("getName(", [BEGIN_P, OUT]) == []
    assert covered("we love eBay", [OUT, OUT, BEGIN_P]) == ["eBay"]


def test_a_form_of_address_alone_is_nobody_and_stays_part_of_a_name() -> None:
    assert covered("my dear Miss, how", [OUT, OUT, BEGIN_P, OUT, OUT]) == []
    assert covered("Miss Lee", [BEGIN_P, IN_P]) == ["Miss Lee"]


@pytest.mark.parametrize(
    ("text", "odds", "score"),
    [
        ("ask Qwelter now", 0.12, 0.3),
        ("ask Qwelter now", 0.06, 0.06),
        ("ask Qwelter now", 0.6, 0.6),
        ("ask Qwelter() now", 0.12, 0.12),
        ("ask $Qwelter now", 0.12, 0.12),
        ("ask Qwelter_ now", 0.12, 0.12),
        ("ask \u0412\u043e\u0434\u0430 now", 0.12, 0.12),
        ("ask Qw now", 0.12, 0.12),
    ],
)
def test_a_name_that_no_vocabulary_has_is_believed_sooner(text: str, odds: float, score: float) -> None:
    tokens = tokenise(text)
    at = next(index for index, word in enumerate(tokens.words) if word[0].isupper())
    table = np.zeros((len(tokens), 5), dtype=np.float32)
    table[:, OUT] = 1
    table[at] = [1 - odds, odds, 0, 0, 0]
    known, new = (
        findings(text, tokens, table, flags, TYPES, Threshold(0.05, 0.05))
        for flags in (heard(tokens), heard(tokens, at))
    )
    assert [one.score for one in known] == pytest.approx([odds], abs=1e-3)
    assert [one.score for one in new] == pytest.approx([score], abs=1e-3)


@pytest.mark.parametrize(
    ("text", "label", "sure", "expected"),
    [
        ("priority", BEGIN_L, 0.35, []),
        (" priority ", BEGIN_L, 0.35, []),
        ("accenture", BEGIN_L, 0.8, ["accenture"]),
        ("grace", BEGIN_P, 0.35, ["grace"]),
        ("Priority", BEGIN_L, 0.35, ["Priority"]),
        ("ask priority", BEGIN_L, 0.35, ["priority"]),
    ],
)
def test_a_lone_word_in_lower_case_has_to_be_surer_for_a_firm(
    text: str, label: int, sure: float, expected: list[str]
) -> None:
    tokens = tokenise(text)
    odds = np.full((len(tokens), 5), 0.01, dtype=np.float32)
    odds[:, OUT] = 0.96
    odds[-1, OUT], odds[-1, label] = 1 - sure, sure
    found = findings(text, tokens, odds, heard(tokens), ("PERSON", "ORGANIZATION"), Threshold(0.15, 0.05))
    assert [text[finding.start : finding.end] for finding in found] == expected


def test_the_letter_of_a_time_stamp_is_no_name() -> None:
    assert covered("09:12:33Z", [OUT, OUT, OUT, OUT, OUT, BEGIN_P]) == []


def test_a_column_of_numbers_under_a_word_is_no_address() -> None:
    text = "opened_at\n1767435753\n1767435799"
    tokens = tokenise(text)
    odds = np.full((len(tokens), 5), 0.01, dtype=np.float32)
    odds[:, BEGIN_P] = 0.96
    odds[:3, BEGIN_P], odds[:3, OUT] = 0.1, 0.87
    found = findings(text, tokens, odds, heard(tokens), ("STREET_ADDRESS", "PERSON"), Threshold(0.15, 0.05))
    assert not [finding for finding in found if finding.start > 8]


@pytest.mark.parametrize(
    ("text", "piece", "score", "believed"),
    [
        ("we met at Commonwealth Bridge House today", "Commonwealth Bridge House", 0.16, True),
        ("the app of CommBank is", "CommBank", 0.2, True),
        ("CommBank is down", "CommBank", 0.2, True),
        ("we met at Bridge House today", "Bridge House", 0.14, False),
        ("we met at Harlow today", "Harlow", 0.06, True),
        ("a folder of JWC papers", "JWC", 0.06, True),
        ('he said: "JWC papers', "JWC", 0.06, False),
        ("names include \u201ctruHealth\u201d", "truHealth", 0.11, True),
        ("photo=photoWindow", "photoWindow", 0.2, False),
        ("it matches IPv4 only", "matches IPv4", 0.2, False),
        ("It rained. Harlow was wet", "Harlow", 0.2, False),
        ("Harlow was wet", "Harlow", 0.2, False),
        ("- Harlow was wet", "Harlow", 0.2, False),
        ("We met at the bridge house", "bridge house", 0.2, False),
    ],
)
def test_capitals_inside_sentences_make_doubted_names_believed(
    text: str, piece: str, score: float, *, believed: bool
) -> None:
    start = text.index(piece)
    one = Finding(start, start + len(piece), "ORGANIZATION", score, "names")
    assert with_capitals(text, [one])[0].score == (0.3 if believed else score)


@pytest.mark.parametrize("text", ["[f6] For 'demo' it is 8.5 %", "see [2] With this"])
def test_a_small_word_is_not_believed_for_its_capital(text: str) -> None:
    start = text.index("] ") + 2
    one = Finding(start, text.index(" ", start), "PERSON", 0.14, "names")
    assert with_capitals(text, [one]) == [one]


def test_people_are_believed_sooner_than_firms() -> None:
    one = Finding(9, 15, "PERSON", 0.06, "names")
    assert with_capitals("ask that Harlow today", [one])[0].score == 0.3


def test_a_name_ends_with_its_sentence_but_not_at_an_abbreviation() -> None:
    assert covered("the salarymen. Later", [OUT, IN_P, IN_P, IN_P]) == ["salarymen", "Later"]
    assert covered("lives in Lyon. Call", [OUT, OUT, IN_L, IN_L, IN_L]) == ["Lyon", "Call"]
    assert covered("Acme inc. Berlin", [BEGIN_P, IN_P, IN_P, IN_P]) == ["Acme inc. Berlin"]


def test_small_words_behind_a_name_are_no_part_of_it() -> None:
    text, threshold = "ask Will and Ann of Moore and Sons", Threshold(0.15, 0.05)
    tokens = tokenise(text)
    odds = np.full((len(tokens), 5), 0.01, dtype=np.float32)
    odds[:, OUT] = 0.96
    for word, label, sure in ((1, BEGIN_P, 0.9), (2, IN_P, 0.3), (3, BEGIN_P, 0.9), (4, IN_P, 0.3)):
        odds[word, label], odds[word, OUT] = sure, 0.97 - sure
    for word, sure in ((5, 0.9), (6, 0.3), (7, 0.9)):
        odds[word, BEGIN_L if word != 6 else IN_L], odds[word, OUT] = sure, 0.97 - sure
    found = findings(text, tokens, odds, heard(tokens), TYPES, threshold)
    assert [text[one.start : one.end] for one in found] == ["Will", "Ann", "Moore and", "Sons"]


def test_a_nationality_ends_before_the_noun() -> None:
    text = "a Swedish investment bank, South African wine"
    tokens = tokenise(text)
    odds = np.full((len(tokens), 3), 0.02, dtype=np.float32)
    odds[:, 0] = 0.9
    odds[[1, 2, 3, 5, 6, 7]] = (0.1, 0.1, 0.8)
    found = findings(text, tokens, odds, heard(tokens), ("NRP",), Threshold(0.5, 0.5))
    assert [text[one.start : one.end] for one in found] == ["Swedish", "South African"]


@pytest.mark.parametrize(
    ("text", "score", "believed"),
    [("ask harlow", 0.2, True), ("ask harlow", 0.19, False), ("Ask harlow", 0.2, False)],
)
def test_a_text_without_capitals_needs_lower_odds(text: str, score: float, *, believed: bool) -> None:
    one = Finding(4, 10, "ORGANIZATION", score, "names")
    assert with_capitals(text, [one])[0].score == (0.3 if believed else score)


@pytest.mark.parametrize(
    ("text", "balanced"),
    [
        ("The Harlow House is a bank and a tennis player of Leeds", False),
        ("the Harlow House is a bank and a tennis player of Leeds", True),
        ("Harlow house is a bank and a tennis player of leeds", True),
    ],
)
def test_doubted_words_in_lower_case_are_names_only_where_capitals_are_missing(text: str, *, balanced: bool) -> None:
    tokens = tokenise(text)
    odds = np.full((len(tokens), 5), 0.01, dtype=np.float32)
    odds[:, OUT] = 0.96
    place = tokens.words.index("tennis")
    odds[place, BEGIN_P], odds[place, OUT] = 0.4, 0.57
    odds[place + 1, IN_P], odds[place + 1, OUT] = 0.4, 0.57
    found = findings(text, tokens, odds, heard(tokens), TYPES, Threshold(0.15, 0.05))
    (one,) = [finding for finding in found if text[finding.start :].startswith("tennis player")]
    assert (one.score >= 0.3) is balanced
    assert one.score > 0.05
    unheard = np.array([word in ("tennis", "player") for word in tokens.words])
    (one,) = findings(text, tokens, odds, unheard, TYPES, Threshold(0.15, 0.05))
    assert one.score >= 0.3
