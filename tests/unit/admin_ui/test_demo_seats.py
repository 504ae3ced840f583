"""A public demo's console: so many people at once, a line for the others, and when everything is deleted next."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

from admin_ui.demo_seats import Seats
from policies.sections_demo import TRIED_OUT
from policies.settings import load_settings
from tests.console_fixture import Browser, console_settings, running_console


def test_the_eleventh_waits_and_moves_up() -> None:
    now = [0.0]
    seats = Seats(10, 600.0, lambda: now[0])
    assert [seats.number(f"s{n}") for n in range(10)] == [0] * 10
    assert [seats.number(name) for name in ("a", "b", "a")] == [1, 2, 1]
    seats.leave("s3")
    assert seats.number("b") == 1, "nobody overtakes: the free seat is for the first in line"
    assert seats.number("a") == 0
    assert seats.number("b") == 1


def test_who_does_nothing_gives_the_seat_up_and_who_goes_away_the_place_in_line() -> None:
    now = [0.0]
    seats = Seats(1, 600.0, lambda: now[0])
    assert seats.number("first") == 0
    assert [seats.number("gone"), seats.number("stays")] == [1, 2]
    now[0] = 59.0
    assert seats.number("stays") == 2
    now[0] = 61.0
    assert seats.number("stays") == 1
    now[0] = 110.0
    assert seats.number("stays") == 1
    now[0] = 160.0
    assert seats.number("stays") == 1
    for _ in range(9):
        now[0] += 50.0
        assert seats.number("stays") == (1 if now[0] < 600 else 0)
    assert seats.number("first") == 1


async def page(browser: Browser) -> tuple[int, str]:
    """Status and text of the console's first page."""
    async with browser.http.get(browser.url, headers={"Accept": "text/html"}) as answer:
        return answer.status, await answer.text()


async def test_a_full_demo_says_so_by_page_and_by_api(tmp_path: Path) -> None:
    settings = console_settings(tmp_path / "data", demo_mode=True, **{"demo.users": 1})
    async with running_console(settings, mounts=()) as console:
        first = await console.person("viewer", email="first@example.com")
        second = await console.person("viewer", email="second@example.com")
        assert (await page(console.stranger()))[0] == 200, "the way to the login is open"
        assert (await first.call("GET", "/about")).status == 200
        refused = await second.call("GET", "/about")
        assert (refused.status, refused.data["code"], refused.headers["Retry-After"]) == (503, "demo_full", "15")
        status, text = await page(second)
        assert status == 503
        assert "You are number <b>1</b> in line" in text
        assert 'http-equiv="refresh"' in text
        assert (await page(first))[0] == 200
        assert (await first.call("DELETE", "/session")).status == 204
        assert (await page(second))[0] == 200
        assert (await second.call("GET", "/about")).status == 200


async def test_who_waits_can_log_out(tmp_path: Path) -> None:
    settings = console_settings(tmp_path / "data", demo_mode=True, **{"demo.users": 1})
    async with running_console(settings, mounts=()) as console:
        first = await console.person("viewer", email="first@example.com")
        second = await console.person("viewer", email="second@example.com")
        assert (await first.call("GET", "/session")).status == 200
        assert (await second.call("DELETE", "/session")).status == 204


async def test_the_time_of_the_next_reset_is_told_in_a_demo_only(tmp_path: Path) -> None:
    for demo in (True, False):
        folder = tmp_path / str(demo)
        async with running_console(console_settings(folder, demo_mode=demo), mounts=()) as console:
            viewer = await console.person("viewer")
            assert (await viewer.call("GET", "/about")).data["next_reset"] is None
            (folder / "demo.json").write_text(json.dumps({"next_reset": 1_700_000_000.0, "resetting": False}))
            told = (await viewer.call("GET", "/about")).data["next_reset"]
            assert told == ("2023-11-14T22:13:20Z" if demo else None)


async def test_without_demo_mode_nobody_is_counted(tmp_path: Path) -> None:
    async with running_console(console_settings(tmp_path / "data", **{"demo.users": 1}), mounts=()) as console:
        assert console.parts.seats is None


async def send(browser: Browser, data: bytes) -> tuple[int, str]:
    """Status and code of an upload that does not tell its length before."""

    async def pieces() -> AsyncIterator[bytes]:
        yield data

    headers = {"X-CSRF-Token": browser.csrf, "X-Sting-File-Name": "rows.csv"}
    async with browser.http.post(f"{browser.url}/api/v1/uploads", data=pieces(), headers=headers) as answer:
        return answer.status, (await answer.json(content_type=None)).get("code", "")


async def test_a_demo_takes_few_and_small_files(tmp_path: Path) -> None:
    overrides = {"demo_mode": True, "demo.uploads": 2, "demo.upload_mib": 1}
    async with running_console(console_settings(tmp_path / "data", **overrides)) as console:
        editor = await console.person("editor")
        status, _ = await send(editor, b"a" * (1024**2 + 1))
        assert 400 <= status < 500
        headers = {"X-CSRF-Token": editor.csrf, "X-Sting-File-Name": "rows.csv"}
        told = await editor.http.post(
            f"{editor.url}/api/v1/uploads", data=io.BytesIO(b"a" * (1024**2 + 1)), headers=headers
        )
        assert told.status == 413
        assert [(await send(editor, b"a" * 1024**2))[0] for _ in range(2)] == [201, 201]
        assert await send(editor, b"a") == (429, "demo_uploads")


def test_who_tries_the_product_out_meets_no_bounds_of_a_public_demo() -> None:
    # `demo_mode` is what every bound of a public demo asks, and what /about tells
    assert not load_settings(None, environ={}, overrides={"demo_mode": True, **TRIED_OUT}).demo_mode
