"""Keys of the clouds are tried with what costs nothing, over the way that the gateway takes."""

from __future__ import annotations

import json
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from policies.provider_tests import KeyNotTaken, check_form, try_key
from policies.sections_providers import Provider
from policies.settings import load_settings
from tests.private_ca import PrivateCa

PLACE = "/v1/projects/p/locations/eu"


def account() -> str:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return json.dumps({"client_email": "s@p.iam.gserviceaccount.com", "private_key": pem}, indent=1)


async def test_keys_of_clouds_are_tried(tmp_path: Path) -> None:
    ca, status, asked = PrivateCa(tmp_path), [400], []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.method, request.raw_path, request.headers.get("Authorization", ""), await request.read()))
        return web.json_response({"message": "incomplete"}, status=status[0])

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ca.server("127.0.0.1")).start()
        url = f"https://127.0.0.1:{runner.addresses[0][1]}"
        settings = load_settings(None, environ={}, overrides={"gateway": {"upstream_ca_file": str(ca.ca_file)}})
        aws = Provider(kind="bedrock", base_url=f"{url}/anthropic", aws_region="eu-central-1")
        vertex = Provider(kind="vertex", base_url=url + PLACE, token_url=f"{url}/token")
        async with aiohttp.ClientSession() as http:
            await try_key(http, settings, aws, "AKID:secret")
            status[0] = 403
            for provider, key in ((aws, "AKID:secret"), (aws, "api-key"), (vertex, account())):
                with pytest.raises(KeyNotTaken) as caught:
                    await try_key(http, settings, provider, key)
                assert caught.value.code == "key_refused"
            status[0] = 200
            await try_key(http, settings, vertex, account())
            strange = aws.model_copy(update={"ca_file": PrivateCa(tmp_path, "other").ca_file})
            with pytest.raises(KeyNotTaken) as caught:
                await try_key(http, settings, strange, "AKID:secret")
            assert caught.value.code == "provider_silent"
    finally:
        await runner.cleanup()
    assert [one[1].rpartition("/")[2] for one in asked] == ["invoke", "invoke", "invoke", "token", "token"]
    assert {one[3] for one in asked[:3]} == {b"{}"}, "no model is asked anything"
    assert asked[0][2].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert asked[2][2] == "Bearer api-key"
    for provider, key in ((vertex, "sk-1"), (aws, "with space"), (aws, "two\nlines")):
        with pytest.raises(KeyNotTaken) as caught:
            check_form(provider, key)
        assert key not in str(caught.value)
    with pytest.raises(KeyNotTaken):
        check_form(aws, "")
