"""Seeded prompts with planted personal values, in every place of a chat completion and in many disguises."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_FIRST = (
    "Margaret Ahmed Ingrid Thabo Yuki Carlos Fatima Pieter Olga Rajesh Nadia Dmitri Chinwe Lars Mei Aisha Tomas Keiko "
    "Amara Bjorn Elena Hassan Priya Mateo Sofia Andre Leila Viktor Anneke Kwame"
).split()
_LAST = (
    "Okafor Halvorsen Petrenko Nakamura Delacroix Oyelaran Fitzgerald Lindqvist Marchetti Kowalski Abdullah Ramirez "
    "Vandenberg Sorensen Takahashi Mbeki Horvath Castellano Rasmussen Grigoryan Bergstrom Whitfield Moreau Adeyemi"
).split()
_STREETS = "Elm Maple Harbour Station Church Mill Garden Bridge Victoria Willow".split()
_KINDS = "Street Road Avenue Lane".split()
_ZERO_WIDTH = "\u200b\u200c\u2060"


@dataclass(frozen=True)
class Planted:
    """A value as it stands in the prompt."""

    entity_type: str
    written: str


@dataclass
class Prompt:
    """A request body and what was planted in it."""

    body: dict[str, Any]
    planted: list[Planted] = field(default_factory=list)


def _luhn(random_: random.Random) -> str:
    digits = [4, *(random_.randrange(10) for _ in range(14))]
    total = sum(sum(divmod(2 * digit, 10)) if place % 2 == 0 else digit for place, digit in enumerate(digits))
    return "".join(map(str, digits)) + str(-total % 10)


def _iban(random_: random.Random) -> str:
    account = "".join(random_.choices(string.digits, k=18))
    check = 98 - int(account + "131400") % 97
    return f"DE{check:02d}{account}"


def _groups(text: str, size: int, glue: str) -> str:
    return glue.join(text[at : at + size] for at in range(0, len(text), size))


def _mail(random_: random.Random) -> str:
    first, last = random_.choice(_FIRST).lower(), random_.choice(_LAST).lower()
    return f"{first}.{last}{random_.randrange(100)}@{random_.choice(('example.com', 'mail.example.org'))}"


def _phone(random_: random.Random) -> str:
    number = f"{random_.randrange(10_000):04d}"
    return random_.choice((f"+1 415 555 {number}", f"(212) 555-{number}", f"+44 20 7946 0{number[:3]}"))


def _key(random_: random.Random) -> str:
    return "AKIA" + "".join(random_.choices(string.ascii_uppercase + "234567", k=16))


_MAKERS: dict[str, Callable[[random.Random], str]] = {
    "PERSON": lambda random_: f"{random_.choice(_FIRST)} {random_.choice(_LAST)}",
    "EMAIL_ADDRESS": _mail,
    "PHONE_NUMBER": _phone,
    "CREDIT_CARD": lambda random_: _groups(_luhn(random_), 4, random_.choice((" ", "-", ""))),
    "IBAN_CODE": lambda random_: _groups(_iban(random_), 4, random_.choice((" ", ""))),
    "US_SSN": lambda random_: (
        f"{random_.randrange(101, 665)}-{random_.randrange(10, 99)}-{random_.randrange(1000, 9999)}"
    ),
    "STREET_ADDRESS": lambda random_: (
        f"{random_.randrange(10, 2000)} {random_.choice(_STREETS)} {random_.choice(_KINDS)}"
    ),
    "API_KEY": _key,
}
TYPES = tuple(_MAKERS)
_SENTENCES = {
    "PERSON": "Yesterday {} called about the late delivery.",
    "EMAIL_ADDRESS": "Please send the invoice to {} before noon.",
    "PHONE_NUMBER": "Call me at {} after lunch.",
    "CREDIT_CARD": "I paid with my card {} last week.",
    "IBAN_CODE": "Transfer the money to IBAN {} please.",
    "US_SSN": "My social security number is {}.",
    "STREET_ADDRESS": "The parcel goes to {} in the morning.",
    "API_KEY": "The access key is {} and it works.",
}


def _disguised(random_: random.Random, entity_type: str, value: str) -> str:
    """The value as written; numbers sometimes in full-width digits, some values with invisible characters inside."""
    chance = random_.random()
    if chance < 0.1 and entity_type in ("CREDIT_CARD", "US_SSN", "PHONE_NUMBER"):
        return "".join(chr(ord(letter) + 0xFEE0) if letter.isdigit() else letter for letter in value)
    if chance < 0.2:
        at = random_.randrange(1, len(value))
        return value[:at] + random_.choice(_ZERO_WIDTH) + value[at:]
    return value


def sentence_with(random_: random.Random, entity_type: str) -> tuple[str, str]:
    """A value of the type, and a sentence that holds it."""
    value = _MAKERS[entity_type](random_)
    return value, _SENTENCES[entity_type].format(value)


def _told(random_: random.Random, prompt: Prompt, count: int) -> list[str]:
    """Sentences with planted values; now and then one that was planted before."""
    sentences = []
    for _ in range(count):
        if prompt.planted and random_.random() < 0.2:
            planted = random_.choice(prompt.planted)
        else:
            entity_type = random_.choice(TYPES)
            planted = Planted(entity_type, _disguised(random_, entity_type, _MAKERS[entity_type](random_)))
            prompt.planted.append(planted)
        sentences.append(_SENTENCES[planted.entity_type].format(planted.written))
    return sentences


def _as_table(sentences: list[str], values: list[Planted]) -> str:
    rows = "\n".join(f"| {number} | {value.written} |" for number, value in enumerate(values))
    return f"{sentences[0]}\n\n| id | value |\n|---|---|\n{rows}\n"


def _as_code(sentences: list[str]) -> str:
    lines = "\n".join(f"    # {sentence}" for sentence in sentences)
    return f"```python\ndef reply():\n{lines}\n    return None\n```"


def generate(seed: int) -> Prompt:
    """The prompt of a seed, always the same."""
    random_ = random.Random(seed)
    prompt = Prompt({"model": "gpt-4o"})
    if random_.random() < 0.3:
        (described,) = _told(random_, prompt, 1)
        parameters = {"type": "object", "properties": {"to": {"type": "string", "description": described}}}
        function = {"name": "send", "description": "Sends a letter.", "parameters": parameters}
        prompt.body["tools"] = [{"type": "function", "function": function}]
    messages: list[dict[str, Any]] = [{"role": "system", "content": " ".join(_told(random_, prompt, 1))}]
    for turn in range(random_.randrange(1, 4)):
        messages += _turn(random_, prompt, turn)
    prompt.body["messages"] = messages
    if random_.random() < 0.2:
        prompt.body["a_new_field"] = {"notes": _told(random_, prompt, 1)}
    if random_.random() < 0.2:
        prompt.body["metadata"] = {"customer": _told(random_, prompt, 1)[0]}
    return prompt


def _turn(random_: random.Random, prompt: Prompt, turn: int) -> list[dict[str, Any]]:
    shape = random_.choice(("plain", "parts", "table", "code", "call", "result", "answer"))
    before = len(prompt.planted)
    sentences = _told(random_, prompt, random_.randrange(1, 4))
    if shape in ("call", "result"):
        return _tool_turn(sentences, turn, answers=shape == "result")
    if shape == "answer":
        return [{"role": "assistant", "content": " ".join(sentences)}, {"role": "user", "content": "Go on."}]
    contents: dict[str, Any] = {
        "plain": " ".join(sentences),
        "parts": [{"type": "text", "text": sentence} for sentence in sentences],
        "table": _as_table(sentences, prompt.planted[before:]),
        "code": _as_code(sentences),
    }
    return [{"role": "user", "content": contents[shape]}]


def _tool_turn(sentences: list[str], turn: int, *, answers: bool) -> list[dict[str, Any]]:
    """A tool call with the sentences in its arguments, or with a JSON text of them as its result."""
    result = "sent"
    arguments = json.dumps({"to": " ".join(sentences)}, ensure_ascii=turn % 2 == 0)
    if answers:
        result = json.dumps([{"row": number, "note": sentence} for number, sentence in enumerate(sentences)])
        arguments = "{}"
    call = {"id": f"call_{turn}", "type": "function", "function": {"name": "send", "arguments": arguments}}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"call_{turn}", "content": result},
    ]
