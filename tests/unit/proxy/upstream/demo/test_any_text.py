"""Whatever a prompt holds, the demo model answers in time and drops no token that it was given."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.upstream.base import UpstreamRequest
from proxy.upstream.demo import answer_offline
from proxy.upstream.demo.conversation import read_conversation
from proxy.upstream.demo.entities import find_entities
from proxy.upstream.demo.replying import reply_to

WORDS = [
    "Summarise:",
    "Write to",
    "Who",
    "?",
    "- ",
    "\n",
    "\n\n",
    ": ",
    "PERSON_K7Q2M9XA",
    "a@b.co",
    "4711",
    "$40",
    ".",
]
PROMPTS = st.one_of(st.text(), st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join))
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "all": {"type": "array"}, "n": {"type": "integer"}},
}
SHAPES = st.sampled_from(
    [
        {},
        {"response_format": {"type": "json_object"}},
        {"n": 2, "stop": ["a", ""], "max_tokens": 4},
        {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}},
        {"tools": [{"function": {"name": "write", "parameters": SCHEMA}}], "tool_choice": "required"},
    ]
)


@given(prompt=PROMPTS, more=SHAPES, stream=st.booleans())
async def test_any_prompt_gets_an_answer(prompt: str, more: dict[str, object], stream: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    body = {"messages": [{"role": "user", "content": prompt}], "stream": stream, **more}
    answer = answer_offline(UpstreamRequest("POST", "/v1/chat/completions", body=json.dumps(body).encode()))
    raw = await answer.body(10_000_000)
    assert answer.status == 200
    if not stream:
        choice = json.loads(raw)["choices"][0]
        said = choice["message"]["content"]
        if "response_format" in more:
            assert isinstance(json.loads(said), dict)
        elif "tools" in more:
            assert choice["message"]["tool_calls"]
        else:
            assert said or "stop" in more


@given(
    before=st.text(alphabet="abc .,:;!?-<>*\n\"'(", max_size=20),
    after=st.sampled_from([" ", ".", "'s", "**", "\n", ">"]),
)
def test_a_token_is_found_in_any_surroundings(before: str, after: str) -> None:
    text = f"{before} PERSON_K7Q2M9XA{after} x"
    assert [entity.text for entity in find_entities(text) if entity.kind == "person"] == ["PERSON_K7Q2M9XA"]


@pytest.mark.parametrize(
    "prompt",
    ["a-" * 200_000, "a.b" * 100_000, "1 " * 200_000, "." * 400_000, "Who. " * 80_000, " " * 400_000,
     "1((((((((" * 50_000, "what is it? A-1 " * 20_000, "Summarize: " + "John Smith x1. " * 20_000],
)  # fmt: skip
def test_hostile_prompts_do_not_hold_up_the_loop(prompt: str) -> None:
    start = time.process_time()
    reply_to(read_conversation({"messages": [{"role": "user", "content": prompt}]}))
    assert time.process_time() - start < 2  # 0.1 s on a busy machine; without the bounds it is many seconds
