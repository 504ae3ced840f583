"""Ten thousand attempts by keys of another vault and of another tenant: nothing is restored, read or deleted.

Neither here nor, through here, at the provider.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from policies.entity_types import ENTITY_TYPES
from tests.fake_provider import Behaviour
from tests.gateway_fixture import NewGateway
from tests.property.core_cases import token_of

pytestmark = [pytest.mark.long, pytest.mark.timeout(500)]
ATTEMPTS, AT_ONCE = 10_000, 100
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VALUES = [ENTITY_TYPES[name].example for name in ("PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "IBAN_CODE")]
KEYS = [
    {"name": "owner", "secret": "sk-test-owner", "roles": ["use", "restore", "audit"]},
    {"name": "other-vault", "secret": "sk-test-other-vault", "roles": ["use", "restore", "audit"]},
    {"name": "other-tenant", "secret": "sk-test-other-tenant", "tenant": "acme", "roles": ["use", "restore", "audit"]},
    {"name": "same-vault-a", "secret": "sk-test-same-vault-a", "vault": "shared"},
    {"name": "same-vault-b", "secret": "sk-test-same-vault-b", "vault": "shared"},
]


async def test_no_attempt_of_ten_thousand_succeeds(new_gateway: NewGateway) -> None:
    random_ = random.Random(10_000)
    async with new_gateway({"keys": KEYS}) as gateway:

        async def asked(path: str, body: object, key: str, method: str = "POST") -> tuple[int, Any]:
            status, _, answer = await gateway.call(path, body, key=key, method=method)
            return status, json.loads(answer)

        issued: list[str] = []
        sessions = [f"case-{number}" for number in range(20)]
        for session in sessions:
            _, made = await asked("/sting/v1/scramble", {"texts": VALUES, "session": session}, "owner")
            issued += made["texts"]
        exchange = (
            await gateway.call(
                "/v1/chat/completions",
                {"model": "m", "messages": [{"role": "user", "content": VALUES[0]}]},
                key="owner",
            )
        )[1]["x-sting-exchange"]
        kept = {"id": "resp_ofowner1", "object": "response", "output": [], "status": "completed"}
        gateway.provider.once(Behaviour(raw=json.dumps(kept).encode()))
        assert (await asked("/v1/responses", {"model": "m", "input": VALUES[0]}, "owner"))[0] == 200
        gateway.provider.requests.clear()
        objects = [
            ("GET", "/v1/responses/resp_ofowner1", None),
            ("DELETE", "/v1/responses/resp_ofowner1", None),
            ("GET", "/v1/responses/resp_ofowner1/input_items", None),
            ("POST", "/v1/responses", {"model": "m", "input": "x", "previous_response_id": "resp_ofowner1"}),
        ]
        tried = 0
        while tried < ATTEMPTS:
            for key in ("other-vault", "other-tenant"):
                method, path, body = random_.choice(objects)
                assert (await asked(path, body, key, method))[0] == 404, (method, path)
                letters = ["".join(random_.choices(ALPHABET, k=7)) for _ in range(AT_ONCE // 4)]
                texts = [random_.choice(issued) for _ in range(AT_ONCE - len(letters))]
                texts += [token_of(one, random_.choice(("PERSON", "EMAIL_ADDRESS"))) for one in letters]
                session = random_.choice(sessions)
                status, told = await asked("/sting/v1/restore", {"texts": texts, "session": session}, key)
                assert (status, told["texts"], told["restored"]) == (200, texts, 0)
                assert (await asked(f"/sting/v1/sessions/{session}", None, key, "GET"))[0] == 404
                assert (await asked(f"/sting/v1/sessions/{session}", None, key, "DELETE"))[0] == 404
                tried += len(texts) + 3
        assert gateway.provider.requests == [], "nobody's request about it reached the provider"
        assert (await asked(f"/sting/v1/exchanges/{exchange}", None, "other-tenant", "GET"))[0] == 404
        told = (await asked("/sting/v1/exchanges", None, "other-tenant", "GET"))[1]["exchanges"]
        assert {one["key"] for one in told} <= {"config.other-tenant"}, "its own refused ones"
        status, told = await asked("/sting/v1/restore", {"texts": issued[:4], "session": sessions[0]}, "owner")
        assert told["texts"] == VALUES, "its own key still restores"
        _, made = await asked("/sting/v1/scramble", {"texts": VALUES, "session": "together"}, "same-vault-a")
        _, told = await asked("/sting/v1/restore", {"texts": made["texts"], "session": "together"}, "same-vault-b")
        assert told["texts"] == VALUES, "keys of one vault share"
