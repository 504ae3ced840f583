from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import openai.types.responses
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.core.answers import restored
from proxy.core.jsontext import Document, parse, splice
from proxy.core.restorer import Originals
from proxy.core.slots import Kind, Slots
from proxy.dialects.notice import NOTICE, echoed
from proxy.dialects.openai_responses import CONVERSATIONS, RESPONSES, StoredResponses
from proxy.dialects.openai_responses_answers import ECHOES
from proxy.errors import Blocked
from tests.unit.proxy.dialects.golden_streams import PERSON, TOKEN, recorded, through
from tests.unit.proxy.dialects.sdk_leaves import string_leaves

STREAM = "openai_responses/stream.sse"


def body(**fields: Any) -> Document:
    return parse(json.dumps({"model": "gpt-x", **fields}))


def slots(**fields: Any) -> Slots:
    return RESPONSES.request_slots(body(**fields))


def texts(found: Slots, kind: Kind = Kind.TEXT) -> list[str]:
    return [slot.text for slot in found.texts if slot.kind is kind]


def events(stream: bytes) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix(b"data: ")) for line in stream.splitlines() if line.startswith(b"data: ")]


def test_texts_come_in_the_order_tools_instructions_input_rest() -> None:
    found = slots(
        user="rest",
        input=[{"role": "user", "content": "input"}],
        instructions="instructions",
        tools=[{"type": "function", "name": "t", "description": "tool", "parameters": {"type": "object"}}],
    )
    assert texts(found) == ["tool", "instructions", "input", "rest"]


@pytest.mark.parametrize(
    "item",
    [
        {"role": "user", "content": "seed"},
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "seed"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "seed"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "seed"}]},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "annotations": [{"title": "seed"}]}],
        },
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"a": "seed"}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "seed"},
        {"type": "function_call_output", "call_id": "call_1", "output": '{"a": ["seed"]}'},
        {"type": "function_call_output", "call_id": "call_1", "output": [{"type": "input_text", "text": "seed"}]},
        {"type": "custom_tool_call", "call_id": "call_1", "name": "f", "input": "seed"},
        {"type": "custom_tool_call_output", "call_id": "call_1", "output": "seed"},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "seed"}]},
        {"type": "reasoning", "id": "rs_1", "content": [{"type": "reasoning_text", "text": "seed"}]},
        {"type": "file_search_call", "id": "fs_1", "queries": ["seed"]},
        {"type": "file_search_call", "id": "fs_1", "results": [{"file_id": "file-1", "text": "seed"}]},
        {"type": "file_search_call", "id": "fs_1", "results": [{"filename": "seed"}]},
        {"type": "file_search_call", "id": "fs_1", "results": [{"attributes": {"author": "seed"}}]},
        {"type": "web_search_call", "id": "ws_1", "action": {"type": "search", "query": "seed"}},
        {"type": "web_search_call", "id": "ws_1", "action": {"type": "open_page", "url": "seed"}},
        {"type": "web_search_call", "id": "ws_1", "action": {"type": "find_in_page", "pattern": "seed"}},
        {"type": "code_interpreter_call", "id": "ci_1", "code": "seed"},
        {"type": "code_interpreter_call", "id": "ci_1", "outputs": [{"type": "logs", "logs": "seed"}]},
        {"type": "local_shell_call", "call_id": "call_1", "action": {"type": "exec", "command": ["seed"]}},
        {"type": "local_shell_call", "call_id": "call_1", "action": {"type": "exec", "env": {"A": "seed"}}},
        {"type": "local_shell_call", "call_id": "call_1", "action": {"working_directory": "seed"}},
        {"type": "local_shell_call", "call_id": "call_1", "action": {"user": "seed"}},
        {"type": "local_shell_call_output", "id": "lsho_1", "output": "seed"},
        {"type": "shell_call", "call_id": "call_1", "action": {"commands": ["seed"]}},
        {"type": "shell_call_output", "call_id": "call_1", "output": [{"stdout": "seed"}]},
        {"type": "shell_call_output", "call_id": "call_1", "output": [{"stderr": "seed"}]},
        {"type": "apply_patch_call", "call_id": "call_1", "operation": {"type": "update_file", "diff": "seed"}},
        {"type": "apply_patch_call", "call_id": "call_1", "operation": {"type": "update_file", "path": "seed"}},
        {"type": "apply_patch_call_output", "call_id": "call_1", "output": "seed"},
        {"type": "mcp_call", "id": "mcp_1", "arguments": "seed"},
        {"type": "mcp_call", "id": "mcp_1", "output": "seed"},
        {"type": "mcp_call", "id": "mcp_1", "error": "seed"},
        {"type": "mcp_call", "id": "mcp_1", "error": {"type": "http_error", "message": "seed"}},
        {"type": "mcp_approval_request", "id": "mcpr_1", "arguments": "seed"},
        {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "reason": "seed"},
        {"type": "mcp_list_tools", "id": "mcpl_1", "tools": [{"name": "t", "description": "seed"}]},
        {"type": "mcp_list_tools", "tools": [{"input_schema": {"properties": {"a": {"description": "seed"}}}}]},
        {"type": "computer_call", "call_id": "call_1", "action": {"type": "type", "text": "seed"}},
        {"type": "tool_search_call", "call_id": "call_1", "arguments": {"query": "seed"}},
        {"type": "tool_search_output", "tools": [{"type": "function", "name": "t", "description": "seed"}]},
        {"type": "additional_tools", "tools": [{"type": "namespace", "tools": [{"description": "seed"}]}]},
        {"type": "configuration_update", "text": {"format": {"type": "json_schema", "description": "seed"}}},
        {"type": "program", "code": "seed"},
        {"type": "program_output", "result": "seed"},
        {"type": "image_generation_call", "id": "ig_1", "revised_prompt": "seed"},
        {"type": "invented_tomorrow", "whisper": {"deep": ["seed"]}},
        {"type": "seed", "id": "x"},
        {"type": "message", "id": "seed", "role": "user", "content": "x"},
    ],
    ids=lambda item: f"{item.get('type', 'message')}",
)
def test_every_kind_of_item_is_looked_into(item: dict[str, Any]) -> None:
    found = slots(input=[item])
    assert "seed" in texts(found)
    assert not found.unscannable
    assert "seed" in texts(CONVERSATIONS.request_slots(parse(json.dumps({"items": [item]}))))


@pytest.mark.parametrize(
    "fields",
    [
        {"input": "seed"},
        {"instructions": "seed"},
        {"prompt": {"id": "pmpt_1", "variables": {"a": "seed"}}},
        {"prompt": {"id": "pmpt_1", "variables": {"a": {"type": "input_text", "text": "seed"}}}},
        {"text": {"format": {"type": "json_schema", "name": "n", "description": "seed"}}},
        {"text": {"format": {"type": "json_schema", "schema": {"properties": {"a": {"enum": ["seed"]}}}}}},
        {"tools": [{"type": "custom", "name": "t", "format": {"type": "grammar", "definition": "seed"}}]},
        {"tools": [{"type": "mcp", "server_label": "s", "server_description": "seed"}]},
        {"tools": [{"type": "mcp", "server_url": "seed"}]},
        {"tools": [{"type": "file_search", "filters": {"type": "eq", "key": "a", "value": "seed"}}]},
        {"tools": [{"type": "file_search", "filters": {"filters": [{"filters": [{"value": ["seed"]}]}]}}]},
        {"tools": [{"type": "web_search", "user_location": {"type": "approximate", "city": "seed"}}]},
        {"tools": [{"type": "web_search", "filters": {"allowed_domains": ["seed"]}}]},
        {"tools": [{"type": "namespace", "name": "n", "tools": [{"type": "function", "description": "seed"}]}]},
        {"metadata": {"a": "seed"}},
        {"user": "seed"},
        {"safety_identifier": "seed"},
        {"prompt_cache_key": "seed"},
        {"previous_response_id": "seed"},
        {"include": ["seed"]},
        {"invented_tomorrow": "seed"},
    ],
)
def test_every_place_beside_the_input_is_looked_into(fields: dict[str, Any]) -> None:
    assert "seed" in texts(slots(**fields))


def test_property_names_and_metadata_keys_are_looked_at_as_keys() -> None:
    tool = {"type": "function", "name": "f", "parameters": {"properties": {"seed_1": {}}, "required": ["seed_1"]}}
    found = slots(tools=[tool], metadata={"seed_2": "x"})
    assert texts(found, Kind.KEY).count("seed_1") == 2
    assert "seed_2" in texts(found, Kind.KEY)
    assert texts(found, Kind.NAME) == ["f"]


@pytest.mark.parametrize(
    "content",
    [
        {"type": "input_image", "image_url": "https://example.com/a.png"},
        {"type": "input_image", "file_id": "file-1"},
        {"type": "input_file", "file_data": "AAAA"},
        {"type": "input_file", "file_id": "file-1"},
        {"type": "input_file", "file_url": "https://example.com/a.pdf"},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
    ],
)
def test_parts_that_cannot_be_read_are_named(content: dict[str, Any]) -> None:
    assert slots(input=[{"role": "user", "content": [content]}]).unscannable
    assert slots(input=[{"type": "function_call_output", "output": [content]}]).unscannable
    assert slots(prompt={"id": "pmpt_1", "variables": {"a": content}}).unscannable


@pytest.mark.parametrize(
    "item",
    [
        {
            "type": "computer_call_output",
            "output": {"type": "computer_screenshot", "image_url": "data:image/png;base64,A"},
        },
        {"type": "image_generation_call", "id": "ig_1", "result": "AAAA"},
        {"type": "code_interpreter_call", "outputs": [{"type": "image", "url": "data:image/png;base64,AAAA"}]},
    ],
)
def test_items_that_cannot_be_read_are_named(item: dict[str, Any]) -> None:
    assert slots(input=[item]).unscannable


def test_ids_ciphers_and_secrets_are_left_alone_in_their_shape_only() -> None:
    cipher = "gAAAAABo" + "8Z_2q7" * 20
    key = "sk-proj-4ZkT9vQ1xYb7Lm2"
    tool = {"type": "mcp", "server_label": "s", "authorization": "Bearer x", "headers": {"X-Key": key}}
    found = slots(
        input=[
            {"type": "reasoning", "id": "rs_68a1", "summary": [], "encrypted_content": cipher},
            {"type": "item_reference", "id": "msg_68a1"},
        ],
        tools=[tool],
        previous_response_id="resp_68a1",
        conversation={"id": "conv_68a1"},
        include=["reasoning.encrypted_content"],
    )
    assert texts(found) == []
    assert texts(slots(input=[{"type": "reasoning", "encrypted_content": "my cipher"}])) == ["my cipher"]
    tool |= {"authorization": "Jane Doe", "headers": {"X-User": "jane@example.com", "X-Phone": "+442079460958000"}}
    assert texts(slots(input="", tools=[tool])) == ["Jane Doe", "jane@example.com", "+442079460958000"]


@pytest.mark.parametrize(
    "says",
    [
        "gAAAAABo_Jane_Doe_of_High_Street_12_in_London",
        base64.b64encode(b"Jane Doe, 12 High Street, London W1").decode(),
        base64.urlsafe_b64encode("Jörg Müller, Hauptstraße 12, 10115 Berlin".encode()).decode(),
    ],
)
def test_what_says_something_is_no_cipher_and_no_id(says: str) -> None:
    assert texts(slots(input=[{"type": "reasoning", "encrypted_content": says}])) == [says]
    ids = ["call_Jane_Doe", "call_doe", "msg_for-jane-doe"]
    assert texts(slots(input=[{"type": "function_call_output", "call_id": one, "output": ""} for one in ids])) == ids


def test_what_is_no_log_probability_is_a_text() -> None:
    part = {"type": "output_text", "text": "x", "logprobs": ["Jane Doe", 4111111111111111]}
    item = {"type": "message", "role": "assistant", "content": [part]}
    assert texts(slots(input=[item])) == ["x", "Jane Doe", "4111111111111111"]


@given(st.binary(min_size=24, max_size=300))
def test_what_was_made_at_random_is_a_cipher(raw: bytes) -> None:
    cipher = base64.b64encode(hashlib.shake_128(raw).digest(len(raw))).decode()
    assert texts(slots(input=[{"type": "reasoning", "encrypted_content": cipher}])) == []


def test_a_conversation_is_named_by_how_it_begins() -> None:
    def seed(**fields: Any) -> list[str]:
        document = body(**fields)
        return list(RESPONSES.session_seed(document, RESPONSES.request_slots(document).texts))

    developer, first = {"role": "developer", "content": "a"}, {"role": "user", "content": "b"}
    later = [{"type": "message", "role": "assistant", "content": "c"}, {"role": "user", "content": "d"}]
    assert seed(input=[developer, first]) == seed(input=[developer, first, *later]) == ["stored", "a", "b"]
    assert seed(input=[developer, first, *later], store=False) == ["a", "b"]
    assert seed(input="b", instructions="a", user="c") == ["stored", "a", "b"]


@pytest.mark.parametrize(
    ("fields", "instructions"),
    [
        ({"instructions": "Be kind."}, f"Be kind.\n\n{NOTICE}"),
        ({"instructions": None}, NOTICE),
        ({}, NOTICE),
        ({"prompt": {"id": "pmpt_1"}}, None),
        ({"prompt": {"id": "pmpt_1"}, "instructions": None}, None),
    ],
)
def test_the_notice_goes_behind_the_instructions_and_comes_out_of_the_echo(
    fields: dict[str, Any], instructions: str | None
) -> None:
    document = body(input="x", **fields)
    sent = json.loads(splice(document.text, RESPONSES.with_notice(document, NOTICE)))
    assert sent.get("instructions") == instructions
    echo = parse(json.dumps({"id": "resp_1", "instructions": sent.get("instructions")}))
    _, edits = echoed(echo, ECHOES)
    back, _ = restored(echo, RESPONSES.response_texts(echo, document), Originals({}), edits)
    assert json.loads(back)["instructions"] == fields.get("instructions")


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_a_recorded_stream_gives_the_original_in_deltas_and_in_every_repeat(size: int) -> None:
    got = events(through(RESPONSES, recorded(STREAM, TOKEN), size))
    whole = events(recorded(STREAM, PERSON.replace("\\", "\\\\").replace('"', '\\"')))
    assert [(event["type"], event["sequence_number"]) for event in got] == [
        (event["type"], event["sequence_number"]) for event in whole
    ]
    plain = f"Dear {PERSON}, you are {PERSON}"
    for stem, name in (
        ("reasoning_summary_text", "text"),
        ("output_text", "text"),
        ("refusal", "refusal"),
        ("reasoning_text", "text"),
        ("custom_tool_call_input", "input"),
        ("code_interpreter_call_code", "code"),
        ("function_call_arguments", "arguments"),
        ("mcp_call_arguments", "arguments"),
    ):
        deltas = "".join(e["delta"] for e in got if e["type"] == f"response.{stem}.delta" and e["output_index"] < 13)
        (done,) = [event[name] for event in got if event["type"] == f"response.{stem}.done"]
        assert deltas == done, stem
        if name == "arguments":
            assert json.loads(done)["to"] == PERSON
            assert json.loads(json.loads(done)["x:"]) == {"n": PERSON}
        else:
            assert done == plain
    assert TOKEN not in json.dumps(got)


def test_commands_outputs_transcripts_and_inventions_are_restored_too() -> None:
    got = events(through(RESPONSES, recorded(STREAM, TOKEN), 50))

    def of(kind: str, *path: str, **where: Any) -> str:
        text = ""
        for event in got:
            if event["type"] == kind and all(event[key] == value for key, value in where.items()):
                value: Any = event
                for step in path:
                    value = value[step]
                text += value
        return text

    for index, command in enumerate((f"mail {PERSON} -s {PERSON}", f"echo {PERSON}")):
        added = of("response.shell_call_command.added", "command", command_index=index)
        assert added + of("response.shell_call_command.delta", "delta", command_index=index) == command
        assert of("response.shell_call_command.done", "command", command_index=index) == command
    assert of("response.shell_call_output_content.delta", "delta", "stdout") == f"sent {PERSON}"
    assert of("response.shell_call_output_content.delta", "delta", "stderr") == f"warn {PERSON}!"
    assert of("response.audio.transcript.delta", "delta") == f"say {PERSON}"
    assert of("response.audio.delta", "delta") == "UEVSU09O"
    assert of("response.output_text.annotation.added", "annotation", "title") == f"on {PERSON}"
    assert of("response.invented_yesterday.delta", "delta") == f"new {PERSON}"
    assert of("response.invented_yesterday.done", "whisper") == f"new {PERSON}"
    assert of("response.output_text.delta", "delta", output_index=13) == "ends in PERSON_"
    last = got[-1]["response"]
    assert last["tools"][0]["parameters"]["properties"] == {PERSON: {"type": "string", "enum": [PERSON]}}
    assert last["prompt"]["variables"] == {"who": PERSON}
    assert json.loads(last["output"][1]["arguments"])["to"] == PERSON


def test_a_stream_without_tokens_passes_byte_by_byte() -> None:
    raw = recorded(STREAM, "somebody")
    assert through(RESPONSES, raw, 64, issued={TOKEN: PERSON}) == raw


def test_the_recorded_stream_has_every_event_that_brings_text() -> None:
    known = string_leaves(openai.types.responses.ResponseStreamEvent)["type"]
    seen = {event["type"] for event in events(recorded(STREAM, TOKEN))}
    bringing = {kind for kind in known if kind.endswith(".delta")}
    assert bringing <= seen


@pytest.mark.parametrize(
    ("ordered", "before", "escaped"),
    [(True, "", True), (False, "", True), (True, "Who: ", True), (False, "Who: ", False)],
)
def test_text_is_escaped_as_json_where_json_was_asked_for_or_begins(
    ordered: bool,  # noqa: FBT001 - a parameter
    before: str,
    escaped: bool,  # noqa: FBT001 - a parameter
) -> None:
    form = {"type": "json_schema" if ordered else "text"}
    document = body(input="x", text={"format": form})
    part = {"type": "output_text", "text": before + json.dumps({"who": TOKEN})}
    answer = parse(json.dumps({"output": [{"type": "message", "content": [part]}]}))
    back, _ = restored(answer, RESPONSES.response_texts(answer, document), Originals({TOKEN: PERSON}))
    text = json.loads(back)["output"][0]["content"][0]["text"]
    assert text == before + (json.dumps({"who": PERSON}) if escaped else f'{{"who": "{PERSON}"}}')


def test_a_stored_stream_tells_by_itself_that_its_text_is_json() -> None:
    response = {"id": "resp_1", "text": {"format": {"name": "n", "type": "json_schema"}}}
    delta = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": f'{{"a":"{TOKEN}"}}'}
    raw = "".join(
        f"data: {json.dumps(event)}\n\n" for event in ({"type": "response.created", "response": response}, delta)
    )
    got = events(through(StoredResponses(), raw.encode(), 9))
    assert json.loads(got[-1]["delta"]) == {"a": PERSON}


@pytest.mark.parametrize("above", [(), ("response",)])
def test_usage_is_read_from_answers_and_events(above: tuple[str, ...]) -> None:
    usage: Any = {"usage": {"input_tokens": 9, "output_tokens": 3}}
    for step in above:
        usage = {step: usage}
    assert RESPONSES.usage(parse(json.dumps(usage))) == (9, 3)
    assert RESPONSES.usage(parse("{}")) is None


def test_an_error_in_a_stream_is_one_that_the_sdk_raises_on() -> None:
    raw = RESPONSES.stream_error(Blocked("The policy forbids it."))
    assert raw.startswith(b"event: error\ndata: ")
    told = events(raw)[0]
    assert (told["type"], told["code"], told["error"]["code"]) == ("error", "sting_blocked", "sting_blocked")
