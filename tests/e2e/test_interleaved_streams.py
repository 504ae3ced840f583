"""Two choices with two calls each, their pieces shuffled and cut anywhere: each gets its own originals, once."""

from __future__ import annotations

import json
from collections import defaultdict
from random import Random
from typing import Any

import pytest

from policies.entity_types import ENTITY_TYPES
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUOTED = 'Ann "Nan" O\\Neil'
VALUES = (QUOTED, ENTITY_TYPES["PERSON"].example, ENTITY_TYPES["EMAIL_ADDRESS"].example)
TOOL: Any = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
Deltas = list[dict[str, Any]]


def cut(chance: Random, text: str) -> list[str]:
    """The text in pieces of one letter and more."""
    pieces = []
    while text:
        size = chance.randint(1, 9)
        pieces.append(text[:size])
        text = text[size:]
    return pieces


def lane(chance: Random, tokens: list[str], index: int, call: int | None) -> tuple[Deltas, str]:
    """Deltas of one text or of one call's arguments, and what they say together, with tokens."""
    said = "".join(chance.choice([*tokens, "PERSON_", tokens[0][:-2], "\n", "é"]) + " " for _ in range(4))
    if call is None:
        return [{"index": index, "delta": {"content": piece}} for piece in cut(chance, said)], said
    said = json.dumps({"to": said, "inside": json.dumps({"to": chance.choice(tokens)})})
    first = {"index": call, "id": f"call_{index}{call}", "type": "function", "function": {"name": "f", "arguments": ""}}
    parts = [first, *({"index": call, "function": {"arguments": piece}} for piece in cut(chance, said))]
    return [{"index": index, "delta": {"tool_calls": [part]}} for part in parts], said


def plain(arguments: str) -> tuple[str, str]:
    """The two texts in a call's arguments."""
    read = json.loads(arguments)
    return read["to"], json.loads(read["inside"])["to"]


@pytest.mark.parametrize("seed", range(12))
async def test_each_gets_its_own_originals(gateway: Running, seed: int) -> None:
    assert gateway.detector is not None
    gateway.detector.words[QUOTED] = "PERSON"
    _, _, scrambled = await gateway.call("/sting/v1/scramble", {"texts": VALUES})
    tokens = json.loads(scrambled)["texts"]
    chance = Random(seed)
    places: list[tuple[int, int | None]] = [(index, call) for index in (0, 1) for call in (None, 0, 1)]
    lanes = {place: lane(chance, tokens, *place) for place in places}
    queues = [deltas for deltas, _ in lanes.values()]
    choices = []
    while any(queues):
        choices.append(chance.choice([queue for queue in queues if queue]).pop(0))
    choices += [{"index": index, "delta": {}, "finish_reason": "tool_calls"} for index in (0, 1)]
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    events = [f"data: {json.dumps({**head, 'choices': [choice]}, ensure_ascii=False)}\n\n" for choice in choices]
    raw = "".join([*events, "data: [DONE]\n\n"]).encode()
    gateway.provider.behaviour = Behaviour(raw=raw, content_type="text/event-stream", chunk=chance.choice([0, 1, 7]))
    got: dict[tuple[int, int | None], str] = defaultdict(str)
    async for chunk in await gateway.client().chat.completions.create(
        model="m", n=2, stream=True, tools=[TOOL], messages=[{"role": "user", "content": "\n".join(VALUES)}]
    ):
        for choice in chunk.choices:
            got[choice.index, None] += choice.delta.content or ""
            for call in choice.delta.tool_calls or ():
                got[choice.index, call.index] += (call.function and call.function.arguments) or ""
    for place, (_, said) in lanes.items():
        wanted: tuple[str, ...] = (said,) if place[1] is None else plain(said)
        for token, value in zip(tokens, VALUES, strict=True):
            wanted = tuple(text.replace(token, value) for text in wanted)
        assert ((got[place],) if place[1] is None else plain(got[place])) == wanted
