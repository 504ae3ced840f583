"""Thousands of attempts on the console by who is not the owner: no jar, report, link or audit row of theirs is told."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import polars as pl
import pytest

from connectors.jar_filling import fill
from connectors.jar_members import add_member
from connectors.jars import Jars, JarSpec
from connectors.objects import open_store
from policies.audit import AuditChain, AuditEvent, load_signing_key
from policies.key_rows import KeyRequest, create_key
from policies.payloads import payload_of, sealed_row, store_payloads
from reports.order import Order
from reports.shares import make_share
from reports.store import Person, RunStore
from tests.console_fixture import RunningConsole, console_settings, running_console
from tests.jar_fixture import FakeGateway, table
from tests.unit.reports.test_api import finished

pytestmark = [pytest.mark.long, pytest.mark.timeout(550)]
ATTEMPTS, AT_ONCE = 2_000, 16
NAME, TITLE, EXCHANGE, WORD = "secretjar", "PERSON_K7Q2M9XA waits", "ex_0123456789abcdef01234567", "Zebediah Quill"
"""What stands in the owner's jar, report, audit and payload, and nowhere else."""
_KEPT = (
    *("jars", "jar_grants", "jar_tables", "jar_columns", "jar_chunks"),
    *("report_runs", "report_documents", "report_shares"),
)
_PLACES = ("jar", "report", "shared", "audit", "connector", "import", "bundle", "uploads", "playground", "corrections")
_ALLOWED_TO_AUDITORS = ("/audit/", "/usage", "/metrics/", "/keys")
"""What a key of the role `audit` may read of its own tenant."""


async def planted(console: RunningConsole) -> tuple[dict[str, str], str]:
    """The owner's private jar, a report on it, an exchange with what left: their ids, and a link to the report."""
    parts = console.parts
    jars = Jars(parts.database, parts.sealer, open_store(console.settings))
    row = await jars.create(JarSpec(NAME, "private"), "usr_owner")
    member = await add_member(jars, row, "files", {"files": ["people.csv"]}, person="usr_owner")
    frame = pl.DataFrame({"name": [WORD, "Ann Lee"], "age": ["31", "44"]})
    await fill(jars, row, member, [table("people", frame)], FakeGateway({WORD: "PERSON"}), person="usr_owner")
    order = Order.model_validate({"template": "customer-insights", "jar": NAME, "level": "aggregates"})
    store = RunStore(parts.database, parts.sealer)
    run = await store.create(order, "default", Person("usr_owner", "Owner"), now=parts.now())
    await finished(console, run.id)
    chain = AuditChain(parts.database, await load_signing_key(parts.database, parts.sealer))
    await chain.append([AuditEvent(EXCHANGE, parts.now(), tenant="default", key="config.owner", outcome="ok")])
    left = payload_of(EXCHANGE, "default", parts.now(), json.dumps({"left": TITLE}).encode())
    await store_payloads(parts.database, [sealed_row(left, parts.sealer)])
    share, secret = await make_share(parts.database, run, "usr_owner", days=9, now=parts.now())
    ids = {"jar": row.id, "run": run.id, "exchange": EXCHANGE, "name": NAME, "share": share.id}
    return ids, f"{console.url}/api/v1/shared/{secret}"


async def strangers(console: RunningConsole) -> dict[str, dict[str, str]]:
    """Headers of keys: of another tenant with all roles, of another vault without any, of another vault's auditor."""
    wanted = {
        "other-tenant": KeyRequest("theirs", tenant="acme", roles=("use", "restore", "audit", "admin")),
        "other-vault": KeyRequest("plain", vault="other", roles=("use", "restore", "values")),
        "auditor": KeyRequest("auditor", vault="other", roles=("use", "restore", "audit")),
    }
    made = {name: await create_key(console.parts.database, one, now=1) for name, one in wanted.items()}
    return {name: {"Authorization": f"Bearer {key.secret}"} for name, key in made.items()}


def rows(data: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(data / "sting.db")) as database:
        there = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert there.issuperset(_KEPT), there
        return {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in _KEPT}  # noqa: S608 - constants


def filled(path: str, ids: Sequence[str], random_: random.Random) -> str:
    while "{" in path:
        begin, end = path.index("{"), path.index("}")
        path = path[:begin] + random_.choice(ids) + path[end + 1 :]
    return path


async def test_no_attempt_on_jars_reports_or_audit_succeeds(tmp_path: Path) -> None:
    random_ = random.Random(2_000)
    async with running_console(console_settings(tmp_path / "data")) as console, aiohttp.ClientSession() as http:
        ids, link = await planted(console)
        keys = await strangers(console)
        before = rows(console.settings.data_dir)
        async with http.get(f"{console.url}/api/v1/openapi.json") as answer:
            paths = (await answer.json())["paths"]
        targets = [
            (method.upper(), path)
            for path, item in paths.items()
            for method in item
            if any(word in path for word in _PLACES) and "/events" not in path
        ]
        assert len(targets) > 50
        done: dict[str, int] = {}

        async def attempt(number: int) -> None:
            method, path = targets[number % len(targets)]
            who = list(keys)[number % len(keys)] if number % 7 else "other-tenant"
            guess = "".join(random_.choices("0123456789abcdef", k=16))
            # the right ids most of the time: a stranger may have seen them in an address or a log
            guesses = [f"jar_{guess}", "..%2f" + ids["jar"], link.rpartition("/")[2][:-1]]
            place = filled(path, [*ids.values(), *ids.values(), *guesses], random_)
            body = None if method in ("GET", "DELETE") else random_.choice([{}, {"jar": NAME}, {"original": True}])
            headers = {**keys[who], "If-Match": '"1"'}
            async with http.request(method, console.url + place, json=body, headers=headers) as answer:
                text = await answer.text(errors="replace")
                where = f"{who} {method} {path}: {answer.status}"
                assert answer.status < 500 or "gateway_unreachable" in text, where
                if who == "auditor" and any(one in path for one in _ALLOWED_TO_AUDITORS):
                    return
                if who == "other-vault":
                    assert answer.status in (401, 404) or (answer.status == 200 and "{" not in path), where
                # a refusal may name what was asked for; an answer may not
                words = (TITLE, WORD) if answer.status >= 400 else (TITLE, WORD, EXCHANGE, *ids.values())
                assert not any(word in text for word in words), where
                if "{" in path and not path.startswith("/api/v1/shared"):
                    assert answer.status >= 400 or "audit" in path, where
                done[who] = done.get(who, 0) + 1

        for begin in range(0, ATTEMPTS, AT_ONCE):
            await asyncio.gather(*(attempt(number) for number in range(begin, begin + AT_ONCE)))
        assert min(done.values()) > 100, done
        assert rows(console.settings.data_dir) == before
        async with http.get(link) as answer:
            assert (answer.status, TITLE in await answer.text()) == (200, True), "who has the link opens it"
        owner = await console.person("admin", email="root@x.test")
        assert NAME in str((await owner.call("GET", "/jars")).data), "who may see it sees it"
