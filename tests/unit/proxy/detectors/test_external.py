"""Engines whose models are not part of the product: errors that say what to do, and the rows that they answer."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

import pytest

from proxy.detectors.base import Profile
from proxy.detectors.chain import PLACED, UnknownEngine, load_engines
from proxy.detectors.external import found
from proxy.detectors.gliner import LABELS, PART

PROFILE = Profile(engines=("gliner",))


@pytest.fixture
def folder(tmp_path: Path) -> str:
    for name in ("gliner_config.json", "config.json"):
        (tmp_path / name).write_text("{}")
    return str(tmp_path)


@pytest.mark.parametrize("name", sorted(PLACED))
def test_without_a_place_the_error_names_the_setting(name: str) -> None:
    with pytest.raises(UnknownEngine, match=re.escape(f"detection.places.{name}")):
        load_engines([name])


@pytest.mark.parametrize("name", ["gliner", "huggingface"])
def test_a_folder_without_weights_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownEngine, match="download the model into it"):
        load_engines([name], {name: str(tmp_path)})


@pytest.mark.parametrize(("name", "module"), [("gliner", "gliner"), ("huggingface", "transformers")])
def test_a_missing_package_is_named_with_its_extra(
    name: str, module: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UnknownEngine, match=re.escape(f"pip install 'sting-ce[{name}]'")):
        load_engines([name], {name: folder})


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("http://presidio.example.com", "plain http"),
        ("http://203.0.113.9:5002", "plain http"),
        ("ftp://127.0.0.1", "http:// or https://"),
        ("http://user:pw@127.0.0.1", "without user"),
        ("127.0.0.1:5002", "http:// or https://"),
    ],
)
def test_texts_do_not_go_to_just_any_address(place: str, reason: str) -> None:
    with pytest.raises(UnknownEngine, match=reason):
        load_engines(["presidio_remote"], {"presidio_remote": place})


@pytest.mark.parametrize(
    "row",
    [
        {"start": 0, "end": 12, "score": 0.9, "label": "person"},
        {"start": -1, "end": 2, "score": 0.9, "label": "person"},
        {"start": 3, "end": 3, "score": 0.9, "label": "person"},
        {"start": 0, "end": 3, "score": 7, "label": "person"},
        {"start": 0, "end": 3, "score": float("nan"), "label": "person"},
        {"start": "x", "end": 3, "score": 0.9, "label": "person"},
    ],
)
def test_a_row_that_is_no_finding_of_the_text_is_an_error(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"lies outside|invalid literal"):
        found([row], LABELS, 10, "test")


def test_labels_become_entity_types() -> None:
    rows = [
        {"start": 0, "end": 3, "score": 1.00001, "label": "Person"},
        {"start": 4, "end": 6, "score": 0.5, "label": "date of event"},
    ]
    assert [(one.entity_type, one.score) for one in found(rows, LABELS, 10, "test")] == [
        ("PERSON", 1.0),
        ("DATE_OF_EVENT", 0.5),
    ]


class GLiNER:
    """What our code asks of the package's class; it finds `Ann Lee`."""

    @classmethod
    def from_pretrained(cls, model_id: str, *, local_files_only: bool) -> Self:
        assert Path(model_id).is_dir()
        assert local_files_only
        return cls()

    def eval(self) -> None:
        """Nothing to switch."""

    def predict_entities(self, text: str, labels: list[str], *, threshold: float) -> list[dict[str, Any]]:
        assert "person" in labels
        assert len(text) <= PART
        return [
            {"start": match.start(), "end": match.end(), "text": match.group(), "label": "person", "score": threshold}
            for match in re.finditer("Ann Lee", text)
        ]


def test_gliner_reads_long_texts_in_parts(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("gliner")
    module.GLiNER = GLiNER  # type: ignore[attr-defined] # a stand-in
    monkeypatch.setitem(sys.modules, "gliner", module)
    (engine,) = load_engines(["gliner"], {"gliner": folder}).values()
    text = "so it goes " * 300 + "Ann Lee" + " and on" * 300 + " Ann Lee"
    starts = [match.start() for match in re.finditer("Ann Lee", text)]
    assert [[one.start for one in row] for row in engine.find([text, " "], PROFILE)] == [starts, []]
    assert engine.find([text], Profile(identifiers=True)) == [[]]


def test_a_token_classifier_is_read_without_edges_and_nothings(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = SimpleNamespace(from_pretrained=lambda place, *, local_files_only: (place, local_files_only))

    def pipeline(task: str, **options: Any) -> Any:
        assert (task, options["model"], options["tokenizer"]) == (
            "token-classification",
            (folder, True),
            (folder, True),
        )
        groups = [
            {"entity_group": "private_person", "score": 0.9, "start": 3, "end": 11},
            {"entity_group": "O", "score": 0.9, "start": 0, "end": 2},
            {"entity_group": "secret", "score": 0.8, "start": 16, "end": 23},
        ]
        return lambda _text: groups

    module = ModuleType("transformers")
    module.AutoTokenizer = module.AutoModelForTokenClassification = loaded  # type: ignore[attr-defined] # stand-ins
    module.pipeline = pipeline  # type: ignore[attr-defined] # the same
    monkeypatch.setitem(sys.modules, "transformers", module)
    (engine,) = load_engines(["huggingface"], {"huggingface": folder}).values()
    text = "by  Ann Lee with hunter2"
    (row,) = engine.find([text], PROFILE)
    assert [(one.entity_type, text[one.start : one.end]) for one in row] == [
        ("PERSON", "Ann Lee"),
        ("SECRET", "hunter"),
    ]
