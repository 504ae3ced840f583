"""The console's rim: who may do what, what a wrong request gets, headers, pages, the record of acts."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp.compression_utils import ZLibDecompressor
from pydantic import BaseModel

from policies.audit import verify_chain
from policies.audit_query import AuditFilter, query
from policies.console_routes import ConsoleAnswer, ConsoleCall, ConsoleContext, ConsoleRoute, Problem
from policies.key_rows import KeyRequest, create_key
from policies.running import Running, run_file
from tests.console_fixture import RunningConsole, console_settings, running_console

SECRET = "m.okafor@example.com"


class Thing(BaseModel):
    name: str
    size: int = 1


async def echo(call: ConsoleCall) -> ConsoleAnswer:
    return ConsoleAnswer({"name": call.body.name, "at": call.path["id"], "seen": call.if_match}, etag="7")


async def fails(_call: ConsoleCall) -> None:
    raise RuntimeError(SECRET)


async def refuses(_call: ConsoleCall) -> None:
    raise Problem(409, "taken", "Take another one.")


async def looks(call: ConsoleCall) -> dict[str, object]:
    return {"size": call.query.size, "user": call.caller.user}


class Size(BaseModel):
    size: int


@asynccontextmanager
async def things(_context: ConsoleContext) -> AsyncIterator[Sequence[ConsoleRoute]]:
    yield (
        ConsoleRoute("GET", "/things", looks, "Look", "things", query=Size),
        ConsoleRoute("PUT", "/things/{id}", echo, "Put", "things", roles=("editor",), body=Thing),
        ConsoleRoute("POST", "/things/fails", fails, "Fail", "things", roles=("editor",)),
        ConsoleRoute("POST", "/things/refuses", refuses, "Refuse", "things", roles=("editor",)),
    )


@pytest.fixture
async def mounted(tmp_path: Path) -> AsyncIterator[RunningConsole]:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<h1>the pages</h1>")
    (static / "assets" / "app-1a2b.js").write_text("1")
    (tmp_path / "outside.txt").write_text(SECRET)
    async with running_console(console_settings(tmp_path / "data"), [things], static) as running:
        yield running


async def test_strangers_and_the_wrong_role_are_refused(mounted: RunningConsole) -> None:
    for who, status, code in (
        (mounted.stranger(), 401, "not_logged_in"),
        (await mounted.person("viewer"), 403, "forbidden"),
    ):
        answer = await who.call("PUT", "/things/a", {"name": "x"})
        assert (answer.status, answer.data["code"]) == (status, code)
        assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_the_right_role_with_a_right_body_is_served_and_recorded(mounted: RunningConsole) -> None:
    editor = await mounted.person("editor")
    answer = await editor.call("PUT", "/things/a", {"name": "x"}, headers={"If-Match": '"6"'})
    assert (answer.status, answer.data, answer.etag) == (200, {"name": "x", "at": "a", "seen": "6"}, '"7"')
    page = await query(mounted.parts.database, AuditFilter())
    act = page.events[0]
    assert (act.route, act.dialect, act.outcome, act.status) == ("PUT /api/v1/things/a", "console", "ok", 200)
    assert act.key.startswith("usr_")
    assert (await verify_chain(mounted.parts.database, mounted.parts.acts.public_key)).intact


async def test_a_cookie_without_the_csrf_token_changes_nothing(mounted: RunningConsole) -> None:
    editor = await mounted.person("editor")
    for token in ("", "0" * 64, "ü"):
        editor.csrf = token
        answer = await editor.call("PUT", "/things/a", {"name": "x"})
        assert (answer.status, answer.data["code"]) == (403, "csrf")
    assert (await editor.call("GET", "/things", size=1)).status == 200


async def test_wrong_bodies_and_queries_get_a_problem_without_their_values(mounted: RunningConsole) -> None:
    editor = await mounted.person("editor")
    answers = [
        await editor.call("PUT", "/things/a", {"name": [SECRET]}),
        await editor.call("PUT", "/things/a", {"size": SECRET}),
        await editor.call("GET", "/things", size=SECRET),
        await editor.call("GET", "/things"),
    ]
    async with editor.http.put(
        f"{mounted.url}/api/v1/things/a",
        data=f"{{{SECRET}",
        headers={"X-CSRF-Token": editor.csrf, "Content-Type": "application/json"},
    ) as broken:
        assert (broken.status, SECRET in await broken.text()) == (422, False)
    for answer in answers:
        assert (answer.status, answer.data["code"]) == (422, "invalid")
        assert answer.data["errors"]
        assert SECRET not in str(answer.data)


async def test_a_body_that_is_too_large_is_refused(mounted: RunningConsole) -> None:
    editor = await mounted.person("editor")
    headers = {"X-CSRF-Token": editor.csrf, "Content-Type": "application/json"}
    body = io.BytesIO(b'{"name": "' + b"x" * 5_000_000 + b'"}')
    async with editor.http.put(f"{mounted.url}/api/v1/things/a", data=body, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (413, "too_large")


async def test_faults_are_told_without_their_text(mounted: RunningConsole, caplog: pytest.LogCaptureFixture) -> None:
    editor = await mounted.person("editor")
    answer = await editor.call("POST", "/things/fails")
    assert (answer.status, answer.data["code"]) == (500, "internal")
    assert SECRET not in str(answer.data) + caplog.text
    assert "RuntimeError" in str(caplog.records[-1].__dict__)
    assert (await editor.call("POST", "/things/refuses")).data["detail"] == "Take another one."


async def test_unknown_routes_and_methods_are_problems(mounted: RunningConsole) -> None:
    stranger = mounted.stranger()
    assert (await stranger.call("GET", "/nowhere")).data["code"] == "no_such_route"
    answer = await stranger.call("DELETE", "/things/a")
    assert (answer.status, answer.headers["Allow"]) == (405, "PUT")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/chat/completions"),
        ("GET", "/v1/models"),
        ("POST", "/chat/completions"),
        ("GET", "/metrics"),
        ("GET", "/readyz"),
    ],
)
async def test_sdks_and_monitors_that_ask_the_console_are_sent_to_the_gateway(
    mounted: RunningConsole, method: str, path: str
) -> None:
    async with mounted.stranger().http.request(method, mounted.url + path) as answer:
        told = await answer.json(content_type="application/problem+json")
    assert (answer.status, told["code"]) == (404, "no_such_route")
    assert "ask the gateway" in told["detail"]


async def test_programs_come_with_an_admin_key(mounted: RunningConsole, tmp_path: Path) -> None:
    stranger = mounted.stranger()
    admin = await create_key(mounted.parts.database, KeyRequest("robot", roles=("admin",)), now=1)
    plain = await create_key(mounted.parts.database, KeyRequest("app"), now=1)
    for secret, status in ((admin.secret, 200), (plain.secret, 401), ("guess", 401)):
        answer = await stranger.call("PUT", "/things/a", {"name": "x"}, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status == status
    import os

    with run_file(tmp_path / "data", Running(os.getpid(), "http://127.0.0.1:1", "local-secret", "unix:///x")):
        answer = await stranger.call("GET", "/session", headers={"Authorization": "Bearer local-secret"})
    assert answer.data["user"]["id"] == "key_local"


async def test_pages_have_a_history_and_never_leave_their_folder(mounted: RunningConsole) -> None:
    http = mounted.stranger().http
    for path, status, text in (
        ("/", 200, "the pages"),
        ("/policies/balanced", 200, "the pages"),
        ("/assets/app-1a2b.js", 200, "1"),
        ("/assets/gone.js", 404, "no such file"),
        ("/..%2foutside.txt", 404, "no such file"),
        ("/%2e%2e/outside.txt", 404, "no such file"),
    ):
        async with http.get(mounted.url + path) as answer:
            content = await answer.text()
            assert (answer.status, text in content) == (status, True), path
            assert SECRET not in content
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_without_built_pages_a_page_says_what_to_do(tmp_path: Path) -> None:
    async with (
        running_console(console_settings(tmp_path / "data"), [], tmp_path / "none") as running,
        running.stranger().http.get(running.url + "/login") as answer,
    ):
        assert "make ui" in await answer.text()


async def test_the_description_names_every_route(mounted: RunningConsole) -> None:
    described = (await mounted.stranger().call("GET", "/openapi.json")).data
    put = described["paths"]["/api/v1/things/{id}"]["put"]
    assert put["x-roles"] == ["editor"]
    assert put["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Thing"}
    assert described["components"]["schemas"]["Thing"]["required"] == ["name"]
    assert described["paths"]["/api/v1/things"]["get"]["parameters"][0]["name"] == "size"


async def test_acts_of_many_at_once_are_all_in_the_chain(mounted: RunningConsole) -> None:
    editor = await mounted.person("editor")
    answers = await asyncio.gather(*(editor.call("PUT", f"/things/{n}", {"name": "x"}) for n in range(20)))
    assert {answer.status for answer in answers} == {200}
    verdict = await verify_chain(mounted.parts.database, mounted.parts.acts.public_key)
    assert verdict.intact
    assert verdict.rows == 21


async def test_a_bomb_is_not_unpacked_behind_the_answer(
    mounted: RunningConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger is refused before anything is read; what follows is not unpacked to throw it away."""
    unpacked, unpack = 0, ZLibDecompressor.decompress_sync

    def counted(self: ZLibDecompressor, *args: int, **options: int) -> bytes:
        nonlocal unpacked
        out: bytes = unpack(self, *args, **options)  # type: ignore[arg-type]  # passed through
        unpacked += len(out)
        return out

    monkeypatch.setattr(ZLibDecompressor, "decompress_sync", counted)
    bomb, address = gzip.compress(b" " * 80_000_000, 1), urlsplit(mounted.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = "PUT /api/v1/things/1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
    writer.write(f"{head}Content-Length: {len(bomb)}\r\n\r\n".encode() + bomb)
    assert (await reader.readline()).startswith(b"HTTP/1.1 401 ")
    with suppress(ConnectionError):  # closed before all of it was taken
        await reader.read()
    writer.close()
    assert unpacked < 4_000_000
