"""OpenAI's own SDK gets every original back, whatever a model did to the tokens: rule 3, and issue 2's first figure."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Callable

import pytest
from openai.types.chat import ChatCompletionMessageParam

from proxy.core.tokens import has_core
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOKEN = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_[0-9A-Z]{8}")
ORIGINALS = (
    "Margaret Okafor",
    "m.okafor@example.com",
    "+1 415 555 0132",
    "1428 Elm Street",
    "4111 1111 1111 1111",
    "GB82 WEST 1234 5698 7654 32",
    "536-22-8794",
    "AKIAIOSFODNN7EXAMPLE",
    "Halvorsen Shipping",
)
PROMPT = "Write a letter. " + " ".join(f"Then mention {original}, please." for original in ORIGINALS)
MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": PROMPT}]


def each(change: Callable[[str], str]) -> Callable[[str], str]:
    """A model that writes every token its own way and leaves the rest alone."""
    return lambda text: TOKEN.sub(lambda match: change(match.group()), text)


MANGLINGS: dict[str, Callable[[str], str]] = {
    "exact": str,
    "lower-cased": str.lower,
    "upper-cased": str.upper,
    "capitalised": each(str.capitalize),
    "possessive": each(lambda token: f"{token}'s"),
    "bold": each(lambda token: f"**{token}**"),
    "italic with underscores": each(lambda token: f"_{token}_"),
    "in code": each(lambda token: f"`{token}`"),
    "in round brackets": each(lambda token: f"({token})"),
    "in square brackets": each(lambda token: f"[{token}]"),
    "in angle brackets": each(lambda token: f"<{token}>"),
    "in double braces": each(lambda token: "{{" + token + "}}"),
    "with an escaped underscore": each(lambda token: token.replace("_", r"\_")),
    "with spaces": each(lambda token: token.replace("_", " ")),
    "HTML-escaped": each(lambda token: html.escape(f'"{token}"').replace("_", "&#95;")),
    "URL-escaped": each(lambda token: token.replace("_", "%5F")),
    "JSON-escaped": each(lambda token: token.replace("_", r"\u005f")),
    "as a JSON text": lambda text: json.dumps({"letter": f"{text}\n{text}"}),
    "in a table": each(lambda token: f"|{token}|"),
    "after a line break": each(lambda token: f"\n{token}\n"),
    "in full width": each(lambda token: "".join(chr(ord(letter) + 0xFEE0) for letter in token)),
}
STREAMS = {
    "by words": Behaviour(),
    "by letters": Behaviour(piece=1),
    "by three letters": Behaviour(piece=3),
    "by bytes": Behaviour(piece=7, chunk=1),
}


def rate(answer: str) -> float:
    """Share of originals that are back, in percent."""
    return 100 * sum(original in answer for original in ORIGINALS) / len(ORIGINALS)


@pytest.fixture(params=MANGLINGS)
def mangling(request: pytest.FixtureRequest) -> Callable[[str], str]:
    return MANGLINGS[request.param]


def only_tokens_left(gateway: Running) -> None:
    """Nothing personal reached the provider."""
    sent = gateway.provider.bytes_seen.decode()
    assert not [original for original in ORIGINALS if original in sent]
    assert len(TOKEN.findall(sent)) >= len(ORIGINALS)


async def test_a_plain_answer_is_restored(gateway: Running, mangling: Callable[[str], str]) -> None:
    gateway.provider.behaviour = Behaviour(mutate=mangling)
    answer = await gateway.client().chat.completions.create(model="gpt-4o", messages=MESSAGES)
    text = answer.choices[0].message.content or ""
    assert rate(text) == 100
    assert not has_core(text)
    only_tokens_left(gateway)


FINELY = [pytest.param(pieces, marks=pytest.mark.long) for pieces in ("by letters", "by three letters", "by bytes")]
"""Thousands of events for each mangling. The property tests of the core cut everywhere; two manglings do here."""


@pytest.mark.parametrize("pieces", ["by words", *FINELY])
async def test_a_streamed_answer_is_restored(gateway: Running, mangling: Callable[[str], str], pieces: str) -> None:
    await _streams_like_plain(gateway, mangling, STREAMS[pieces])


@pytest.mark.parametrize("pieces", ["by letters", "by bytes"])
@pytest.mark.parametrize("name", ["lower-cased", "with an escaped underscore"])
async def test_a_finely_streamed_answer_is_restored(gateway: Running, name: str, pieces: str) -> None:
    await _streams_like_plain(gateway, MANGLINGS[name], STREAMS[pieces])


async def _streams_like_plain(gateway: Running, mangling: Callable[[str], str], how: Behaviour) -> None:
    client = gateway.client()
    gateway.provider.behaviour = Behaviour(mutate=mangling)
    plain = await client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    gateway.provider.behaviour = Behaviour(mutate=mangling, piece=how.piece, chunk=how.chunk)
    text = ""
    async for event in await client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True):
        text += event.choices[0].delta.content or ""
    assert text == plain.choices[0].message.content
    assert rate(text) == 100


async def test_the_blocking_sdk_gets_the_same(gateway: Running, mangling: Callable[[str], str]) -> None:
    gateway.provider.behaviour = Behaviour(mutate=mangling)

    def both() -> tuple[str, str]:
        with gateway.blocking_client() as client:
            plain = client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
            stream = client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True)
            return plain.choices[0].message.content or "", "".join(e.choices[0].delta.content or "" for e in stream)

    plain, streamed = await asyncio.to_thread(both)
    assert plain == streamed
    assert rate(plain) == 100


async def test_a_letter_that_quotes_exactly_is_the_prompt_again(gateway: Running) -> None:
    answer = await gateway.client().chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert answer.choices[0].message.content == PROMPT


async def test_every_split_of_a_stream_in_two_gives_the_same_text(gateway: Running) -> None:
    prompt = "Mail Margaret Okafor"
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": prompt}], "stream": True}
    _, _, whole = await gateway.call("/v1/chat/completions", body)
    gateway.provider.behaviour = Behaviour(chunk=1)
    _, _, bytewise = await gateway.call("/v1/chat/completions", body)
    assert bytewise == whole
    for size in range(2, 64):
        gateway.provider.behaviour = Behaviour(chunk=size)
        _, _, split = await gateway.call("/v1/chat/completions", body)
        assert split == whole, f"in writes of {size} bytes"
    assert b"Margaret Okafor" in whole
