"""The gateway as the report engine sees it: scramble, restore, ask a model, read the audit. HTTP and a key, no more."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp

from policies.service_keys import GatewayAccess
from reports.facts import ENGLISH
from reports.language import CATALOGUES

if TYPE_CHECKING:
    from openai import APIError, AsyncOpenAI

_TEXTS_AT_ONCE: Final = 200
_SECONDS: Final = 300.0
_ENTITY: Final = re.compile(r"([A-Z][A-Z0-9_]*)=(\d+)")
_TRIES: Final = 4
_PAUSES: Final = (2.0,) + 9 * (4.0,)
"""Seconds between tries while the gateway is busy or away: short ones, for the run goes on after the one under way."""
AWAY: Final = "gateway_away"
"""The gateway itself does not answer: no model is to blame, and no other model would."""
_BUSY: Final = frozenset({"sting_detector_unavailable", "sting_vault_unavailable", "sting_rate_limited", AWAY})
_LITERAL_TYPE: Final = "LITERAL"
_LITERAL: Final = re.compile(rf"{_LITERAL_TYPE}_[0-9A-HJKMNP-TV-Z]{{8}}")


class GatewayFailed(Exception):
    """The gateway did not answer, or refused; `code` is its stable word. The message holds no value."""

    def __init__(self, code: str, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered, with tokens. `truncated`: it was cut off; `entities`: what the gateway scrambled."""

    text: str = field(repr=False)
    model: str
    exchange: str
    truncated: bool = False
    entities: Mapping[str, int] = field(default_factory=dict)
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Scrambled:
    """Texts with tokens in the place of originals, and how many values of each entity type were replaced."""

    texts: list[str] = field(repr=False)
    entities: Counter[str] = field(default_factory=Counter)


class ReportGateway:
    """The gateway within one session (a report's), under one policy; an async context manager.

    `ttl` is how many seconds the session is kept; the policy may allow fewer.
    """

    def __init__(self, access: GatewayAccess, session: str, *, policy: str | None = None, ttl: int = 86_400) -> None:
        self._access = access
        self.session = session
        self.policy = policy
        self._headers = {
            "X-Sting-Session": session,
            "X-Sting-Session-TTL": str(ttl),
            **({"X-Sting-Policy": policy} if policy else {}),
        }
        self._english: dict[str, str] = {}
        self._http: aiohttp.ClientSession | None = None
        self._openai: AsyncOpenAI | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(
            base_url=self._access.url,
            headers={"Authorization": f"Bearer {self._access.key}"},
            timeout=aiohttp.ClientTimeout(total=_SECONDS),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._http is not None:
            await self._http.close()
        if self._openai is not None:
            await self._openai.close()

    def speak(self, language: str) -> None:
        """From now on texts are looked at as texts of this language too: our own words in it are nobody's names.

        Those of English are also names of people (Case, Day), so they count only in texts of ours.
        """
        if language in CATALOGUES:
            self._headers["X-Sting-Language"] = language
        self._english = {"X-Sting-Language": language} if language == ENGLISH.language else {}

    async def scramble(self, texts: Sequence[str], *, ours: bool = False) -> Scrambled:
        """`texts` as they may leave. Raises GatewayFailed.

        `ours`: they are prompts of ours, in which nobody has typed anything and samples are scrambled already.
        """
        done: list[str] = []
        entities: Counter[str] = Counter()
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            body: dict[str, Any] = {"texts": list(texts[start : start + _TEXTS_AT_ONCE]), "session": self.session}
            body |= {"policy": self.policy} if self.policy else {}
            answer = await self._call("POST", "/sting/v1/scramble", body, more=self._english if ours else None)
            done += answer["texts"]
            entities.update(finding["entity_type"] for findings in answer["findings"] for finding in findings)
        del entities[_LITERAL_TYPE]
        return Scrambled(await self._with_own_tokens(done), entities)

    async def _with_own_tokens(self, texts: list[str]) -> list[str]:
        """Texts in which tokens that stood there before stand again: the gateway shields them like any look-alike.

        Left as they are, they would come back as tokens when a reader asks for originals.
        """
        shields = list(dict.fromkeys(match[0] for text in texts for match in _LITERAL.finditer(text)))
        if not shields:
            return texts
        behind = dict(zip(shields, await self.restore(shields), strict=True))
        return [_LITERAL.sub(lambda match: behind[match[0]], text) for text in texts]

    async def restore(self, texts: Sequence[str]) -> list[str]:
        """`texts` with the originals of this session's tokens. Raises GatewayFailed."""
        done: list[str] = []
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            body = {"texts": list(texts[start : start + _TEXTS_AT_ONCE]), "session": self.session}
            done += (await self._call("POST", "/sting/v1/restore", body))["texts"]
        return done

    async def know(self, values: Mapping[str, str]) -> None:
        """Have these texts (with their entity types) found in whatever leaves for this tenant. Raises GatewayFailed."""
        lines = (json.dumps({"value": text, "entity_type": entity_type}) for text, entity_type in values.items())
        await self._call("PUT", f"/sting/v1/values/{self.session}", "\n".join(lines).encode())

    async def forget(self) -> None:
        """Shred the session: its tokens can never be restored again. Raises GatewayFailed, but not when it is gone."""
        for path in (f"/sting/v1/sessions/{self.session}", f"/sting/v1/values/{self.session}"):
            try:
                await self._call("DELETE", path, None)
            except GatewayFailed as error:
                if error.code != "sting_not_found":
                    raise

    async def exchanges(self, *, since: int | None = None, size: int = 1000) -> AsyncIterator[dict[str, Any]]:
        """Audit events of the tenant, newest first: ids, counts, outcomes, never text. Raises GatewayFailed."""
        before: int | None = None
        while True:
            query = {"size": str(size)} | ({"since": str(since)} if since is not None else {})
            query |= {"before": str(before)} if before is not None else {}
            page = await self._call("GET", "/sting/v1/exchanges", None, query)
            for event in page["exchanges"]:
                yield event
            before = page["next_before"]
            if before is None:
                return

    async def models(self) -> list[str]:
        """Names of the models that the key may use. Raises GatewayFailed."""
        return [str(entry["id"]) for entry in (await self._call("GET", "/v1/models", None))["data"]]

    async def ask(self, model: str, system: str, prompt: str, *, most_tokens: int = 1500) -> Answer:
        """One answer of a model, its tokens not restored; `prompt` is scrambled already. Raises GatewayFailed.

        A gateway that is busy or away for a moment is waited for: that is not the model's fault.
        """
        for pause in _PAUSES:
            try:
                return await self._asked(model, system, prompt, most_tokens)
            except GatewayFailed as error:
                if error.code not in _BUSY:
                    raise
                await asyncio.sleep(pause)
        return await self._asked(model, system, prompt, most_tokens)

    async def _asked(self, model: str, system: str, prompt: str, most_tokens: int) -> Answer:
        import openai  # noqa: PLC0415 - two seconds

        tls = self._access.tls()
        if self._openai is None:
            self._openai = openai.AsyncOpenAI(
                http_client=None if tls is True else openai.DefaultAsyncHttpxClient(verify=tls),
                base_url=f"{self._access.url}/v1",
                api_key=self._access.key,
                default_headers={**self._headers, "X-Sting-Restore": "none"},
                max_retries=2,
                timeout=_SECONDS,
            )
        messages: Any = [{"role": "system", "content": system}, {"role": "user", "content": prompt}]
        try:
            raw = await self._openai.chat.completions.with_raw_response.create(
                model=model, messages=messages, max_completion_tokens=most_tokens, extra_headers=self._english
            )
            answer = raw.parse()
        except openai.APIError as error:
            raise _failure(model, error) from None
        choice = answer.choices[0] if answer.choices else None
        if choice is None or not (choice.message.content or "").strip():
            raise GatewayFailed("empty_answer", f"the model {model!r} answered nothing", retryable=True)
        return Answer(
            text=choice.message.content or "",
            model=answer.model,
            exchange=raw.headers.get("x-sting-exchange", ""),
            truncated=choice.finish_reason == "length",
            entities={name: int(count) for name, count in _ENTITY.findall(raw.headers.get("x-sting-entities", ""))},
            input_tokens=answer.usage.prompt_tokens if answer.usage else 0,
            output_tokens=answer.usage.completion_tokens if answer.usage else 0,
        )

    async def _call(
        self,
        method: str,
        path: str,
        body: object | None,
        query: Mapping[str, str] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """A call of the gateway's own API; what fails for a moment is tried again."""
        failure = GatewayFailed(AWAY, "the gateway cannot be reached; is it running?", retryable=True)
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(0.25 * 4 ** (attempt - 1))
            try:
                return await self._once(method, path, body, query, more)
            except GatewayFailed as error:
                if not error.retryable:
                    raise
                failure = error
            except (aiohttp.ClientError, TimeoutError, ValueError):
                continue
        raise failure

    async def _once(
        self,
        method: str,
        path: str,
        body: object | None,
        query: Mapping[str, str] | None,
        more: Mapping[str, str] | None,
    ) -> dict[str, Any]:
        if self._http is None:
            raise RuntimeError("use it as an async context manager")
        content: dict[str, Any] = {} if body is None else {"data" if isinstance(body, bytes) else "json": body}
        content["ssl"] = self._access.tls()
        headers = {**self._headers, **(more or {})}
        async with self._http.request(method, path, params=query, headers=headers, **content) as answer:
            told: dict[str, Any] = await answer.json(content_type=None)
            if answer.status < 400:  # noqa: PLR2004 - HTTP
                return told
            error = told.get("error")
            code = str(error.get("code") or "refused") if isinstance(error, dict) else "refused"
            if answer.status == 404:  # noqa: PLR2004 - HTTP
                code = "sting_not_found"
            retryable = answer.status >= 500 or answer.status == 429  # noqa: PLR2004 - HTTP
            raise GatewayFailed(code, f"the gateway answered {path} with status {answer.status}", retryable=retryable)


def _failure(model: str, error: APIError) -> GatewayFailed:
    """What an error of the SDK says: the gateway refused, it is away, or the model did not answer."""
    import openai  # noqa: PLC0415 - two seconds, and loaded by who calls

    if isinstance(error, openai.APIStatusError):
        code = str(error.code or "provider_error")
        retryable = error.status_code >= 500 or error.status_code == 429  # noqa: PLR2004 - HTTP
        return GatewayFailed(code, f"the model {model!r} answered with status {error.status_code}", retryable=retryable)
    if isinstance(error, openai.APITimeoutError):
        return GatewayFailed("no_answer", f"the model {model!r} took too long", retryable=True)
    if isinstance(error, openai.APIConnectionError):
        return GatewayFailed(AWAY, "the gateway cannot be reached; is it running?", retryable=True)
    return GatewayFailed("no_answer", f"the model {model!r}: {type(error).__name__}", retryable=True)
