"""Nothing that detection found in a text, or in one before it, is in the bytes that reach the provider."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections import Counter
from typing import Any
from urllib.parse import quote, unquote

import pytest

from proxy.core.jsontext import parse
from proxy.dialects.openai_chat import CHAT
from proxy.outgoing import profile_of
from tests.gateway_fixture import Running
from tests.leaks.prompts import TYPES, generate

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]


_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")


def plain(text: str) -> str:
    """As a reader sees it: no invisible characters, no full-width digits, no case."""
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()


def readings(sent: bytes) -> list[str]:
    """What left, as it stands and with escapes undone, each as a reader sees it."""
    text = sent.decode("utf-8", "replace")
    unescaped = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda match: chr(int(match.group(1), 16)), text)
    return [plain(text), plain(unescaped), plain(unquote(text)), plain(unescaped.replace("\\", ""))]


def disguises(value: str) -> list[bytes]:
    """The value in base64 (wherever it begins in a group of three) and percent-encoded."""
    raw = value.encode()
    coded = [base64.b64encode(b"x" * shift + raw)[4 if shift else 0 : -4] for shift in range(3)]
    return [piece for piece in coded if len(piece) >= 8] + ([quote(value).encode()] if quote(value) != value else [])


def stands_in(value: str, texts: list[str]) -> bool:
    """Whether the value, or its digits with anything small between them, can be read in one of the texts."""
    wanted = plain(value)
    digits = re.sub(r"\D", "", wanted)
    spaced = re.compile(r"(?<!\d)" + r"[ .()\-]{0,2}".join(digits) + r"(?!\d)") if len(digits) >= 9 else None
    whole = re.compile(rf"(?<!\w){re.escape(wanted)}(?!\w)")
    return any(whole.search(text) or (spaced is not None and spaced.search(text)) for text in texts)


async def check(gateway: Running, seed: int, missed: Counter[str], held: Counter[str]) -> None:
    """Send one prompt; what was found must not have left, what was not found is counted."""
    prompt = generate(seed)
    body = json.dumps(prompt.body, ensure_ascii=seed % 2 == 0).encode()
    slots = CHAT.request_slots(parse(body.decode())).texts
    services = gateway.gateway.services
    texts = [slot.text for slot in slots]
    found = await services.detector.detect(texts, profile_of(services.policies["balanced"], "default"))
    gateway.provider.requests.clear()
    status, _, answer = await gateway.call("/v1/chat/completions", body)
    assert status == 200, answer
    (request,) = gateway.provider.requests
    left = readings(request.raw)
    for planted in prompt.planted:
        first, start = next(
            (place, text.index(planted.written)) for place, text in enumerate(texts) if planted.written in text
        )
        covered = {at for finding in found[first] for at in range(finding.start, finding.end)}
        if covered.issuperset(range(start, start + len(planted.written))):
            held[planted.entity_type] += 1
            assert not stands_in(planted.written, left), f"a {planted.entity_type} of prompt {seed} left"
            assert not [coded for coded in disguises(planted.written) if coded in request.raw], f"prompt {seed}"
        else:
            missed[planted.entity_type] += 1


async def run(gateway: Running, seeds: range, record: Any) -> Counter[str]:
    missed: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for seed in seeds:
        await check(gateway, seed, missed, held)
    rows = ", ".join(f"{name} {held[name]}/{held[name] + missed[name]}" for name in TYPES)
    record("figure", f"leak test, {len(seeds)} prompts, nothing found has left; found of planted: {rows}")
    assert set(held) == set(TYPES)
    return missed


async def test_nothing_found_leaves_in_200_prompts(real_gateway: Running, record_property: Any) -> None:
    missed = await run(real_gateway, range(200), record_property)
    assert missed.total() < 50  # one of twenty; tests/detection has the real figures


@pytest.mark.long
async def test_nothing_found_leaves_in_1000_prompts(real_gateway: Running, record_property: Any) -> None:
    await run(real_gateway, range(1000), record_property)


async def test_the_check_itself_sees_what_leaks() -> None:
    card = "4111 1111 1111 1111"
    for leak in (
        card,
        "4111111111111111",
        "4111-1111-1111-1111",
        "４１１１ 1111\u200b 1111 1111",
        r"\u0034111 1111 1111 1111",
    ):
        assert stands_in(card, readings(leak.encode())), leak
    assert stands_in("Ann O'Neil", readings(b"x ANN O\\'NEIL y"))
    assert not stands_in("Mark Twain", readings(b"Mark and Twain"))
    for shift in ("", "a", "ab"):
        coded = base64.b64encode((shift + "m.okafor@example.com and more").encode())
        assert [piece for piece in disguises("m.okafor@example.com") if piece in coded]
