"""The HTTP client against a provider on loopback."""

from __future__ import annotations

import asyncio
import gzip
import traceback
import zlib
from collections.abc import AsyncIterator

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from proxy.errors import UnknownRoute
from proxy.upstream.base import Answer, Provider, ProviderFailed, Timeouts, UpstreamRequest
from proxy.upstream.client import HttpClient, upstream_url
from proxy.upstream.connections import LocalOnlyResolver
from tests.fake_provider import Behaviour, FakeProvider

SECRET = "sk-very-secret"
PROMPT = "Write to PERSON_K7Q2M9XA"
CHAT = b'{"model": "m", "messages": [{"role": "user", "content": "Write to PERSON_K7Q2M9XA"}]}'
STREAM = CHAT.replace(b'"model"', b'"stream": true, "model"')
LIMIT = 1_000_000


def chat(body: bytes = CHAT, **headers: str) -> UpstreamRequest:
    return UpstreamRequest("POST", "/v1/chat/completions", "", {"Content-Type": "application/json", **headers}, body)


PATIENT = Timeouts(connect=5, answer=10, idle=5)


def provider_at(url: str, timeouts: Timeouts = PATIENT) -> Provider:
    return Provider("fake", "openai", f"{url}/v1", SECRET, timeouts=timeouts)


async def collect(answer: Answer, into: list[bytes]) -> None:
    async for part in answer.chunks():
        into.append(part)  # noqa: PERF401 - what came before a failure is to be seen


@pytest.fixture
async def fake() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as provider:
        yield provider


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    made = HttpClient(())
    yield made
    await made.close()


def assert_says_nothing(failure: ProviderFailed) -> None:
    shown = "".join(traceback.format_exception_only(failure)) + repr(failure) + repr(vars(failure))
    assert failure.__context__ is None
    assert failure.__cause__ is None
    for value in (SECRET, "K7Q2M9XA", "127.0.0.1", "garbled"):
        assert value not in shown


async def test_the_body_leaves_as_the_very_same_bytes(fake: FakeProvider, client: HttpClient) -> None:
    body = '{"a": 1.0,\n "b": "\\ud800 é",  "a": 10000000000000000000000}'.encode()
    answer = await client.send(provider_at(fake.url), chat(body))
    await answer.body(LIMIT)
    assert fake.requests[0].body == body


async def test_a_plain_answer_comes_with_status_headers_and_body(fake: FakeProvider, client: HttpClient) -> None:
    fake.once(
        Behaviour(headers={"x-ratelimit-remaining-requests": "9", "Set-Cookie": "a=b", "ETag": "x", "x-own": "y"})
    )
    answer = await client.send(provider_at(fake.url), chat())
    assert PROMPT.encode() in await answer.body(LIMIT)
    assert answer.status == 200
    assert answer.headers == {
        "content-type": "application/json",
        "x-request-id": "req-fake-1",
        "x-ratelimit-remaining-requests": "9",
    }


async def test_only_allowed_headers_leave_and_the_credential_is_the_providers(
    fake: FakeProvider, client: HttpClient
) -> None:
    headers = {"Authorization": "Bearer sk-client", "Cookie": "c=1", "X-Sting-Session": "s", "X-Customer": "Jane Doe"}
    request = chat(CHAT, **headers, **{"x-stainless-lang": "python", "User-Agent": "OpenAI/Python", "Host": "evil"})
    await (await client.send(provider_at(fake.url), request)).body(LIMIT)
    arrived = {name.decode().lower(): value.decode() for name, value in fake.requests[0].headers}
    assert arrived == {
        "host": f"127.0.0.1:{fake.port}",
        "content-type": "application/json",
        "content-length": str(len(CHAT)),
        "x-stainless-lang": "python",
        "user-agent": "OpenAI/Python",
        "accept-encoding": "identity",
        "authorization": f"Bearer {SECRET}",
    }


async def test_connections_are_reused(fake: FakeProvider, client: HttpClient) -> None:
    for _ in range(5):
        await (await client.send(provider_at(fake.url), chat())).body(LIMIT)
    assert len(fake.connections) == 1


async def test_a_stream_that_was_read_to_its_end_leaves_its_connection(fake: FakeProvider, client: HttpClient) -> None:
    for _ in range(3):
        answer = await client.send(provider_at(fake.url), chat(STREAM))
        await collect(answer, [])  # waits for the end, and is closed before anything else runs
        answer.close()
        await asyncio.sleep(0)  # the parser is through with what has come
    assert len(fake.connections) == 1


@pytest.mark.parametrize("chunk", [0, 1, 5, 64])
async def test_a_stream_arrives_whole_in_any_chunking(fake: FakeProvider, client: HttpClient, chunk: int) -> None:
    fake.once(Behaviour(chunk=chunk))
    answer = await client.send(provider_at(fake.url), chat(STREAM))
    whole = b"".join([part async for part in answer.chunks()])
    assert whole.startswith(b"data: {")
    assert whole.endswith(b"data: [DONE]\n\n")
    assert answer.headers["content-type"] == "text/event-stream"


async def test_each_event_is_there_before_the_next_is_sent(fake: FakeProvider, client: HttpClient) -> None:
    gate = asyncio.Semaphore(0)
    fake.once(Behaviour(event_gate=gate))
    answer = await client.send(provider_at(fake.url), chat(STREAM))
    chunks = answer.chunks()
    for _ in range(3):
        gate.release()
        assert (await anext(chunks)).endswith(b"\n\n")
    answer.close()


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_an_unasked_compression_is_decoded(
    fake: FakeProvider, client: HttpClient, encoding: str, pack: object
) -> None:
    assert callable(pack)
    fake.once(Behaviour(raw=pack(b'{"ok": true}'), headers={"Content-Encoding": encoding}))
    answer = await client.send(provider_at(fake.url), chat())
    assert await answer.body(LIMIT) == b'{"ok": true}'
    assert "content-encoding" not in answer.headers


async def test_the_limit_counts_decoded_bytes(fake: FakeProvider, client: HttpClient) -> None:
    fake.once(Behaviour(raw=gzip.compress(b"0" * 50_000_000), headers={"Content-Encoding": "gzip"}))
    answer = await client.send(provider_at(fake.url), chat())
    with pytest.raises(ProviderFailed, match="over 1000000 bytes") as caught:
        await answer.body(LIMIT)
    assert caught.value.kind == "garbage"


async def test_an_error_answer_is_an_answer(fake: FakeProvider, client: HttpClient) -> None:
    fake.once(Behaviour(status=429, headers={"retry-after": "7", "retry-after-ms": "7000"}, quote_prompt=True))
    answer = await client.send(provider_at(fake.url), chat())
    assert (answer.status, answer.headers["retry-after"], answer.headers["retry-after-ms"]) == (429, "7", "7000")
    assert answer.headers["x-request-id"] == "req-fake-1"
    assert PROMPT.encode() in await answer.body(LIMIT)


GARBAGE = [
    Behaviour(status=302, headers={"Location": "http://127.0.0.1:9/"}),
    Behaviour(status=304),
    Behaviour(raw=b"garbled", headers={"Content-Encoding": "br"}),
    Behaviour(raw=b"garbled", headers={"Content-Encoding": "gzip"}),
    Behaviour(raw=b"garbled", headers={"Content-Encoding": "compress"}),
    Behaviour(raw=b"garbled", headers={"Content-Encoding": "gzip, gzip"}),
]


@pytest.mark.parametrize("behaviour", GARBAGE)
async def test_what_is_no_answer_is_garbage(fake: FakeProvider, client: HttpClient, behaviour: Behaviour) -> None:
    fake.once(behaviour)
    with pytest.raises(ProviderFailed) as caught:
        # A coding that only fails on its bytes is seen when these have come: with the head or after it.
        await (await client.send(provider_at(fake.url), chat())).body(LIMIT)
    assert caught.value.kind == "garbage"
    assert len(fake.requests) == 1
    assert_says_nothing(caught.value)


async def test_what_is_no_http_is_garbage(client: HttpClient) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"garbled PERSON_K7Q2M9XA\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ProviderFailed) as caught:
            await client.send(provider_at(f"http://127.0.0.1:{port}"), chat())
    assert caught.value.kind == "garbage"
    assert_says_nothing(caught.value)


@pytest.mark.parametrize(("body", "after"), [(CHAT, 20), (STREAM, 300)])
async def test_an_answer_cut_short_is_a_failure_after_what_came(
    fake: FakeProvider, client: HttpClient, body: bytes, after: int
) -> None:
    fake.once(Behaviour(cut_after=after))
    answer = await client.send(provider_at(fake.url), chat(body))
    got: list[bytes] = []
    with pytest.raises(ProviderFailed) as caught:
        await collect(answer, got)
    assert caught.value.kind == "cut"
    assert len(b"".join(got)) == after
    assert_says_nothing(caught.value)


async def test_nobody_at_the_address_is_a_connect_failure(client: HttpClient) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(ProviderFailed) as caught:
        await client.send(provider_at(f"http://127.0.0.1:{port}"), chat())
    assert (caught.value.kind, caught.value.status, caught.value.retryable) == ("connect", 502, True)
    assert_says_nothing(caught.value)


async def test_silence_before_the_first_byte_is_a_timeout(fake: FakeProvider, client: HttpClient) -> None:
    fake.once(Behaviour(never=True))
    with pytest.raises(ProviderFailed) as caught:
        await client.send(provider_at(fake.url, Timeouts(connect=5, answer=0.05, idle=10)), chat())
    assert (caught.value.kind, caught.value.status) == ("timeout", 504)
    await asyncio.wait_for(fake.disconnected.wait(), 5)
    assert_says_nothing(caught.value)


async def test_silence_in_mid_stream_is_a_timeout(fake: FakeProvider, client: HttpClient) -> None:
    fake.once(Behaviour(event_gate=asyncio.Semaphore(2)))
    answer = await client.send(provider_at(fake.url, Timeouts(connect=5, answer=10, idle=0.2)), chat(STREAM))
    got: list[bytes] = []
    with pytest.raises(ProviderFailed) as caught:
        await collect(answer, got)
    assert caught.value.kind == "timeout"
    assert b"".join(got).count(b"data: ") == 2


async def test_a_plain_answer_that_drips_is_a_timeout(fake: FakeProvider, client: HttpClient) -> None:
    fake.once(Behaviour(event_delay=0.05, piece=1, text="x" * 1000))
    answer = await client.send(provider_at(fake.url, Timeouts(connect=5, answer=0.4, idle=10)), chat(STREAM))
    with pytest.raises(ProviderFailed) as caught:
        await answer.body(LIMIT)
    assert caught.value.kind == "timeout"
    await asyncio.wait_for(fake.disconnected.wait(), 5)
    assert_says_nothing(caught.value)


async def test_cancelling_the_wait_for_the_status_ends_the_call(fake: FakeProvider, client: HttpClient) -> None:
    fake.once(Behaviour(never=True))
    task = asyncio.create_task(client.send(provider_at(fake.url), chat()))
    await asyncio.wait_for(fake.answering.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(fake.disconnected.wait(), 5)


async def test_cancelling_a_read_of_the_stream_ends_the_call(fake: FakeProvider, client: HttpClient) -> None:
    fake.once(Behaviour(event_gate=asyncio.Semaphore(1)))
    answer = await client.send(provider_at(fake.url), chat(STREAM))
    first = asyncio.Event()

    async def read() -> None:
        async for _ in answer.chunks():
            first.set()

    task = asyncio.create_task(read())
    await asyncio.wait_for(first.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(fake.disconnected.wait(), 5)


async def test_closing_an_unread_answer_ends_the_call(fake: FakeProvider, client: HttpClient) -> None:
    fake.once(Behaviour(event_gate=asyncio.Semaphore(1)))
    answer = await client.send(provider_at(fake.url), chat(STREAM))
    answer.close()
    answer.close()
    await asyncio.wait_for(fake.disconnected.wait(), 5)


@pytest.mark.parametrize(
    ("kind", "base", "path", "query", "expected"),
    [
        ("openai", "https://a.test/v1", "/v1/chat/completions", "", "https://a.test/v1/chat/completions"),
        ("openai", "https://a.test/v1/", "/chat/completions", "", "https://a.test/v1/chat/completions"),
        ("openai", "https://a.test", "/v1/models", "", "https://a.test/v1/models"),
        ("openai", "https://a.test/v1beta/openai", "/v1/models", "", "https://a.test/v1beta/openai/models"),
        ("openai", "https://a.test/v1", "/v1/x%2Fy", "a=%20b", "https://a.test/v1/x%2Fy?a=%20b"),
        (
            "azure_openai",
            "https://a.test/openai/v1",
            "/v1/models",
            "",
            "https://a.test/openai/v1/models?api-version=2025-01",
        ),
        ("anthropic", "https://a.test", "/v1/messages", "beta=true", "https://a.test/v1/messages?beta=true"),
        ("anthropic", "https://a.test/v1", "/v1/messages", "", "https://a.test/v1/messages"),
        ("ollama", "http://127.0.0.1:1", "/api/chat", "", "http://127.0.0.1:1/api/chat"),
        ("ollama", "http://127.0.0.1:1", "/v1/chat/completions", "", "http://127.0.0.1:1/v1/chat/completions"),
    ],
)
def test_a_path_is_joined_to_the_base_url(kind: str, base: str, path: str, query: str, expected: str) -> None:
    provider = Provider("p", kind, base, api_version="2025-01" if kind == "azure_openai" else None)  # type: ignore[arg-type] # the table holds plain strings
    assert str(upstream_url(provider, path, query)) == expected


@pytest.mark.parametrize(
    "path", ["/v1/../admin", "//evil.test/x", "chat", "/v1/%2e%2e/admin", "/v1/x#y", "/v1/x?y", "/v1/x y"]
)
def test_a_path_that_leaves_the_base_is_refused(path: str) -> None:
    with pytest.raises(UnknownRoute):
        upstream_url(Provider("p", "openai", "https://a.test/v1"), path, "")


@pytest.mark.parametrize("query", ["a=b c", "a#b", "a\r\nHost: evil.test"])
def test_a_query_that_breaks_the_request_line_is_refused(query: str) -> None:
    with pytest.raises(UnknownRoute):
        upstream_url(Provider("p", "openai", "https://a.test/v1"), "/v1/models", query)


class Answers(AbstractResolver):
    """A resolver that gives the same address to every name."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host=self.address, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        return None


async def test_a_local_provider_must_not_resolve_to_a_public_address() -> None:
    assert await LocalOnlyResolver({"llm"}, Answers("10.1.2.3")).resolve("llm")
    assert await LocalOnlyResolver({"llm"}, Answers("8.8.8.8")).resolve("api.example")
    with pytest.raises(OSError, match="public"):
        await LocalOnlyResolver({"llm"}, Answers("8.8.8.8")).resolve("llm")
