"""Header names pass by list; the credential follows the provider's kind."""

from __future__ import annotations

import pytest

from proxy.upstream.base import Provider, UpstreamRequest
from proxy.upstream.headers import inward, outward

OPENAI = Provider("o", "openai", "https://a.test/v1", "sk-own")
ANTHROPIC = Provider("a", "anthropic", "https://a.test", "sk-ant-own")
OLLAMA = Provider("l", "ollama", "http://127.0.0.1:1")


def request(credential: str | None = None, **headers: str) -> UpstreamRequest:
    return UpstreamRequest("POST", "/v1/x", headers=headers, credential=credential)


def test_every_name_of_the_list_leaves() -> None:
    names = ["anthropic-version", "anthropic-beta", "OpenAI-Organization", "OpenAI-Project", "OpenAI-Beta"]
    names += ["Idempotency-Key", "X-Stainless-Retry-Count", "User-Agent", "Content-Type", "Accept"]
    left = outward(request(**dict.fromkeys(names, "v")), OPENAI)
    assert {name.lower() for name in names} <= set(left)


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
