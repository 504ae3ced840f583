from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.core.answers import restored
from proxy.core.jsontext import Document, parse, splice
from proxy.core.restorer import Originals
from proxy.dialects.base import Dialect
from proxy.dialects.openai_other import COMPLETIONS, EMBEDDINGS, MODERATIONS
from proxy.dialects.openai_other_refused import REFUSED, why_refused
from tests.unit.proxy.dialects.golden_streams import PERSON, TOKEN, through


def body(**fields: Any) -> Document:
    return parse(json.dumps(fields))


@pytest.mark.parametrize(
    ("dialect", "fields"),
    [
        (COMPLETIONS, {"prompt": "seed"}),
        (COMPLETIONS, {"prompt": ["x", "seed"]}),
        (COMPLETIONS, {"prompt": "x", "suffix": "seed"}),
        (COMPLETIONS, {"prompt": "x", "stop": ["seed"]}),
        (COMPLETIONS, {"prompt": "x", "user": "seed"}),
        (EMBEDDINGS, {"input": "seed"}),
        (EMBEDDINGS, {"input": ["x", "seed"]}),
        (EMBEDDINGS, {"input": "x", "encoding_format": "seed"}),
        (MODERATIONS, {"input": ["seed"]}),
        (MODERATIONS, {"input": [{"type": "text", "text": "seed"}]}),
        (MODERATIONS, {"input": "x", "invented_tomorrow": "seed"}),
    ],
)
def test_texts_are_looked_into(dialect: Dialect, fields: dict[str, Any]) -> None:
    found = dialect.request_slots(body(model="m", **fields))
    assert "seed" in [slot.text for slot in found.texts]
    assert not found.unscannable


@pytest.mark.parametrize("tokens", [[1], [15496, 995], [[1], [2, 3]], ["text", 5], [1234567]])
def test_token_ids_cannot_be_read(tokens: list[Any]) -> None:
    assert COMPLETIONS.request_slots(body(prompt=tokens)).unscannable == [("prompt",)]
    assert EMBEDDINGS.request_slots(body(input=tokens)).unscannable == [("input",)]


def test_moderations_have_a_model_also_when_the_request_names_none() -> None:
    document = body(input="x")
    assert MODERATIONS.model(document) == "omni-moderation-latest"
    assert json.loads(splice(document.text, MODERATIONS.with_model(document, "own"))) == {"model": "own", "input": "x"}
    named = body(input="x", model="m")
    assert MODERATIONS.model(named) == "m"
    assert json.loads(splice(named.text, MODERATIONS.with_model(named, "own"))) == {"input": "x", "model": "own"}


@pytest.mark.parametrize("size", [1, 7, 64])
def test_choices_that_interleave_are_restored_each_by_itself(size: int) -> None:
    half = len(TOKEN) // 2
    pieces = [(0, f"A {TOKEN[:half]}"), (1, f"B {TOKEN[:half]}"), (0, TOKEN[half:]), (1, TOKEN[half:])]
    chunks: list[dict[str, Any]] = [{"choices": [{"index": i, "text": text}]} for i, text in pieces]
    chunks += [{"choices": [{"index": i, "text": "", "finish_reason": "stop"}]} for i in (0, 1)]
    raw = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    got = through(COMPLETIONS, raw.encode(), size)
    assert got.endswith(b"data: [DONE]\n\n")
    texts = {0: "", 1: ""}
    for line in got.splitlines():
        if line.startswith(b"data: {"):
            choice = json.loads(line[6:])["choices"][0]
            texts[choice["index"]] += choice["text"]
    assert texts == {0: f"A {PERSON}", 1: f"B {PERSON}"}


def test_log_probabilities_stay_as_they_came() -> None:
    answer = body(choices=[{"index": 0, "text": TOKEN, "logprobs": {"tokens": [TOKEN], "top_logprobs": [{TOKEN: -1}]}}])
    text, _ = restored(answer, COMPLETIONS.response_texts(answer, answer), Originals({TOKEN: PERSON}))
    choice = json.loads(text)["choices"][0]
    assert choice["text"] == PERSON
    assert choice["logprobs"] == {"tokens": [TOKEN], "top_logprobs": [{TOKEN: -1}]}


def test_the_longest_beginning_of_a_refused_route_decides() -> None:
    assert why_refused("/v1/realtime/client_secrets") == REFUSED["/realtime/client_secrets"]
    assert why_refused("/realtime/calls/1/accept") == REFUSED["/realtime"]
    assert why_refused("/v1/chat/completions/x/messages") == REFUSED["/chat/completions"]
    assert why_refused("/v1/filesystem") is None
    assert why_refused("/") is None


@pytest.mark.parametrize("choices", [PERSON, {"text": PERSON}, [PERSON], [{"text": PERSON}]])
def test_an_event_of_another_shape_is_read_all_the_same(choices: Any) -> None:
    event = COMPLETIONS.stream_event(json.dumps({"choices": choices}), parse("{}"))
    assert [text.leaf.text for text in event.texts if not text.leaf.is_key] == [PERSON]
