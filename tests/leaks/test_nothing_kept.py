"""No original anywhere but in the sealed mapping: not in logs, metrics, the database, Redis, its journal, errors."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from redis import Redis

from tests.e2e.sting_process import StingProcess, sting
from tests.fake_provider import Behaviour, FakeProvider
from tests.gateway_fixture import configuration
from tests.leaks.prompts import TYPES, sentence_with

pytestmark = pytest.mark.timeout(240)
CHAT = "/v1/chat/completions"


def originals() -> list[str]:
    """50 values and a sentence for each, always the same."""
    random_ = random.Random(50)
    return [sentence_with(random_, TYPES[number % len(TYPES)])[0] for number in range(50)]


def codings(value: str) -> Iterator[bytes]:
    """The value as bytes in every form that something may have written it down in."""
    for text in (value, value.lower(), value.upper(), quote(value), value.replace(" ", "")):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            yield text.encode(encoding)
    yield value.encode().hex().encode()
    for shift in range(3):
        coded = base64.b64encode(b"x" * shift + value.encode())[4 if shift else 0 : -4]
        yield coded
        yield coded.translate(bytes.maketrans(b"+/", b"-_"))


@dataclass
class Seen:
    """Everything that is looked through, by where it was found."""

    places: dict[str, bytes] = field(default_factory=dict)

    def leaks(self, values: list[str]) -> list[str]:
        """Where something stands, and the value's number; never the value."""
        return [
            f"original {number} in {place}"
            for place, content in self.places.items()
            for number, value in enumerate(values)
            if any(coded in content for coded in codings(value))
        ]


@dataclass
class Case:
    """A gateway process at DEBUG with its provider, and what came of it."""

    process: StingProcess
    provider: FakeProvider
    url: str
    http: aiohttp.ClientSession
    data: Path
    seen: Seen = field(default_factory=Seen)

    async def ask(self, body: object, key: str = "dev", **headers: str) -> tuple[int, bytes]:
        """Status and body of one exchange."""
        sent = {"Authorization": f"Bearer sk-test-{key}"} | {name.replace("_", "-"): v for name, v in headers.items()}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            async with self.http.post(self.url + CHAT, data=raw, headers=sent) as answer:
                return answer.status, await answer.read()
        except aiohttp.ClientPayloadError:
            return 0, b""


@asynccontextmanager
async def case() -> AsyncIterator[Case]:
    with tempfile.TemporaryDirectory(prefix="sting-leak-") as name:
        folder = Path(name)
        async with FakeProvider() as provider, aiohttp.ClientSession() as http:
            path = configuration(folder, provider.url, provider.url)
            async with sting(folder, "gateway", "--config", str(path), "--log-level", "debug") as process:
                url = (await process.line("gateway: ")).removeprefix("gateway: ")
                yield Case(process, provider, url, http, folder / "data")


def chat(text: str, **more: object) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}


async def good_exchanges(it: Case, sentences: list[str]) -> None:
    """Plain, streamed, with tools, in named sessions."""
    for number, sentence in enumerate(sentences):
        tools = [{"type": "function", "function": {"name": "f", "description": sentence, "parameters": {}}}]
        shapes: list[dict[str, Any]] = [{}, {"stream": True}, {"tools": tools}, {"user": sentence}]
        headers = {"X_Sting_Session": f"session-{number}"} if number % 3 == 0 else {}
        status, answer = await it.ask(chat(sentence, **shapes[number % 4]), **headers)
        assert status == 200, answer


async def failures(it: Case, sentences: list[str]) -> None:
    """Whatever can go wrong, with an original in it; the answers of the gateway's own making are looked through."""
    own: list[bytes] = []
    for sentence in sentences:
        own.append((await it.ask(f'{{"model": "m", "messages": [{sentence}'.encode()))[1])
        own.append((await it.ask(chat(sentence, model=sentence)))[1])
        own.append((await it.ask(chat(sentence), "unknown"))[1])
        own.append((await it.ask(chat(sentence), X_Sting_Policy="no-such"))[1])
        own.append((await it.ask(chat(sentence), "narrow", X_Sting_Policy="strict"))[1])
        it.provider.once(Behaviour(never=True))
        own.append((await it.ask(chat(sentence) | {"model": "slow/x"}))[1])
        own.append((await it.ask(chat(sentence) | {"model": "refused/x"}))[1])
        image = {"type": "image_url", "image_url": {"url": sentence}}
        own.append((await it.ask({"model": "m", "messages": [{"role": "user", "content": [image]}]}))[1])
        it.provider.once(Behaviour(status=500, quote_prompt=True))
        await it.ask(chat(sentence))
        it.provider.once(Behaviour(raw=b"garbage " + sentence.encode()))
        own.append((await it.ask(chat(sentence)))[1])
        it.provider.once(Behaviour(cut_after=150))
        await it.ask(chat(sentence, stream=True))
    it.seen.places["error bodies"] = b"\n".join(own)


async def gone(it: Case, sentence: str) -> None:
    it.provider.once(Behaviour(never=True))
    it.provider.answering.clear()
    asking = asyncio.create_task(it.ask(chat(sentence)))
    await it.provider.answering.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    async with asyncio.timeout(10):
        await it.provider.disconnected.wait()


def dump(socket: Path) -> bytes:
    """All keys and values of the store."""
    parts: list[bytes] = []
    commands = {b"hash": ["HGETALL"], b"stream": ["XRANGE", "-", "+"], b"set": ["SMEMBERS"]}
    with closing(Redis(unix_socket_path=str(socket))) as made:
        client: Any = made  # its types leave open whether answers are decoded
        for key in client.scan_iter(count=1000):
            name, *rest = commands.get(client.type(key), ["GET"])
            parts += [key, *_pieces(client.execute_command(name, key, *rest)), client.dump(key) or b""]
    return b"\n".join(parts)


def _pieces(answer: Any) -> Iterator[bytes]:
    """The strings of a nested answer."""
    if isinstance(answer, bytes):
        yield answer
    elif isinstance(answer, dict):
        yield from _pieces(list(answer.items()))
    elif isinstance(answer, list | tuple | set):
        for part in answer:
            yield from _pieces(part)


def files(folder: Path) -> dict[str, bytes]:
    """Every file of data_dir, the database and the store's journal among them."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_no_original_is_kept_anywhere() -> None:
    values = originals()
    random_ = random.Random(50)
    sentences = [sentence_with(random_, TYPES[number % len(TYPES)])[1] for number in range(50)]
    async with case() as it:
        await good_exchanges(it, sentences)
        await failures(it, sentences[:8])
        await gone(it, sentences[1])
        sent = it.provider.bytes_seen
        async with it.http.get(it.url + "/metrics") as answer:
            it.seen.places["metrics"] = await answer.read()
        async with it.http.get(
            it.url + "/sting/v1/exchanges?size=500", headers={"Authorization": "Bearer sk-test-dev"}
        ) as answer:
            it.seen.places["audit"] = await answer.read()
        it.seen.places["redis"] = dump(it.data / "valkey" / "valkey.sock")
        it.seen.places |= {f"{name} (running)": content for name, content in files(it.data).items()}
        os.kill(it.process.process.pid, signal.SIGTERM)
        assert await it.process.ended() == 0
        it.seen.places |= files(it.data)
        it.seen.places["log"] = it.process.log.read_bytes()
        it.seen.places["output"] = "\n".join(it.process.output).encode()
    found_nothing_of = [number for number, value in enumerate(values) if value.encode() in sent]
    assert len(found_nothing_of) <= 3, "detection must find nearly all, else this proves little"
    assert it.seen.leaks(values) == []
    looked_through(it.seen)


def looked_through(seen: Seen) -> None:
    """What must be there is there: the search has looked at the right bytes."""
    others = [json.loads(line)["level"] for line in seen.places["log"].splitlines() if b'"place": ' in line]
    assert set(others) <= {"warning", "error"}, "at level debug, too, other packages say nothing below a warning"
    assert seen.places["log"].count(b'"message": "exchange"') >= 100
    assert b"sting:{" in seen.places["redis"]
    assert b"PERSON_" in seen.places["redis"]
    assert any(b"PERSON_" in content for name, content in seen.places.items() if "aof" in name)
    assert any(b"ex_" in content for name, content in seen.places.items() if name.endswith(".db"))
    assert b"sting_requests_total" in seen.places["metrics"]
    assert b"client_gone" in seen.places["log"]
    assert b"sting_blocked" in seen.places["error bodies"] or b"sting_unscannable" in seen.places["error bodies"]


def test_the_search_finds_what_is_hidden() -> None:
    value = "Margaret Okafor"
    for hidden in (
        base64.b64encode(b"a" + value.encode() + b" and more"),
        base64.b64encode(b"ab" + value.encode() + b" and more"),
        value.encode("utf-16-le"),
        quote(value).encode(),
        value.lower().encode(),
        value.encode().hex().encode(),
    ):
        assert Seen({"here": b"xx" + hidden}).leaks([value]) == ["original 0 in here"]
    assert Seen({"here": b"Margaret and Okafor"}).leaks([value]) == []
