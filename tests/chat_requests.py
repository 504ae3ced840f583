"""Chat completions as OpenAI's API takes them, made by a seed, with personal data in every place that has a text.

`made(random)` gives a request; whatever it holds is in the SDK's own types (`test_translation_valid.py` checks it).
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from policies.entity_types import ENTITY_TYPES

SEEDED = [
    ENTITY_TYPES[name].example for name in ("PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE")
]
"""What must not leave."""
_AROUND = (
    "{}",
    "Dear {}!",
    "«{}» — naïve 😀👩‍👧 ",
    "{}\n\n\t",
    "  {}",
    '{{"who": "{}"}}',
    "<b>{}</b>",
    "שלום {} مرحبا",
    "| a | {} |",
    "`{}` \\_ \\n",
    "PERSON_K7Q2M9XA is not {}",
    '```json\n["{}"]\n```',
    "e\u0301 {} \u200d\u0000",
)
_EMPTY = ("", " ", "\n")
_PNG = "data:image/png;base64,iVBORw0KGgo="
_NAMES = ("lookup", "send-mail", "f", "a" * 64, "get_0")
_SCHEMAS: tuple[dict[str, Any], ...] = (
    {"type": "object", "properties": {}},
    {"type": "object", "properties": {"to": {"type": "string", "description": "{}"}}, "required": ["to"]},
    {
        "type": "object",
        "properties": {"who": {"anyOf": [{"type": "string", "enum": ["{}", "b"]}, {"type": "null"}]}},
        "additionalProperties": False,
    },
    {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"type": "array", "items": {}}}},
)


class Chats:
    """Makes requests, one after another, out of one source of chance."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._calls = 0

    def _often(self, share: float) -> bool:
        return self._chance.random() < share

    def text(self, *, empty: float = 0.1) -> str:
        """A text, mostly with a value in it."""
        if self._often(empty):
            return self._chance.choice(_EMPTY)
        return self._chance.choice(_AROUND).format(self._chance.choice(SEEDED))

    def _parts(self, kinds: tuple[str, ...]) -> list[dict[str, Any]]:
        return [self._part(self._chance.choice(kinds)) for _ in range(self._chance.randint(1, 3))]

    def _part(self, kind: str) -> dict[str, Any]:
        if kind == "image_url":
            return {"type": kind, "image_url": {"url": _PNG} | ({"detail": "low"} if self._often(0.5) else {})}
        return {"type": kind, kind: self.text()}

    def content(self, *kinds: str) -> Any:
        """A string, or parts of these kinds."""
        return self.text() if self._often(0.6) else self._parts(kinds or ("text",))

    def _named(self, message: dict[str, Any]) -> dict[str, Any]:
        return message | ({"name": self._chance.choice(("alice", "Bob_2"))} if self._often(0.1) else {})

    def _arguments(self) -> str:
        value = {"to": self.text(), "list": [self.text(), 1, None, 1.5, True], "deep": {self.text(): {}}}
        return self._chance.choice(
            ["{}", json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1), '{"n":12345678901234567890}']
        )

    def _called(self) -> list[dict[str, Any]]:
        """A message with calls, and their results."""
        calls = []
        for _ in range(self._chance.randint(1, 3)):
            self._calls += 1
            function = {"name": self._chance.choice(_NAMES), "arguments": self._arguments()}
            calls.append({"id": f"call_{self._calls}", "type": "function", "function": function})
        said = self._chance.choice([None, "", self.text()])
        results = [{"role": "tool", "tool_call_id": call["id"], "content": self.content()} for call in calls]
        self._chance.shuffle(results)
        return [{"role": "assistant", "content": said, "tool_calls": calls}, *results]

    def _turns(self, *, images: bool) -> list[dict[str, Any]]:
        asked = ("text", "image_url") if images else ("text",)
        turns: list[dict[str, Any]] = []
        ahead = [role for role in ("system", "developer") if self._often(0.4)]
        turns += [self._named({"role": role, "content": self.content()}) for role in ahead]
        for _ in range(self._chance.randint(1, 4)):
            turns.append(self._named({"role": "user", "content": self.content(*asked)}))
            match self._chance.randint(0, 5):
                case 0:
                    turns += self._called()
                case 1:
                    turns.append(self._named({"role": "assistant", "content": self.content("text")}))
                case 2:
                    turns.append({"role": "assistant", "content": None, "refusal": self.text()})
                case 3:
                    turns.append({"role": "assistant", "content": [{"type": "refusal", "refusal": self.text()}]})
                case 4:
                    turns.append({"role": self._chance.choice(("system", "developer")), "content": self.text()})
        if self._often(0.8):
            turns.append({"role": "user", "content": self._chance.choice(_AROUND).format(self._chance.choice(SEEDED))})
        return turns

    def _filled(self, schema: dict[str, Any]) -> dict[str, Any]:
        written = json.dumps(schema).replace('"{}"', json.dumps(self._chance.choice(SEEDED)))
        read: dict[str, Any] = json.loads(written)
        return read

    def _tools(self) -> dict[str, Any]:
        names = self._chance.sample(_NAMES, self._chance.randint(1, 3))
        tools = []
        for name in names:
            function: dict[str, Any] = {"name": name}
            if self._often(0.7):
                function["description"] = self.text()
            if self._often(0.8):
                function["parameters"] = self._filled(self._chance.choice(_SCHEMAS))
            if self._often(0.2):
                function["strict"] = True
            tools.append({"type": "function", "function": function})
        made: dict[str, Any] = {"tools": tools}
        if self._often(0.5):
            one = {"type": "function", "function": {"name": names[0]}}
            made["tool_choice"] = self._chance.choice(["auto", "none", "required", one])
        if self._often(0.4):
            made["parallel_tool_calls"] = self._often(0.5)
        return made

    def _tuning(self) -> dict[str, Any]:
        chance = self._chance
        schema = {"name": "answer", "schema": self._filled(chance.choice(_SCHEMAS)), "strict": True}
        every: dict[str, Any] = {
            "stop": chance.choice([None, "END", ["\n", "END"], [self.text(empty=0)], " "]),
            "logit_bias": {"50256": -100},
            "n": chance.choice([None, 1]),
            "seed": chance.randint(0, 9),
            "temperature": chance.choice([0, 0.5, 1, 2]),
            "top_p": 0.9,
            "presence_penalty": 1.5,
            "frequency_penalty": -0.5,
            chance.choice(["max_tokens", "max_completion_tokens"]): chance.choice([1, 256]),
            "user": chance.choice(SEEDED),
            "metadata": {"for": chance.choice(SEEDED)},
            "store": False,
            "service_tier": "auto",
            "reasoning_effort": chance.choice(["none", "minimal", "low", "medium", "high"]),
            "verbosity": "low",
            "modalities": ["text"],
            "prediction": {"type": "content", "content": self.text()},
            "safety_identifier": chance.choice(SEEDED),
            "prompt_cache_key": chance.choice(SEEDED),
            "logprobs": False,
            "response_format": chance.choice(
                [{"type": "text"}, {"type": "json_object"}, {"type": "json_schema", "json_schema": schema}]
            ),
        }
        return {name: value for name, value in every.items() if self._often(0.2)}

    def made(self, *, images: bool = False) -> dict[str, Any]:
        """A request without its model."""
        return {
            "messages": self._turns(images=images),
            **(self._tools() if self._often(0.4) else {}),
            **self._tuning(),
        }
