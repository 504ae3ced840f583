"""Whatever a client or a provider sends, OpenAI's further dialects raise nothing, and what they edit stays JSON."""

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
from proxy.dialects.base import Dialect
from proxy.dialects.notice import NOTICE, echoed
from proxy.dialects.openai_decisions import DECISIONS
from proxy.dialects.openai_media import IMAGE_EDITS, SPEECH, TRANSCRIPTS
from proxy.dialects.openai_other import COMPLETIONS, EMBEDDINGS, MODERATIONS
from proxy.dialects.openai_responses import CONVERSATIONS, RESPONSES, StoredResponses
from proxy.dialects.openai_sockets import RealtimeEvents, ResponsesEvents
from tests.unit.proxy.dialects.golden_streams import PERSON, TOKEN

WORDS = (
    "type text content input output instructions tools prompt variables item_reference id response output_text delta "
    "previous_response_id conversation format json_schema response.output_text.delta response.output_text.done store "
    "response.completed response.output_item.done output_index content_index part item arguments function_call model "
    "annotations url_citation start_index end_index compaction questions audio revised_prompt response.create session "
    "choices index finish_reason error message usage input_tokens metadata user stream items result url logprobs role"
).split()
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([*WORDS, TOKEN, f"a {TOKEN}", '{"a": "b"}', "\ud800", "", NOTICE, f"x\n\n{NOTICE}", "data:x"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from([*WORDS, TOKEN, "0"]), inner, max_size=6)
    ),
    max_leaves=25,
)
BODIES = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=8)
DIALECTS: list[Dialect] = [
    RESPONSES,
    CONVERSATIONS,
    COMPLETIONS,
    EMBEDDINGS,
    MODERATIONS,
    DECISIONS,
    IMAGE_EDITS,
    SPEECH,
    TRANSCRIPTS,
    ResponsesEvents(),
    RealtimeEvents(),
]
fuzzed = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: type(dialect).__name__)
@fuzzed
@given(asked=BODIES)
def test_any_request_is_read_and_edited_into_json(dialect: Dialect, asked: dict[str, Any]) -> None:
    body = parse(json.dumps(asked))
    slots = dialect.request_slots(body)
    dialect.session_seed(body, slots.texts)
    dialect.model(body)
    dialect.wants_stream(body)
    if dialect.traits.state is not None:
        dialect.traits.state.named(body)
        dialect.traits.state.brought(body)
    edits = [
        edit
        for slot in slots.texts
        if slot.kind in (Kind.TEXT, Kind.KEY)
        for edit in slot.edits_of_document(body.text, [Edit(0, len(slot.text), "PERSON_AAAAAAAA")])
    ]
    edits += [*dialect.with_notice(body, 'N "quoted"'), *dialect.with_model(body, "other")]
    parse(splice(body.text, edits))


@pytest.mark.parametrize("dialect", [*DIALECTS, StoredResponses()], ids=lambda dialect: type(dialect).__name__)
@fuzzed
@given(answered=st.one_of(BODIES, VALUES), asked=BODIES)
def test_any_answer_is_restored_into_json(dialect: Dialect, answered: Any, asked: dict[str, Any]) -> None:
    answer, request = parse(json.dumps(answered)), parse(json.dumps(asked))
    _, edits = echoed(answer, dialect.traits.echoes)
    text, _ = restored(answer, dialect.response_texts(answer, request), Originals({TOKEN: PERSON}), edits)
    parse(text)
    event = dialect.stream_event(answer.text, request)
    assert all(
        answer.text[text.leaf.start : text.leaf.end] or not text.leaf.text
        for text in event.texts
        if not text.leaf.is_key
    )
    dialect.usage(answer)
    if dialect.traits.state is not None:
        dialect.traits.state.made(answer)
