"""Who an exchange was for and what it is billed to: in the audit as a digest and a word, never as a text."""

from __future__ import annotations

import pytest

from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

USER = "jane.roe@corp.test"


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/v1/chat/completions", {"model": "gpt-4o", "user": USER}, {}),
        (
            "/v1/messages",
            {"model": "claude/claude-x", "max_tokens": 9, "metadata": {"user_id": USER}},
            {"anthropic-version": "1"},
        ),
    ],
)
async def test_user_and_tag_stand_in_the_audit(
    gateway: Running, path: str, body: dict[str, object], headers: dict[str, str]
) -> None:
    asked = {**body, "messages": [{"role": "user", "content": "Hello"}]}
    seen = []
    for key, tag in (("dev", "team-a"), ("dev", "team-b"), ("stranger", "team-a")):
        status, told, _ = await gateway.call(path, asked, key=key, headers={**headers, "X-Sting-Tag": tag})
        assert status == 200
        if key == "dev":
            event = await gateway.audit(told["x-sting-exchange"])
            assert event["tag"] == tag
            assert (event["tls_client"], event["tls_provider"]) == ("plain/loopback", "plain/loopback")
            event.pop("left")  # what left is scrambled by what the detectors find
            assert USER not in str(event)
            seen.append(event["end_user"])
    assert seen[0] == seen[1]
    assert len(seen[0]) == 24
    status, told, _ = await gateway.call(path, {**asked, "user": None, "metadata": {}}, headers=headers)
    assert status == 200
    assert (await gateway.audit(told["x-sting-exchange"]))["end_user"] == ""


async def test_a_tag_that_is_a_text_is_refused_before_anything_leaves(gateway: Running) -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
    status, _, answer = await gateway.call("/v1/chat/completions", body, headers={"X-Sting-Tag": "for Jane Roe"})
    assert status == 400
    assert b"Jane" not in answer
    assert gateway.provider.requests == []
