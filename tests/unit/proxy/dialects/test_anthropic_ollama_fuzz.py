"""Whatever a client or a provider sends, the dialects raise nothing, and what they edit stays JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.core.answers import restored
from proxy.core.jsontext import Edit, parse, splice
from proxy.core.restorer import Originals
from proxy.core.slots import Kind
from proxy.dialects.anthropic_messages import MESSAGES
from proxy.dialects.base import Dialect
from proxy.dialects.citations import back_to_the_original, on_to_the_scrambled, shifts_of
from proxy.dialects.ollama import CHAT, EMBED, GENERATE
from proxy.dialects.signed import SignedStream, signed_texts
from tests.unit.proxy.dialects.golden_streams import PERSON, TOKEN

WORDS = (
    "type text content messages system tools tool_use input source data document citations citation char_location "
    "document_index start_char_index end_char_index thinking signature delta content_block index usage input_tokens "
    "output_tokens message role user model images context prompt format json arguments function tool_calls response "
    "eval_count prompt_eval_count done error output_config content_block_delta content_block_start content_block_stop"
).split()
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.just(10**4000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([*WORDS, TOKEN, f"a {TOKEN}", '{"a": "b"}', "\ud800", ""]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from([*WORDS, TOKEN, "0"]), inner, max_size=6)
    ),
    max_leaves=25,
)
BODIES = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=8)
DIALECTS = [MESSAGES, CHAT, GENERATE, EMBED]
fuzzed = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: type(dialect).__name__)
@fuzzed
@given(asked=BODIES)
def test_any_request_is_read_and_edited_into_json(dialect: Dialect, asked: dict[str, Any]) -> None:
    body = parse(json.dumps(asked))
    slots = dialect.request_slots(body)
    dialect.session_seed(body, slots.texts)
    dialect.model(body)
    dialect.wants_stream(body)
    made = [
        (slot, [Edit(0, len(slot.text), "PERSON_AAAAAAAA")] if slot.kind in (Kind.TEXT, Kind.KEY) else [])
        for slot in slots.texts
    ]
    edits = [edit for slot, found in made if found for edit in slot.edits_of_document(body.text, found)]
    edits += on_to_the_scrambled(body, shifts_of(body, made))
    edits += [*dialect.with_notice(body, 'N "quoted"'), *dialect.with_model(body, "other")]
    parse(splice(body.text, edits))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: type(dialect).__name__)
@fuzzed
@given(answered=BODIES, asked=BODIES)
def test_any_answer_is_restored_into_json(dialect: Dialect, answered: dict[str, Any], asked: dict[str, Any]) -> None:
    answer, request = parse(json.dumps(answered)), parse(json.dumps(asked))
    shifts = [[Edit(0, 1, "PERSON_AAAAAAAA")]]
    edits = back_to_the_original(answer, shifts)
    text, _ = restored(answer, dialect.response_texts(answer, request), Originals({TOKEN: PERSON}), edits)
    parse(text)
    dialect.stream_event(answer.text, request)
    dialect.usage(answer)
    signed_texts(answer)
    SignedStream().feed(answer.text)
