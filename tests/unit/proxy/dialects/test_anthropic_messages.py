from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.core.answers import restored
from proxy.core.jsontext import Document, parse, splice
from proxy.core.restorer import Originals
from proxy.core.slots import Kind, Slots
from proxy.dialects.anthropic_messages import MESSAGES
from proxy.errors import BadRequest, Blocked, DetectorUnavailable, InvalidKey, RateLimited, StingError
from tests.unit.proxy.dialects.golden_streams import PERSON, TOKEN, recorded, through

SIGNATURE = "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds"


def body(**fields: Any) -> Document:
    return parse(json.dumps({"model": "claude", "max_tokens": 5, **fields}))


def user(*content: dict[str, Any]) -> Document:
    return body(messages=[{"role": "user", "content": list(content)}])


def texts(slots: Slots, kind: Kind = Kind.TEXT) -> list[str]:
    return [slot.text for slot in slots.texts if slot.kind is kind]


def slots(document: Document) -> Slots:
    return MESSAGES.request_slots(document)


def events(stream: bytes) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix(b"data: ")) for line in stream.splitlines() if line.startswith(b"data: ")]


def test_texts_come_in_the_order_tools_system_messages_rest() -> None:
    found = slots(
        body(
            stop_sequences=["stop"],
            messages=[{"role": "user", "content": "message"}],
            system="system",
            tools=[{"name": "t", "description": "tool", "input_schema": {"type": "object"}}],
        )
    )
    assert texts(found) == ["tool", "system", "message", "stop"]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "text", "text": "seed"},
        {"type": "document", "title": "seed", "source": {"type": "text", "media_type": "text/plain", "data": "x"}},
        {"type": "document", "context": "seed", "source": {"type": "content", "content": "x"}},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "seed"}},
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "seed"}]}},
        {"type": "search_result", "source": "seed", "title": "x", "content": []},
        {"type": "search_result", "source": "x", "title": "x", "content": [{"type": "text", "text": "seed"}]},
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "seed"},
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "seed"}]},
        {"type": "tool_use", "id": "toolu_1", "name": "t", "input": {"source": {"type": "x", "data": "seed"}}},
        {"type": "tool_use", "id": "toolu_1", "name": "t", "input": {"type": "seed"}},
        {"type": "tool_use", "id": "toolu_1", "name": "t", "input": {"a": '{"nested": "seed"}'}},
        {"type": "tool_use", "id": "seed", "name": "t", "input": {}},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "seed"}},
        {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "t", "server_name": "s", "input": {"q": ["seed"]}},
        {"type": "mcp_tool_result", "tool_use_id": "mcptoolu_1", "content": [{"type": "text", "text": "seed"}]},
        {"type": "code_execution_tool_result", "content": {"type": "code_execution_result", "stdout": "seed"}},
        {
            "type": "bash_code_execution_tool_result",
            "content": {"type": "bash_code_execution_result", "stderr": "seed"},
        },
        {"type": "web_fetch_tool_result", "content": {"content": {"source": {"type": "text", "data": "seed"}}}},
        {"type": "web_search_tool_result", "content": [{"type": "web_search_result", "title": "seed"}]},
        {"type": "text_editor_code_execution_tool_result", "content": {"lines": ["seed"]}},
        {"type": "text", "text": "x", "citations": [{"type": "char_location", "cited_text": "seed"}]},
        {"type": "thinking", "thinking": "seed"},
        {"type": "thinking", "thinking": "seed", "signature": ""},
        {"type": "a_block_of_tomorrow", "wisdom": {"deep": ["seed"]}},
        {"type": "text", "text": "x", "signature": "seed"},
        {"type": "redacted_thinking", "data": "seed"},
    ],
)
def test_text_is_scanned_wherever_it_stands(block: dict[str, Any]) -> None:
    assert "seed" in texts(slots(user(block)))


def test_keys_and_long_numbers_of_tool_input_are_looked_at() -> None:
    found = slots(user({"type": "tool_use", "id": "toolu_1", "name": "t", "input": {"a@b.cd": 4111111111111111}}))
    assert "4111111111111111" in texts(found)
    assert "a@b.cd" in texts(found) + texts(found, Kind.KEY)


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "aGk="}},
        {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
        {"type": "document", "source": {"data": "of no type"}},
        {"type": "container_upload", "file_id": "file_1"},
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "image", "source": {"data": "aGk="}}]},
    ],
)
def test_what_cannot_be_read_is_told(block: dict[str, Any]) -> None:
    assert len(slots(user(block)).unscannable) == 1


def test_ids_enumerations_names_and_sealed_texts_are_no_texts() -> None:
    found = slots(
        user(
            {
                "type": "tool_use",
                "id": "toolu_01T1",
                "name": "send_mail",
                "input": {},
                "cache_control": {"type": "ephemeral"},
            },
            {"type": "redacted_thinking", "data": SIGNATURE},
            {
                "type": "web_search_tool_result",
                "content": [{"type": "web_search_result", "encrypted_content": SIGNATURE}],
            },
        )
    )
    assert texts(found) == []
    assert texts(found, Kind.NAME) == ["send_mail"]


def test_signed_thinking_is_scanned_and_marked_as_not_to_be_edited() -> None:
    found = slots(user({"type": "thinking", "thinking": "I think of her", "signature": SIGNATURE}))
    assert texts(found, Kind.SIGNED) == ["I think of her"]
    assert texts(found) == []


def test_a_conversation_is_named_by_what_comes_up_to_the_first_user_message() -> None:
    first = body(system="s", messages=[{"role": "user", "content": "one"}], metadata={"user_id": "x"})
    later = body(system="s", messages=[{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}])
    seeds = [MESSAGES.session_seed(document, slots(document).texts) for document in (first, later)]
    assert seeds[0] == seeds[1] == ["s", "one"]


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("Be good.", "Be good.\n\nN"),
        ([{"type": "text", "text": "Be."}], [{"type": "text", "text": "Be."}, {"type": "text", "text": "N"}]),
        ([], [{"type": "text", "text": "N"}]),
        (None, None),
    ],
)
def test_the_notice_stands_behind_the_system_prompt(system: object, expected: object) -> None:
    document = body(system=system, messages=[])
    edited = json.loads(splice(document.text, MESSAGES.with_notice(document, "N")))
    assert edited["system"] == expected


def test_without_a_system_prompt_the_notice_becomes_the_first_member() -> None:
    document = body(messages=[])
    edited = splice(document.text, MESSAGES.with_notice(document, 'N "quoted"'))
    assert next(iter(json.loads(edited).items())) == ("system", 'N "quoted"')


def test_a_whole_answer_is_restored_but_for_what_is_signed() -> None:
    answer = {
        "id": "msg_1",
        "content": [
            {"type": "thinking", "thinking": TOKEN, "signature": SIGNATURE},
            {"type": "text", "text": f"Dear {TOKEN}", "citations": [{"type": "char_location", "cited_text": TOKEN}]},
            {
                "type": "tool_use",
                "id": "toolu_1",
                "name": "t",
                "input": {"id": TOKEN, TOKEN: [TOKEN], "json": f'{{"a": "{TOKEN}"}}'},
            },
            {"type": "compaction", "content": TOKEN, "signature": SIGNATURE},
        ],
        "stop_sequence": TOKEN,
    }
    document = parse(json.dumps(answer))
    text, tally = restored(document, MESSAGES.response_texts(document, body()), Originals({TOKEN: PERSON}))
    back = json.loads(text)
    assert [block.get("thinking", block.get("content")) for block in back["content"]] == [TOKEN, None, None, TOKEN]
    assert back["content"][1]["text"] == f"Dear {PERSON}"
    assert back["content"][1]["citations"][0]["cited_text"] == PERSON
    call = back["content"][2]["input"]
    assert (call["id"], call[PERSON], json.loads(call["json"])) == (PERSON, [PERSON], {"a": PERSON})
    assert back["stop_sequence"] == PERSON
    assert tally.restored == 7


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_a_recorded_stream_without_tokens_passes_byte_by_byte(size: int) -> None:
    stream = recorded("anthropic/stream.sse", "Somebody")
    assert through(MESSAGES, stream, size) == stream


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_a_recorded_stream_gives_originals_but_for_thinking_and_unknown_events(size: int) -> None:
    stream = recorded("anthropic/stream.sse", TOKEN)
    direct, back = events(stream), events(through(MESSAGES, stream, size))
    assert [event["type"] for event in back] == [event["type"] for event in direct]
    deltas = [event["delta"] for event in back if event["type"] == "content_block_delta"]
    assert deltas[0]["thinking"] == f"The user asks about {TOKEN}."
    assert "".join(delta.get("text", "") for delta in deltas) == f'Dear {PERSON}, all is "well" — éé '
    call = json.loads("".join(delta.get("partial_json", "") for delta in deltas))
    assert call["to"] == PERSON
    assert json.loads(call["nested"]) == {"name": PERSON}
    citation = next(delta["citation"] for delta in deltas if "citation" in delta)
    assert (citation["cited_text"], citation["document_title"]) == (f"by {PERSON}", f"Of {PERSON}")
    assert next(event for event in back if event["type"] == "an_event_of_tomorrow")["text"] == TOKEN
    assert back[-3]["type"] == "content_block_stop"
    assert back[-2]["delta"]["stop_sequence"] == PERSON
    found = next(event for event in back if event.get("content_block", {}).get("type") == "web_search_tool_result")
    assert found["content_block"]["content"][0]["title"] == f"About {PERSON}"


def test_usage_counts_cached_input_too_and_output_at_the_end() -> None:
    found = [MESSAGES.usage(parse(json.dumps(event))) for event in events(recorded("anthropic/stream.sse", "x"))]
    assert [usage for usage in found if usage] == [(125, 1), (0, 89)]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BadRequest("x"), "invalid_request_error"),
        (InvalidKey("x"), "authentication_error"),
        (Blocked("x"), "permission_error"),
        (RateLimited("x"), "rate_limit_error"),
        (DetectorUnavailable("x"), "api_error"),
    ],
)
def test_errors_have_anthropics_shape_and_types(error: StingError, kind: str) -> None:
    rendered = json.loads(MESSAGES.error_body(error))
    assert rendered["type"] == "error"
    assert rendered["error"] == {"type": kind, "message": "x", "code": error.code, "param": None}
    assert MESSAGES.stream_error(error).startswith(b'event: error\ndata: {"type": "error"')


def test_a_huge_body_is_classified_in_linear_time() -> None:
    document = user(*[{"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}] * 20_000)
    assert len(slots(document).texts) == 20_000
