"""Proof on demand: known values go through the live configuration to a throw-away upstream that keeps all bytes."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from policies.loader import load_policies
from policies.model import TOKEN, Action, Policy
from policies.places import Passage, rules_at
from policies.sections import PoliciesSection
from policies.sections_providers import Provider
from policies.sections_tls import ListenerTls
from policies.settings import Settings
from proxy.detectors.operators import OneWay
from proxy.detectors.probes import probes
from proxy.errors import BadRequest
from proxy.serving import listening


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of one known value: `left` says whether it stood in the bytes that reached the upstream.

    `back` says whether the client got it back in the answer, `sent` is the scrambled sentence.
    """

    entity_type: str
    sentence: str
    action: str
    sent: str
    left: bool
    back: bool

    @property
    def good(self) -> bool:
        """Nothing left that the policy wants to hold back, and what was scrambled came back."""
        if self.action in (Action.KEEP, Action.OBSERVE):
            return True
        return not self.left and (self.back or self.action != Action.SCRAMBLE)


@dataclass(slots=True)
class Recorder:
    """An upstream that answers with the last user message and keeps every body."""

    bodies: list[bytes] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """A chat completion."""
        body = await request.read()
        self.bodies.append(body)
        message = {"role": "assistant", "content": json.loads(body)["messages"][-1]["content"]}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return web.json_response({"id": "v", "object": "chat.completion", "model": "verify", "choices": [choice]})


@asynccontextmanager
async def throw_away_upstream() -> AsyncIterator[tuple[Recorder, str]]:
    """A recorder on a free port of the loopback address, and its base URL."""
    recorder = Recorder()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/chat/completions", recorder.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield recorder, f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


async def verify(settings: Settings, policy_name: str | None) -> list[Proof]:
    """Send one sentence per entity type, with OpenAI's own SDK, through a gateway with these settings.

    The gateway has stores of its own that are deleted afterwards; providers of the settings are never called. Raises
    BadRequest when there is no such policy.
    """
    from openai import AsyncOpenAI  # noqa: PLC0415 - takes seconds to import, and only this needs it

    policies = load_policies(settings.policies.directory)
    policy = policies.get(policy_name or settings.policies.default)
    if policy is None:
        raise BadRequest(f"There is no such policy; there are: {', '.join(sorted(policies))}.")
    with tempfile.TemporaryDirectory(prefix="sting-verify-") as folder:
        async with throw_away_upstream() as (recorder, url):
            closed = _closed_off(settings, policy, url, Path(folder))
            async with (
                listening(closed, drain=1.0) as place,
                AsyncOpenAI(base_url=f"{place.url}/v1", api_key=place.local_key, max_retries=0) as client,
            ):
                return [
                    await _prove(client, recorder, policy, entity_type, sentence, value)
                    for entity_type, (sentence, value) in probes().items()
                ]


def _closed_off(settings: Settings, policy: Policy, url: str, folder: Path) -> Settings:
    provider = Provider(kind="openai", base_url=url, local=True)
    directory = settings.policies.directory
    return settings.model_copy(
        update={
            "gateway": settings.gateway.model_copy(update={"host": "127.0.0.1", "port": 0, "tls": ListenerTls()}),
            "data_dir": folder,
            "redis": type(settings.redis)(),
            "database": type(settings.database)(),
            "master_key": type(settings)().master_key,
            "providers": {"verify": provider},
            "models": {},
            "default_provider": "verify",
            "policies": PoliciesSection(directory=directory, default=policy.name),
        }
    )


_SENTENCE = Passage("request", frozenset({"user"}), frozenset(), frozenset({"verify"}), frozenset({"verify"}))
"""Where the sentences stand, for policies with places."""


async def _prove(
    client: Any,  # noqa: ANN401 - the SDK is imported late
    recorder: Recorder,
    policy: Policy,
    entity_type: str,
    sentence: str,
    value: str,
) -> Proof:
    recorder.bodies.clear()
    rule = rules_at(policy, _SENTENCE).rule(entity_type)
    action = Action.HASH if rule.one_way and rule.action is Action.SCRAMBLE else rule.action
    try:
        answer = await client.chat.completions.create(model="verify", messages=[{"role": "user", "content": sentence}])
        back = value in (answer.choices[0].message.content or "")
    except Exception:  # noqa: BLE001 - a blocked request is a result, not a failure of the proof
        back = False
    sent = recorder.bodies[0].decode() if recorder.bodies else ""
    shown = json.loads(sent)["messages"][-1]["content"] if sent else "(nothing)"
    # Without the tokens: the three digits of a security code stand in one by chance now and then.
    left = value in TOKEN.sub("", sent) and not may_stay(action, entity_type, value)
    return Proof(entity_type, sentence, action.value, shown, left, back)


def may_stay(action: Action, entity_type: str, value: str) -> bool:
    """Whether generalizing leaves this value as it is: an age up to 89, a year."""
    one_way = OneWay(bytes(32), time.gmtime().tm_year)
    return action is Action.GENERALIZE and one_way(action, entity_type, value) == value
