"""Reading labelled sets, counting, and the command around it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.evaluation.command import EVAL_COMMAND
from proxy.detectors.evaluation.datasets import Gold, Message, UnreadableDataset, read_dataset
from proxy.detectors.evaluation.evaluate import evaluate, lower_cased
from proxy.detectors.evaluation.figures import Figures, wilson

OWN = '{"text": "Ann at ann@example.com", "spans": [{"start": 7, "end": 22, "entity_type": "EMAIL_ADDRESS"}]}\n'


def test_wilson_gives_the_published_interval() -> None:
    low, high = wilson(95, 100)
    assert (round(low, 4), round(high, 4)) == (0.8882, 0.9785)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(300, 300)[0] > 0.987


def test_presidio_research_json_is_read_and_titles_are_ignored(tmp_path: Path) -> None:
    spans = [
        {"start_position": 0, "end_position": 3, "entity_type": "TITLE"},
        {"start_position": 4, "end_position": 9, "entity_type": "PERSON"},
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"full_text": "Mr. Smith", "spans": spans}]))
    assert read_dataset(path) == [Message("Mr. Smith", (Gold(4, 9, "PERSON"),), ((0, 3),))]


def test_labelled_strings_are_found_in_their_text_and_absent_ones_left_out(tmp_path: Path) -> None:
    labels = [{"entity": "Ann", "label": "PERSON"}, {"entity": "gone", "label": "ORG"}, {"=": "x", "label": "IBAN"}]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"text": "Ann, Anna and ann", "NER": labels}]))
    assert read_dataset(path)[0].spans == (Gold(0, 3, "PERSON"), Gold(14, 17, "PERSON"))


def test_pupa_units_are_found_and_masked_text_counts_neither_way(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('user_query,pii_units\n"I am Zed at <PRESIDIO_ANONYMIZED_URL>","zed||acme"\n')
    message = read_dataset(path)[0]
    assert message.spans == (Gold(5, 8, "UNIT"),)
    assert message.ignored == ((12, 37),)


def test_titles_that_units_begin_with_count_neither_way(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('user_query,pii_units\n"Ask Prof. Dr. Kern, Mr Kern and Misha","Prof. Dr. Kern||Mr Kern||Misha"\n')
    message = read_dataset(path)[0]
    text = message.text
    assert [text[span.start : span.end] for span in message.spans] == ["Kern", "Kern", "Misha"]
    assert [text[start:end] for start, end in message.ignored] == ["Prof. Dr. ", "Mr "]


def test_conll_tags_become_spans_of_the_joined_tokens(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("-DOCSTART- -X- O\n\nAnn B-PER\nKern I-PER\nBen B-PER\nin O\nRome I-LOC\n\nhi O\n")
    first, second = read_dataset(path)
    assert first.text == "Ann Kern Ben in Rome"
    assert first.spans == (Gold(0, 8, "PER"), Gold(9, 12, "PER"), Gold(16, 20, "LOC"))
    assert second.spans == ()


def test_another_file_is_refused_without_quoting_it(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"secret": "jane@example.com"}')
    with pytest.raises(UnreadableDataset, match=r"a\.json") as caught:
        read_dataset(path)
    assert "jane" not in str(caught.value)


def _figures(
    text: str, gold: list[Gold], found: list[tuple[int, int]], ignored: tuple[tuple[int, int], ...] = ()
) -> Figures:
    figures = Figures()
    figures.add(Message(text, tuple(gold), ignored), [Finding(*span, "X", 1.0, "t") for span in found], 0.5)
    return figures


def test_leak_and_over_scrub_are_shares_of_visible_characters() -> None:
    figures = _figures("Ann Kern lives", [Gold(0, 8, "PERSON")], [(0, 3), (9, 11)])
    summary = figures.summary()
    assert summary["leak"] == pytest.approx(4 / 7)
    assert summary["over_scrub"] == pytest.approx(2 / 5)
    assert summary["clean_messages"] == 0
    assert summary["precision"] == pytest.approx(1 / 2)
    assert (summary["types"]["PERSON"]["recall"], summary["types"]["PERSON"]["full"]) == (1.0, 0.0)


def test_ignored_ranges_count_neither_as_right_nor_as_wrong() -> None:
    summary = _figures("Mr. Kern", [Gold(4, 8, "PERSON")], [(0, 3), (4, 8)], ignored=((0, 3),)).summary()
    assert (summary["leak"], summary["over_scrub"], summary["precision"], summary["clean_messages"]) == (0, 0, 1, 1)


class _Capitals:
    """Finds capital letters."""

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        del profile
        return [
            [Finding(at, at + 1, "CAP", 0.4, "t") for at, char in enumerate(text) if char.isupper()] for text in texts
        ]


def test_findings_below_the_least_score_do_not_count() -> None:
    messages = [Message("A b", (Gold(0, 1, "X"),))]
    assert evaluate(messages, _Capitals(), Profile()).summary()["leak"] == 0
    assert evaluate(messages, _Capitals(), Profile(), min_score=0.5).summary()["leak"] == 1


class _First:
    """Finds the first `Anna` of a text."""

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        del profile
        return [[Finding(text.index("Anna"), text.index("Anna") + 4, "PERSON", 0.4, "t")] for text in texts]


def test_repeats_count_as_in_an_exchange() -> None:
    messages = [Message("Anna saw Anna", (Gold(0, 4, "X"), Gold(9, 13, "X")))]
    assert evaluate(messages, _First(), Profile()).summary()["leak"] == 0.5
    assert evaluate(messages, _First(), Profile(), repeats=True).summary()["leak"] == 0


def test_lower_casing_keeps_offsets() -> None:
    message = Message("\u0130stanbul ANN", (Gold(9, 12, "X"),))
    assert lower_cased([message])[0].text == "\u0130stanbul ann"


def test_the_command_prints_json_and_tables(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(OWN)
    outcome = CliRunner().invoke(EVAL_COMMAND, [str(path), "--engines", "patterns", "--json"])
    assert outcome.exit_code == 0, outcome.output
    (row,) = json.loads(outcome.stdout)
    assert (row["leak"], row["types"]["EMAIL_ADDRESS"]["n"]) == (0.0, 1)
    table = CliRunner().invoke(EVAL_COMMAND, [str(path), "--engines", "patterns"])
    assert "EMAIL_ADDRESS" in table.stdout
    markdown = CliRunner().invoke(EVAL_COMMAND, [str(path), "--engines", "patterns", "--markdown"])
    assert "| EMAIL_ADDRESS | 1 | 100.0 (20.7 to 100.0), 100.0 |" in markdown.stdout


def test_the_command_looks_as_a_policy_of_the_configuration_does(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(OWN)
    (tmp_path / "own").mkdir()
    (tmp_path / "own/house.yaml").write_text("name: house\nextends: code\n")
    config = tmp_path / "config.yaml"
    config.write_text(f"data_dir: {tmp_path / 'data'}\npolicies: {{directory: {tmp_path / 'own'}}}\n")
    own = [str(path), "--policy", "house", "--json"]
    outcome = CliRunner().invoke(EVAL_COMMAND, [*own, "--config", str(config)])
    assert outcome.exit_code == 0, outcome.output
    assert json.loads(outcome.stdout)[0]["types"]["EMAIL_ADDRESS"]["n"] == 1
    elsewhere = CliRunner().invoke(EVAL_COMMAND, [*own, "--data-dir", str(tmp_path / "data")])
    assert (elsewhere.exit_code, "there is no policy 'house'" in elsewhere.output) == (1, True)


def test_the_command_names_an_engine_that_does_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(OWN)
    outcome = CliRunner().invoke(EVAL_COMMAND, [str(path), "--engines", "magic"])
    assert outcome.exit_code == 1
    assert "magic" in outcome.output
