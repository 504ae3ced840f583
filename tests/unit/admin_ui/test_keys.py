"""Virtual keys by the API, and providers with theirs."""

from __future__ import annotations

from aiohttp import web
from pytest_aiohttp.plugin import AiohttpServer

from policies.live import provider_keys
from tests.console_fixture import RunningConsole

SECRET = "sk-provider-0123456789abcdef"


async def test_the_life_of_a_key(console: RunningConsole) -> None:
    editor = await console.person("editor")
    made = await editor.call(
        "POST", "/keys", {"name": "app", "policy": "strict", "models": ["gpt-*"], "expires_days": 3}
    )
    secret, key = made.data["secret"], made.data["key"]
    assert made.status == 201
    assert secret.startswith(key["prefix"])
    assert (key["state"], key["policy"], key["roles"]) == ("valid", "strict", ["restore", "use"])
    listed = await editor.call("GET", "/keys")
    assert secret not in str(listed.data)
    path = f"/keys/{key['id']}"
    limited = await editor.call("PATCH", path, {"limits": {"requests_per_minute": 5, "networks": ["10.0.0.0/8"]}})
    assert (limited.status, limited.data["limits"]["requests_per_minute"]) == (200, 5)
    assert (await editor.call("PATCH", path, {"limits": {"networks": ["nowhere"]}})).status == 422
    turned = await editor.call("POST", f"{path}/rotate", {"overlap_minutes": 5})
    assert turned.data["secret"] != secret
    assert (await console.parts.keys.authenticate(secret)) is not None, "the old one has its overlap"
    assert (await editor.call("DELETE", path)).data["state"] == "revoked"
    assert (await editor.call("POST", f"{path}/rotate", {})).status == 409
    assert (await editor.call("POST", "/keys", {"name": "app"})).status == 409
    assert (await editor.call("POST", "/keys", {"name": "b", "policy": "none-such"})).status == 422


async def test_a_list_is_given_in_pages(console: RunningConsole) -> None:
    editor = await console.person("editor")
    for number in range(5):
        assert (await editor.call("POST", "/keys", {"name": f"app-{number}"})).status == 201
    whole = (await editor.call("GET", "/keys")).data
    assert whole["next"] is None
    found: list[object] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = (await editor.call("GET", "/keys", limit=2, cursor=cursor)).data
        assert 1 <= len(page["items"]) <= 2
        found += page["items"]
        cursor = page["next"]
    assert found == whole["items"]
    assert (await editor.call("GET", "/keys", limit=2, cursor="99")).data == {"items": [], "next": None}
    for wrong in ("limit=0", "limit=x", "cursor=-1", "limits=2"):
        answer = await editor.call("GET", f"/keys?{wrong}")
        assert (answer.status, answer.data["code"]) == (422, "invalid"), wrong


async def test_a_key_is_put_under_another_policy(console: RunningConsole) -> None:
    editor = await console.person("editor")
    made = (await editor.call("POST", "/keys", {"name": "till", "policy": "strict"})).data
    path = f"/keys/{made['key']['id']}"
    assert (await editor.call("PATCH", path, {"limits": {"concurrent": 3}})).data["policy"] == "strict"
    assert (await editor.call("PATCH", path, {"policy": "pci"})).data["limits"]["concurrent"] == 3
    assert (await editor.call("PATCH", path, {"policy": "none-such"})).status == 422
    assert (await editor.call("GET", path)).data["policy"] == "pci"
    assert (await editor.call("PATCH", path, {"policy": None})).data["policy"] is None
    key = await console.parts.keys.authenticate(made["secret"])
    assert key is not None
    assert key.policy is None
    viewer = await console.person("viewer")
    assert (await viewer.call("PATCH", path, {"policy": "observe"})).status == 403


async def test_an_editor_makes_no_administrators(console: RunningConsole) -> None:
    editor, admin = await console.person("editor"), await console.person("admin")
    wanted = {"name": "robot", "roles": ["admin"]}
    assert (await editor.call("POST", "/keys", wanted)).status == 403
    made = (await admin.call("POST", "/keys", wanted)).data
    assert (await editor.call("POST", f"/keys/{made['key']['id']}/rotate", {})).status == 403
    bearer = {"Authorization": f"Bearer {made['secret']}"}
    assert (await console.stranger().call("GET", "/users", headers=bearer)).status == 200


async def test_a_key_opens_the_console_from_its_networks_only(console: RunningConsole) -> None:
    admin = await console.person("admin")
    for network, status in (("192.0.2.0/24", 401), ("127.0.0.0/8", 200)):
        wanted = {"name": f"robot-{status}", "roles": ["admin"], "limits": {"networks": [network]}}
        secret = (await admin.call("POST", "/keys", wanted)).data["secret"]
        sent = {"Authorization": f"Bearer {secret}", "X-Forwarded-For": "192.0.2.7"}  # nobody said to believe that
        assert (await console.stranger().call("GET", "/users", headers=sent)).status == status


async def test_a_key_that_is_called_like_the_id_of_another_is_not_taken_for_it(console: RunningConsole) -> None:
    admin, editor = await console.person("admin"), await console.person("editor")
    robot = (await admin.call("POST", "/keys", {"name": "robot", "roles": ["admin"]})).data
    await editor.call("POST", "/keys", {"name": robot["key"]["id"]})
    assert (await admin.call("DELETE", f"/keys/{robot['key']['id']}")).data["name"] == "robot"
    assert await console.parts.keys.authenticate(robot["secret"]) is None


async def test_keys_of_another_tenant_are_not_there(console: RunningConsole) -> None:
    admin, stranger = await console.person("admin"), await console.person("admin", tenant="acme")
    made = (await admin.call("POST", "/keys", {"name": "app"})).data["key"]
    assert (await stranger.call("GET", "/keys")).data["items"] == []
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate")):
        body = {} if method == "POST" else None
        assert (await stranger.call(method, f"/keys/{made['id']}{path}", body)).status == 404


async def test_providers_models_and_prices_are_versioned(console: RunningConsole) -> None:
    admin = await console.person("admin")
    provider = {"kind": "openai", "base_url": "http://127.0.0.1:9/v1", "local": True}
    made = await admin.call("PUT", "/providers/house", provider)
    assert (made.status, made.etag, made.data["key"], made.data["source"]) == (200, '"1"', "none", "database")
    late = await admin.call("PUT", "/providers/house", provider, headers={"If-Match": '"7"'})
    assert late.status == 412
    model = await admin.call("PUT", "/models/house-model", {"target": "house/llama", "context": 8192})
    assert (model.data["target"], model.data["context"]) == ("house/llama", 8192)
    pair = {"target": "house/a", "targets": [{"target": "house/a"}, {"target": "house/b", "weight": 3}]}
    made = await admin.call("PUT", "/models/pair", pair)
    assert [one["weight"] for one in made.data["targets"]] == [1, 3]
    assert (await admin.call("PUT", "/models/pair", {**pair, "target": "house/b"})).data["code"] == "bad_model"
    assert (await admin.call("PUT", "/models/gone", {"target": "nowhere/x"})).data["code"] == "does_not_fit"
    assert (await admin.call("DELETE", "/providers/house")).data["code"] == "does_not_fit", "a model leads there"
    assert (await admin.call("PUT", "/prices/house%2Fllama", {"input": 1, "output": 2})).data["name"] == "house/llama"
    assert {one["name"] for one in (await admin.call("GET", "/providers")).data["items"]} == {"demo", "house"}
    bad = await admin.call("PUT", "/providers/far", {"kind": "openai", "base_url": "http://far.example/v1"})
    assert (bad.status, bad.data["code"]) == (422, "bad_provider")
    editor = await console.person("editor")
    assert (await editor.call("PUT", "/providers/house", provider)).status == 403


async def test_a_providers_key_is_tried_sealed_and_never_shown(
    console: RunningConsole, aiohttp_server: AiohttpServer
) -> None:
    seen = []

    async def models(request: web.Request) -> web.Response:
        seen.append(request.headers["Authorization"])
        return web.json_response({"data": []}, status=200 if SECRET in seen[-1] else 401)

    app = web.Application()
    app.router.add_get("/v1/models", models)
    server = await aiohttp_server(app)
    admin = await console.person("admin")
    await admin.call(
        "PUT", "/providers/house", {"kind": "openai", "base_url": str(server.make_url("/v1")), "local": True}
    )
    wrong = await admin.call("POST", "/provider-keys", {"provider": "house", "key": "sk-wrong"})
    assert (wrong.status, wrong.data["code"]) == (422, "key_refused")
    kept = await admin.call("POST", "/provider-keys", {"provider": "house", "key": SECRET})
    assert (kept.status, len(seen)) == (201, 2)
    assert await provider_keys(console.parts.database, console.parts.sealer) == {"house": SECRET}
    told = [await admin.call("GET", path) for path in ("/provider-keys", "/providers", "/providers/house", "/settings")]
    assert SECRET not in str([answer.data for answer in told])
    assert told[2].data["key"] == "database"
    assert (await admin.call("POST", "/provider-tests", {"provider": "house"})).status == 204
    assert (await admin.call("DELETE", "/provider-keys/house")).status == 204
    assert await provider_keys(console.parts.database, console.parts.sealer) == {}
    assert (await admin.call("POST", "/provider-tests", {"provider": "house"})).status == 422, "without its key"
