"""Header names pass by list; the credential follows the provider's kind."""

from __future__ import annotations

import pytest

from proxy.upstream.base import Provider, UpstreamRequest
from proxy.upstream.headers import inward, outward

OPENAI = Provider("o", "openai", "https://a.test/v1", "sk-own")
ANTHROPIC = Provider("a", "anthropic", "https://a.test", "sk-ant-own")
OLLAMA = Provider("l", "ollama", "http://127.0.0.1:1")
SENT = {
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14, fine-grained-tool-streaming-2025-05-14",
    "OpenAI-Organization": "org-AbC123",
    "OpenAI-Project": "proj_9f",
    "OpenAI-Beta": "assistants=v2, responses_websockets=2026-02-06",
    "Idempotency-Key": "stainless-python-retry-3f2b8c1e-5d47-4a0b-9c6e-71d2a8f04b13",
    "X-Stainless-OS": "Other:FreeBSD",
    "X-Stainless-Helper": "BetaToolRunner, compaction",
    "User-Agent": "codex_exec/0.169.0 (Debian 12.0.0; x86_64) unknown (codex_exec; 0.169.0)",
    "Content-Type": "application/json; charset=utf-8",
    "Accept": "text/event-stream, application/json;q=0.9, */*",
}
"""What SDKs and command-line clients send."""
SENT_NAMES = list(SENT)


def request(credential: str | None = None, **headers: str) -> UpstreamRequest:
    return UpstreamRequest("POST", "/v1/x", headers=headers, credential=credential)


def test_every_name_of_the_list_leaves() -> None:
    left = outward(request(**SENT), OPENAI)
    assert {name.lower(): value for name, value in SENT.items()}.items() <= left.items()


@pytest.mark.parametrize("value", ["m.okafor@example.com", "Zo\u00eb <zoe>", "a\tb", "x" * 2_000, ""])
@pytest.mark.parametrize("name", SENT_NAMES)
def test_a_value_that_no_sdk_sends_stays_here(name: str, value: str) -> None:
    """Headers are not scanned: what a user writes into one must not leave."""
    assert value not in outward(request(**{name: value}), OPENAI).values()


@pytest.mark.parametrize(
    "agent",
    [
        "OpenAI/Python 3.54.0",
        "AsyncOpenAI/Python 2.54.0",
        "OpenAI/JS 6.49.0",
        "Anthropic/Python 2.12.0",
        "ollama-python/0.6.3 (x86_64 linux) Python/3.11.7",
        "ollama-js/0.6.4 (x64 linux) Node.js/v20.20.2",
        "claude-cli/2.1.197 (external, cli)",
        "ai/6.0.326 ai-sdk/openai/3.0.141 ai-sdk/provider-utils/4.0.1 runtime/node.js/20",
        "codex_cli_rs/0.171.0 (Mac OS 15.1.0; arm64) Apple_Terminal/455",
        "python-httpx/0.28.1",
        "curl/8.5.0",
        "node",
    ],
)
def test_clients_say_what_they_are(agent: str) -> None:
    assert outward(request(**{"User-Agent": agent}), OPENAI)["user-agent"] == agent


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("User-Agent", "Margaret Okafor"),
        ("User-Agent", "Margaret Okafor/1.0"),
        ("User-Agent", "curl/8.5.0 (Margaret Okafor)"),
        ("User-Agent", "curl/8.5.0 for Okafor"),
        ("User-Agent", "bot/1.0 (+https://okafor.example)"),
        ("Anthropic-Beta", "Okafor"),
        ("OpenAI-Beta", "assistants=v2, Margaret Okafor"),
        ("OpenAI-Organization", "Okafor"),
        ("OpenAI-Project", "margaret.okafor"),
    ],
)
def test_what_a_person_writes_there_stays_here(name: str, value: str) -> None:
    assert name.lower() not in outward(request(**{name: value}), OPENAI)


@pytest.mark.parametrize("kind", ["application/json; name=m.okafor@example.com", "text/Margaret Okafor", "okafor"])
def test_a_content_type_of_another_shape_is_said_to_be_json(kind: str) -> None:
    asked = UpstreamRequest("POST", "/v1/x", headers={"Content-Type": kind}, body=b"{}")
    assert outward(asked, OPENAI)["content-type"] == "application/json"


@pytest.mark.parametrize(
    "name",
    ["Authorization", "x-api-key", "Cookie", "Host", "Connection", "Transfer-Encoding", "Content-Length", "X-Sting-Key",
     "X-Sting-Session", "Accept-Encoding", "X-Forwarded-For", "X-User-Email", "Expect", "Traceparent", "Referer"],
)  # fmt: skip
def test_no_other_name_leaves(name: str) -> None:
    assert "client's" not in outward(request(**{name: "client's"}), OPENAI).values()


@pytest.mark.parametrize(
    ("provider", "credential", "expected"),
    [
        (OPENAI, None, ("authorization", "Bearer sk-own")),
        (OPENAI, "sk-clients", ("authorization", "Bearer sk-clients")),
        (ANTHROPIC, None, ("x-api-key", "sk-ant-own")),
        (ANTHROPIC, "sk-ant-oat01-x", ("authorization", "Bearer sk-ant-oat01-x")),
    ],
)
def test_the_credential_goes_where_the_kind_wants_it(
    provider: Provider, credential: str | None, expected: tuple[str, str]
) -> None:
    left = outward(request(credential), provider)
    assert {name: left.get(name) for name in ("authorization", "x-api-key") if name in left} == dict([expected])


def test_without_a_key_no_credential_leaves() -> None:
    assert not {"authorization", "x-api-key"} & set(outward(request(), OLLAMA))


def test_anthropic_gets_a_version_when_the_client_names_none() -> None:
    assert outward(request(), ANTHROPIC)["anthropic-version"] == "2023-06-01"
    assert outward(request(**{"Anthropic-Version": "2030-01-01"}), ANTHROPIC)["anthropic-version"] == "2030-01-01"
    assert "anthropic-version" not in outward(request(), OPENAI)


def test_answers_keep_limits_ids_and_advice_on_retrying_only() -> None:
    kept = ["content-type", "x-request-id", "request-id", "openai-processing-ms", "anthropic-organization-id"]
    kept += ["x-ratelimit-limit-tokens", "anthropic-ratelimit-tokens-remaining"]
    kept += ["retry-after", "retry-after-ms", "x-should-retry"]
    dropped = ["Content-Length", "Content-Encoding", "Transfer-Encoding", "ETag", "Digest", "Set-Cookie", "Server"]
    dropped += ["Connection", "Alt-Svc", "x-sting-exchange", "Location"]
    assert inward(dict.fromkeys([*(name.title() for name in kept), *dropped], "v")) == dict.fromkeys(kept, "v")
