"""`/playground`: try texts under a policy through the gateway, with a key of its own. Nothing stays here."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from admin_ui.api.bodies import Body, Name
from admin_ui.gateway_calls import GatewayAnswer
from admin_ui.parts import Parts
from policies.console_routes import ConsoleCall, ConsoleRoute, Problem
from policies.service_keys import PLAYGROUND_NAME

_MAX_TEXT = 100_000
Text = Annotated[str, Field(max_length=_MAX_TEXT)]
_SESSION_SECONDS = "3600"


class AnalyzeTexts(Body):
    """Texts to look into."""

    texts: list[Text] = Field(min_length=1, max_length=20, repr=False)
    policy: Name | None = None
    language: str | None = Field(default=None, pattern="^[a-z]{2}$")


class ScrambleTexts(Body):
    """Texts to scramble, in a session of their own unless one is named."""

    texts: list[Text] = Field(min_length=1, max_length=20, repr=False)
    policy: Name | None = None
    session: str | None = Field(default=None, min_length=1, max_length=256)


class ChatText(Body):
    """A prompt for a model, with an optional system text."""

    text: Text = Field(repr=False)
    system: Text | None = Field(default=None, repr=False)
    model: str = Field(default="sting-demo", min_length=1, max_length=200)
    policy: Name | None = None


class Finding(BaseModel):
    """One finding: place in characters, type, what the policy does, and who found it."""

    start: int
    end: int
    entity_type: str
    action: str
    score: float | None = None
    detector: str | None = None


class AnalyzedTexts(BaseModel):
    """Findings per text."""

    results: list[list[Finding]]


class ScrambledTexts(BaseModel):
    """What would leave, and the findings per text."""

    session: str
    texts: list[str]
    findings: list[list[Finding]]


class ChatAnswer(BaseModel):
    """What left, what came back, and what the client sees. `ms` are milliseconds of the whole exchange."""

    exchange: str
    model: str
    policy: str
    entities: dict[str, int]
    sent: str
    received: str
    restored: str
    restored_tokens: int
    unknown_tokens: int
    ms: float


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    tag = "playground"
    talk: tuple[Literal["editor", "auditor"], ...] = ("editor", "auditor")
    return (
        ConsoleRoute(
            "POST",
            "/playground/analyze",
            partial(_analyze, parts),
            "What is found in texts",
            tag,
            body=AnalyzeTexts,
            answer=AnalyzedTexts,
            act=False,
        ),
        ConsoleRoute(
            "POST",
            "/playground/scramble",
            partial(_scramble, parts),
            "What would leave",
            tag,
            body=ScrambleTexts,
            answer=ScrambledTexts,
            act=False,
        ),
        ConsoleRoute(
            "POST",
            "/playground/chat",
            partial(_chat, parts),
            "Ask a model and see all sides",
            tag,
            roles=talk,
            body=ChatText,
            answer=ChatAnswer,
            act=False,
        ),
    )


async def _analyze(parts: Parts, call: ConsoleCall) -> Any:  # noqa: ANN401 - the gateway's JSON
    body = call.body.model_dump(exclude_none=True)
    return (await _ask(parts, call, "/sting/v1/analyze", body)).data


async def _scramble(parts: Parts, call: ConsoleCall) -> Any:  # noqa: ANN401 - the gateway's JSON
    body = {"session": _new_session(), **call.body.model_dump(exclude_none=True)}
    headers = {"X-Sting-Session-TTL": _SESSION_SECONDS}
    return (await _ask(parts, call, "/sting/v1/scramble", body, headers)).data


async def _ask(
    parts: Parts, call: ConsoleCall, path: str, body: object, headers: Mapping[str, str] | None = None
) -> GatewayAnswer:
    """A call in a vault of the playground's own: what it shows tells nothing of tokens that stand elsewhere."""
    return await parts.gateway.ask(call.caller.tenant, "POST", path, body, headers, key=PLAYGROUND_NAME)


def _new_session() -> str:
    return f"playground-{secrets.token_hex(8)}"


async def _chat(parts: Parts, call: ConsoleCall) -> ChatAnswer:
    """The exchange with restoring switched off, then the restoring: so both sides of the answer can be shown."""
    body: ChatText = call.body
    session = _new_session()
    named = {"policy": body.policy} if body.policy else {}
    given = {"texts": [body.text], "session": session, **named}
    headers = {"X-Sting-Session": session, "X-Sting-Session-TTL": _SESSION_SECONDS, "X-Sting-Restore": "none"}
    if body.policy:
        headers["X-Sting-Policy"] = body.policy
    sent = (await _ask(parts, call, "/sting/v1/scramble", given)).data["texts"][0]
    messages = [{"role": "user", "content": body.text}]
    if body.system:
        messages.insert(0, {"role": "system", "content": body.system})
    begun = time.perf_counter()
    answer = await _ask(parts, call, "/v1/chat/completions", {"model": body.model, "messages": messages}, headers)
    ms = 1000 * (time.perf_counter() - begun)
    received = _content(answer.data)
    restored = (await _ask(parts, call, "/sting/v1/restore", {"texts": [received], "session": session})).data
    return ChatAnswer(
        exchange=answer.headers.get("x-sting-exchange", ""),
        model=str(answer.data.get("model", body.model)),
        policy=answer.headers.get("x-sting-policy", ""),
        entities=_counts(answer.headers.get("x-sting-entities", "")),
        sent=sent,
        received=received,
        restored=restored["texts"][0],
        restored_tokens=restored["restored"],
        unknown_tokens=restored["unknown"],
        ms=round(ms, 1),
    )


def _content(data: Any) -> str:  # noqa: ANN401 - a provider's JSON
    try:
        return str(data["choices"][0]["message"]["content"] or "")
    except (KeyError, IndexError, TypeError):
        raise Problem(502, "strange_answer", "The model's answer has no text.") from None


def _counts(header: str) -> dict[str, int]:
    from policies.audit import parse_entities  # noqa: PLC0415 - one small function

    return parse_entities(header)
