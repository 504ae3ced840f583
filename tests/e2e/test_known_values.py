"""Known values through a running gateway: registered over HTTP and by command, found in every exchange, never shown."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from click.testing import CliRunner

from policies.cli import main
from policies.sealing import Sealer
from proxy.values import MOST_BYTES, ValueReader
from tests import gateway_fixture
from tests.gateway_fixture import Running, StubDetector, running
from tests.jar_fixture import bytes_below

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIST = "/sting/v1/values/staff"
OWN_KEYS: Mapping[str, dict[str, object]] = {
    "keeper": {"roles": ["use", "restore", "values"]},
    "neighbour": {"tenant": "other", "roles": ["use", "restore", "values"]},
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def known_gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A gateway with keys of two tenants that may register values."""
    with pytest.MonkeyPatch.context() as patch:
        for name, key in OWN_KEYS.items():
            patch.setitem(gateway_fixture.KEYS, name, key)
        async with running(tmp_path_factory.mktemp("known"), StubDetector()) as made:
            yield made


def lines(*values: str, entity_type: str = "PERSON") -> bytes:
    return "\n".join(json.dumps({"value": value, "entity_type": entity_type}) for value in values).encode()


async def call(gateway: Running, method: str, body: object = None, *, key: str = "keeper", path: str = LIST) -> Any:
    status, _, answer = await gateway.call(path, body, key=key, method=method)
    return status, json.loads(answer)


async def sent(gateway: Running, body: dict[str, Any], *, key: str = "keeper") -> str:
    """What left for the provider when `body` was asked."""
    before = len(gateway.provider.requests)
    status, _, answer = await gateway.call("/v1/chat/completions", {"model": "gpt-4o", **body}, key=key)
    assert status == 200, answer
    return json.dumps([request.json for request in gateway.provider.requests[before:]])


def asking(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


async def test_a_list_is_put_counted_and_deleted_and_never_shown(known_gateway: Running) -> None:
    status, state = await call(known_gateway, "PUT", lines("Zug Wellerbrook", "Bo Li", "x"))
    assert (status, state["counts"], state["skipped"]) == (200, {"PERSON": 2}, 1)
    status, more = await call(
        known_gateway, "PUT", lines("E-77123", entity_type="EMPLOYEE_ID"), path=f"{LIST}?add=true"
    )
    assert (status, more["counts"], more["version"]) == (200, {"EMPLOYEE_ID": 1, "PERSON": 2}, state["version"] + 1)
    status, shown = await call(known_gateway, "GET")
    assert (status, shown) == (200, {key: more[key] for key in ("list", "version", "counts", "total")})
    assert (await call(known_gateway, "DELETE"))[0] == 200
    assert [(await call(known_gateway, method))[0] for method in ("GET", "DELETE")] == [404, 404]


async def test_known_values_never_leave_and_come_back_until_they_are_deleted(known_gateway: Running) -> None:
    text = "Did WELLERBROOK, Zug call?"
    assert "WELLERBROOK" in await sent(known_gateway, asking(text))
    await call(known_gateway, "PUT", lines("Zug Wellerbrook"))
    left = await sent(known_gateway, asking(text))
    assert "wellerbrook" not in left.lower()
    assert "PERSON_" in left
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"Wellerbrook": {}}}}}]
    assert "wellerbrook" not in (await sent(known_gateway, {**asking("hello"), "tools": tools})).lower()
    body = {"texts": [text], "session": "known"}
    _, scrambled = await call(known_gateway, "POST", body, path="/sting/v1/scramble")
    assert "WELLERBROOK" not in scrambled["texts"][0]
    back = {"texts": scrambled["texts"], "session": "known"}
    assert (await call(known_gateway, "POST", back, path="/sting/v1/restore"))[1]["texts"] == [text]
    await call(known_gateway, "DELETE")
    assert "WELLERBROOK" in await sent(known_gateway, asking(text))


async def test_a_conversation_that_is_known_is_decided_anew_when_a_list_changes(known_gateway: Running) -> None:
    path = "/sting/v1/values/known-talk"
    said = [f"Did Quenby Orla call about order {n}?" for n in range(3)]
    talk = [{"role": role, "content": text} for text in said for role in ("user", "assistant")][:-1]
    clear = await sent(known_gateway, {"messages": talk})
    assert await sent(known_gateway, {"messages": talk}) == clear
    assert "Quenby" in clear
    await call(known_gateway, "PUT", lines("Quenby Orla"), path=path)
    covered = await sent(known_gateway, {"messages": talk})
    assert "Quenby" not in covered
    assert await sent(known_gateway, {"messages": talk}) == covered
    assert "Quenby" in await sent(known_gateway, {"messages": talk}, key="neighbour")
    await call(known_gateway, "DELETE", path=path)
    assert await sent(known_gateway, {"messages": talk}) == clear


async def test_tenants_do_not_see_each_others_values(known_gateway: Running) -> None:
    await call(known_gateway, "PUT", lines("Zug Wellerbrook"))
    assert (await call(known_gateway, "GET", key="neighbour"))[0] == 404
    assert (await call(known_gateway, "DELETE", key="neighbour"))[0] == 404
    assert "Wellerbrook" in await sent(known_gateway, asking("Zug Wellerbrook"), key="neighbour")
    assert "Wellerbrook" not in await sent(known_gateway, asking("Zug Wellerbrook"))
    await call(known_gateway, "DELETE")


async def test_only_keys_with_the_role_may_touch_lists(known_gateway: Running) -> None:
    for method in ("PUT", "GET", "DELETE"):
        assert (await call(known_gateway, method, b"", key="dev"))[0] == 403
        assert (await call(known_gateway, method, b"", key="nobody"))[0] == 401


@pytest.mark.parametrize(
    "body",
    [
        b"Zug Wellerbrook",
        b'{"value": "Zug Wellerbrook"}',
        b'{"value": "Zug Wellerbrook", "entity_type": "AGE"}',
        b'{"value": "Zug Wellerbrook", "entity_type": "NO_SUCH"}',
        b'{"value": "Zug Wellerbrook", "entity_type": "PERSON", "more": 1}',
        b'{"value": null, "entity_type": "PERSON"}',
        b'["Zug Wellerbrook"]',
        b'{"value": "Zug Wellerbrook' + b"x" * 9_000,
    ],
)
async def test_a_bad_line_refuses_the_upload_and_is_not_quoted(known_gateway: Running, body: bytes) -> None:
    status, answer = await call(known_gateway, "PUT", lines("Ada Hollerith") + b"\n" + body)
    assert (status, answer["error"]["code"]) == (400, "sting_bad_request")
    assert "Line 2" in answer["error"]["message"]
    assert "Wellerbrook" not in json.dumps(answer)
    assert (await call(known_gateway, "GET"))[0] == 404


@pytest.mark.parametrize("name", ["a%20b", ".x", "x" * 65])
async def test_a_list_with_an_odd_name_is_refused(known_gateway: Running, name: str) -> None:
    assert (await call(known_gateway, "PUT", b"", path=f"/sting/v1/values/{name}"))[0] == 400


async def test_a_list_may_be_larger_than_any_other_body(known_gateway: Running) -> None:
    body = lines(*(f"Person{number} Wellerbrook{number}" for number in range(30_000)))
    assert len(body) > known_gateway.settings.gateway.max_body_mb * 1024 * 1024
    status, state = await call(known_gateway, "PUT", body)
    assert (status, state["total"]) == (200, 30_000)
    assert "29999" not in await sent(known_gateway, asking("wellerbrook29999, person29999"))
    await call(known_gateway, "DELETE")


async def test_a_tenant_has_room_for_so_many_values(known_gateway: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.values.MOST_OF_TENANT", 2)
    assert (await call(known_gateway, "PUT", lines("Ada Hollerith", "Bo Lee")))[0] == 200
    assert (await call(known_gateway, "PUT", lines("Zug Wellerbrook"), path=f"{LIST}?add=true"))[0] == 413
    assert (await call(known_gateway, "PUT", lines("Zug Wellerbrook")))[1]["total"] == 1
    await call(known_gateway, "DELETE")


async def test_an_upload_beyond_its_own_limit_is_refused() -> None:
    reader = ValueReader(draft=None, types=frozenset({"PERSON"}))  # type: ignore[arg-type] # nothing is sealed
    reader._bytes = MOST_BYTES
    with pytest.raises(Exception, match="at most 256 MiB"):
        reader.feed(b"{")


async def test_values_stand_nowhere_in_the_data_folder(known_gateway: Running) -> None:
    await call(known_gateway, "PUT", lines(*["Zug Wellerbrook"] * 100))
    whole = await asyncio.to_thread(bytes_below, known_gateway.settings.data_dir)
    assert len(whole) > 10_000
    assert b"wellerbrook" not in whole.lower()
    await call(known_gateway, "DELETE")


async def test_the_commands_add_count_and_delete(known_gateway: Running, tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text("name,mail,age\nZug Wellerbrook,zw@wellerbrook.example,33\nAda Hollerith,,44\n")
    run_file = known_gateway.settings.data_dir / "run.json"
    place = known_gateway.place
    run_file.write_text(
        json.dumps({"pid": os.getpid(), "gateway": place.url, "local_key": place.local_key, "redis": ""})
    )
    where = ["--data-dir", str(known_gateway.settings.data_dir)]

    async def sting(*arguments: str, given: str | None = None) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, main, ["values", *arguments, *where], input=given)
        assert result.exit_code == 0, result.output
        return result.output

    columns = ["--column", "name=PERSON", "--column", "mail=EMAIL_ADDRESS"]
    added = json.loads(await sting("add", "people", str(table), *columns, "--json"))
    assert added["counts"] == {"EMAIL_ADDRESS": 1, "PERSON": 2}
    assert "Wellerbrook" not in await sent(known_gateway, asking("Zug Wellerbrook"))
    assert json.loads(await sting("add", "people", "--type", "PERSON", "--json", given="Bo Li\n"))["total"] == 4
    assert json.loads(await sting("add", "people", "--replace", "--json", given=lines("Bo Li").decode()))["total"] == 1
    assert "PERSON" in await sting("count", "people")
    assert "deleted" in await sting("delete", "people")
    run_file.unlink()


async def test_lists_that_cannot_be_loaded_let_nothing_leave(
    known_gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await call(known_gateway, "PUT", lines("Zug Wellerbrook"))
    known, lists = known_gateway.gateway.services.known, known_gateway.gateway.value_lists
    before = len(known_gateway.provider.requests)
    with monkeypatch.context() as patch:
        patch.setattr(lists, "versions", lambda: asyncio.sleep(0, {"default": 1_000_000}))
        patch.setattr(lists, "_sealer", Sealer([b"\x09" * 32]))
        await known.refresh()
        body = {"model": "gpt-4o", **asking("a text that nobody asked before")}
        status, _, answer = await known_gateway.call("/v1/chat/completions", body, key="keeper")
    assert (status, json.loads(answer)["error"]["code"]) == (503, "sting_detector_unavailable")
    assert len(known_gateway.provider.requests) == before
    await known.refresh()
    assert "Wellerbrook" not in await sent(known_gateway, asking("Zug Wellerbrook"))
    await call(known_gateway, "DELETE")
