"""What a request names besides what it goes on from (containers, prompts, skills, files) must be the caller's own."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from tests.fake_provider import Behaviour
from tests.gateway_fixture import NewGateway, Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME, MAIL = "Margaret Okafor", "m.okafor@example.com"
SEEING = {"X-Sting-Policy": "seeing"}
CODE = {"type": "code_execution_20250825", "name": "code_execution"}


def message(text: str, **more: object) -> dict[str, Any]:
    return {"model": "claude/c", "max_tokens": 9, "messages": [{"role": "user", "content": text}], **more}


def answer_of_anthropic(text: str, container: str, *, streamed: bool) -> bytes:
    whole = {
        "id": "msg_owned1",
        "type": "message",
        "role": "assistant",
        "model": "c",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    inside = {"id": container, "expires_at": "2030-01-01T00:00:00Z"}
    if not streamed:
        return json.dumps(whole | {"container": inside}).encode()
    events = [
        {"type": "message_start", "message": whole | {"content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "container": inside}, "usage": {}},
        {"type": "message_stop"},
    ]
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_container_of_anthropic_is_its_owners_and_restores_what_was_put_in(
    gateway: Running, *, streamed: bool
) -> None:
    container = f"container_owned{streamed:d}"
    kind = "text/event-stream" if streamed else "application/json"

    def says(text: str) -> Behaviour:
        return Behaviour(raw=answer_of_anthropic(text, container, streamed=streamed), content_type=kind)

    gateway.provider.behaviour = says("kept")
    status, _, _ = await gateway.call("/v1/messages", message(f"Keep {NAME}", tools=[CODE], stream=streamed))
    assert status == 200
    _, _, body = await gateway.call("/sting/v1/scramble", {"texts": [NAME]})
    token = json.loads(body)["texts"][0]
    gateway.provider.requests.clear()
    for shape in (container, {"id": container}):
        for key in ("stranger", "team-a"):
            status, _, told = await gateway.call("/v1/messages", message("List", container=shape), key=key)
            assert (status, json.loads(told)["error"]["code"]) == (404, "sting_not_found")
    assert gateway.provider.requests == []
    gateway.provider.behaviour = Behaviour(text=f"It holds {token}")
    status, _, body = await gateway.call("/v1/messages", message("What does it hold?", container=container))
    assert status == 200
    assert json.loads(body)["content"][0]["text"] == f"It holds {NAME}"


async def test_a_container_of_openai_is_its_owners_even_where_nothing_is_stored(gateway: Running) -> None:
    call = {
        "type": "code_interpreter_call",
        "id": "ci_1",
        "status": "completed",
        "code": "1",
        "container_id": "cntr_mine1",
    }
    answer = {"id": "resp_unstored1", "object": "response", "output": [call], "status": "completed"}
    gateway.provider.once(Behaviour(raw=json.dumps(answer).encode()))
    tools = [{"type": "code_interpreter", "container": {"type": "auto"}}]
    asked: dict[str, Any] = {"model": "gpt-4o", "input": "Run", "store": False, "tools": tools}
    assert (await gateway.call("/v1/responses", asked))[0] == 200
    gateway.provider.requests.clear()
    named: list[dict[str, Any]] = [
        {"tools": [{"type": "code_interpreter", "container": "cntr_mine1"}]},
        {"tools": [{"type": "shell", "environment": {"type": "container_reference", "container_id": "cntr_mine1"}}]},
        {"input": [call, {"role": "user", "content": "And?"}]},
    ]
    for more in named:
        status, _, body = await gateway.call("/v1/responses", asked | more, key="stranger")
        assert (status, json.loads(body)["error"]["code"]) == (404, "sting_not_found")
    assert gateway.provider.requests == []
    for more in named:
        assert (await gateway.call("/v1/responses", asked | more))[0] == 200
    assert (await gateway.call("/v1/responses", asked | {"previous_response_id": "resp_unstored1"}))[0] == 404


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("/v1/responses", {"model": "m", "input": "x", "prompt": {"id": "pmpt_theirs"}}, "prompt.id"),
        (
            "/v1/responses",
            {"model": "m", "input": [{"role": "user", "content": [{"type": "input_file", "file_id": "file-theirs"}]}]},
            "input[0].content[0]",
        ),
        (
            "/v1/responses",
            {"model": "m", "input": [{"role": "user", "content": "x"}, {"id": "msg_theirs"}]},
            "input[1].id",
        ),
        (
            "/v1/responses",
            {"model": "m", "input": [{"type": "reasoning", "id": "rs_theirs", "summary": []}]},
            "input[0].id",
        ),
        ("/v1/conversations", {"items": [{"type": "item_reference", "id": "msg_theirs"}]}, "items[0].id"),
        (
            "/v1/chat/completions",
            {"model": "m", "messages": [{"role": "assistant", "audio": {"id": "audio_theirs"}}]},
            "messages[0].audio.id",
        ),
        (
            "/v1/chat/completions",
            {
                "model": "m",
                "messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-theirs"}}]}],
            },
            "messages[0].content[0]",
        ),
        (
            "/v1/messages",
            message("x", container={"skills": [{"type": "custom", "skill_id": "skill_theirs", "version": "latest"}]}),
            "container.skills[0].skill_id",
        ),
        (
            "/v1/messages",
            message("x", thread={"type": "continue", "previous_message_id": "msg_theirs"}),
            "thread.previous",
        ),
        (
            "/v1/messages",
            message("x")
            | {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "document", "source": {"type": "file", "file_id": "file_theirs"}}],
                    }
                ]
            },
            "messages[0].content[0]",
        ),
    ],
)
async def test_what_nobody_of_this_key_made_is_not_named_even_where_what_cannot_be_read_may_leave(
    gateway: Running, path: str, body: dict[str, Any], place: str
) -> None:
    status, _, answer = await gateway.call(path, body, headers=SEEING)
    error = json.loads(answer)["error"]
    assert (status, error["code"]) == (404, "sting_not_found")
    assert error["param"].startswith(place)
    assert gateway.provider.requests == []


async def test_lines_of_a_batch_name_their_owners_objects_only(gateway: Running) -> None:
    body = {"model": "m", "input": "x", "previous_response_id": "resp_theirs"}
    line = {"custom_id": "1", "method": "POST", "url": "/v1/responses", "body": body}
    for more in ({}, {"previous_response_id": None, "prompt": {"id": "pmpt_theirs"}}):
        file = json.dumps(line | {"body": body | more}).encode()
        with pytest.raises(openai.NotFoundError) as refused:
            await gateway.client().files.create(file=("b.jsonl", file), purpose="batch")
        assert refused.value.code == "sting_not_found"
    assert gateway.provider.requests == []


async def test_what_the_operator_made_at_the_provider_is_listed(new_gateway: NewGateway) -> None:
    listed = {"provider_objects": {"default": ["pmpt_shared", "skill_*"], "other": ["pmpt_of_others"]}}
    async with new_gateway(listed) as gateway:
        for name, status in (("pmpt_shared", 200), ("pmpt_of_others", 404), ("pmpt_shared2", 404)):
            asked = {"model": "m", "input": "x", "prompt": {"id": name}}
            assert (await gateway.call("/v1/responses", asked))[0] == status
        skills = [{"type": "custom", "skill_id": "skill_own1", "version": "latest"}]
        assert (await gateway.call("/v1/messages", message("x", container={"skills": skills})))[0] == 200
