"""Files of other purposes than batches: texts leave scrambled and come back, the unreadable is up to the policy."""

from __future__ import annotations

import base64
import csv
import io
import json
from typing import Any

import openai
import pytest

from policies.entity_types import ENTITY_TYPES
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME, MAIL = ENTITY_TYPES["PERSON"].example, ENTITY_TYPES["EMAIL_ADDRESS"].example
FIRST, LAST = NAME.split()
CARD = ENTITY_TYPES["CREDIT_CARD"].example
_TRAINED = json.dumps({"messages": [{"role": "user", "content": f"Hi {NAME}"}, {"role": "assistant", "content": MAIL}]})
TEXTS: dict[str, bytes] = {
    f"{NAME}.txt": f"Dear {NAME},\r\nyours, {MAIL}\r\n".encode(),
    "notes.md": f"# {NAME}\n\n* {MAIL}".encode(),
    "rows.csv": f'name,mail,note\n"{NAME}","{MAIL}","a ""b"", c"\n'.encode(),
    "rows.tsv": f"name\tmail\n{NAME}\t{MAIL}\n".encode(),
    "page.html": f"<p>Dear <b>{NAME}</b> &amp; co, <a href='mailto:{MAIL}'>{MAIL}</a></p>".encode(),
    "tuned.jsonl": f"{_TRAINED}\n{_TRAINED}\n".encode(),
    "tree.json": json.dumps({"to": {"name": NAME, MAIL: [MAIL, 4111111111111111]}, "v": 1.0}, indent=1).encode(),
    "code.py": f"OWNER = '{MAIL}'  # {NAME}\n".encode(),
    "wide.txt": f"Dear {NAME}, {MAIL}".encode("utf-16"),
    "none": b"nobody is named here",
}
UNREADABLE: dict[str, bytes] = {
    "scan.pdf": b"%PDF-1.7 " + MAIL.encode(),
    "letter.docx": b"PK\x03\x04" + MAIL.encode(),
    "letter.rtf": b"{\\rtf1 " + MAIL.encode(),
    "photo.png": b"\x89PNG\r\n" + MAIL.encode(),
    "page.html": f'<img src="data:image/png;base64,AAAA">{MAIL}'.encode(),
    "mail.txt": f"Content-Transfer-Encoding: base64\n\n{MAIL}".encode(),
    "book.json": json.dumps({"image/png": base64.b64encode(bytes(range(256)) * 2).decode()}).encode(),
}


def sent(gateway: Running) -> bytes:
    """The last file as it left."""
    return list(gateway.provider.batches.files.values())[-1]


@pytest.mark.parametrize(
    ("name", "purpose"), [*zip(TEXTS, ["user_data", "assistants", "fine-tune", "evals", "vision"] * 2, strict=True)]
)
async def test_a_text_leaves_scrambled_and_comes_back(gateway: Running, name: str, purpose: Any) -> None:
    if gateway.detector is not None:
        gateway.detector.words["4111111111111111"] = "CREDIT_CARD"
    client, content = gateway.client(), TEXTS[name]
    file = await client.files.create(file=(name, content), purpose=purpose)
    left = gateway.provider.bytes_seen
    for value in (NAME, FIRST, LAST, MAIL, "4111111111111111"):
        assert value.encode() not in left
        assert value.encode("utf-16-le") not in left
    assert f'name="purpose"\r\n\r\n{purpose}\r\n'.encode() in left
    ending = name.rpartition(".")[2]
    assert file.filename in ("file", f"file.{ending}")
    if name == "none":
        assert sent(gateway) == content, "with nothing found the very same bytes leave"
    got = await client.files.content(file.id)
    if name == "wide.txt":
        assert got.content == content.decode("utf-16").encode()
    elif name == "tree.json":
        assert json.loads(got.content)["to"]["name"] == NAME
    else:
        assert got.content.strip() == content.strip()
    with pytest.raises(openai.NotFoundError):
        await gateway.client("stranger").files.content(file.id)
    await client.files.delete(file.id)
    with pytest.raises(openai.NotFoundError):
        await client.files.content(file.id)


async def test_a_value_over_the_border_of_cells_keeps_the_table_whole(gateway: Running) -> None:
    assert gateway.detector is not None
    gateway.detector.words |= {f"{FIRST},{LAST}": "PERSON", f"{FIRST} {LAST}": "PERSON", LAST: "PERSON"}
    rows = f"first,last,mail\n{FIRST},{LAST},{MAIL}\n".encode()
    await gateway.client().files.create(file=("rows.csv", rows), purpose="user_data")
    left = list(csv.reader(io.StringIO(sent(gateway).decode())))
    assert [len(row) for row in left] == [3, 3]
    assert left[1][1].startswith("PERSON_")
    assert MAIL.encode() not in sent(gateway)


@pytest.mark.parametrize("name", UNREADABLE)
async def test_what_cannot_be_read_is_up_to_the_policy(gateway: Running, name: str) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        await gateway.client().files.create(file=(name, UNREADABLE[name]), purpose="user_data")
    assert caught.value.status_code == 422
    assert caught.value.code == "sting_unscannable"
    assert gateway.provider.requests == []
    client = gateway.client(default_headers={"X-Sting-Policy": "seeing"})
    file = await client.files.create(file=(name, UNREADABLE[name]), purpose="user_data")
    assert file.id
    if not name.endswith((".html", ".txt", ".json")):
        assert sent(gateway) == UNREADABLE[name]
    assert b"letter" not in gateway.provider.bytes_seen


async def test_what_the_policy_forbids_stops_the_file(gateway: Running) -> None:
    with pytest.raises(openai.PermissionDeniedError):
        await gateway.client().files.create(
            file=("a.txt", f"card {CARD}".encode()), purpose="user_data", extra_headers={"X-Sting-Policy": "blocker"}
        )
    assert gateway.provider.requests == []


async def test_an_id_that_a_client_wrote_into_a_file_makes_it_nobodys(gateway: Running) -> None:
    """Otherwise the file of another owner could be asked for by whoever writes its id down."""
    theirs = await gateway.client("stranger").files.create(file=("a.txt", b"secret"), purpose="user_data")
    request = {"custom_id": "1", "method": "POST", "url": "/v1/embeddings", "body": {"model": "m", "input": "x"}}
    for name, purpose in (("a.json", "user_data"), ("a.jsonl", "user_data"), ("a.jsonl", "batch")):
        content = json.dumps({"id": theirs.id, **request}).encode()
        own: Any = await gateway.client().files.create(file=(name, content), purpose=purpose)  # type: ignore[arg-type]
        assert (await gateway.client().files.content(own.id)).content.strip() == content
        with pytest.raises(openai.NotFoundError):
            await gateway.client().files.content(theirs.id)


async def test_a_store_is_filled_searched_and_restored(gateway: Running) -> None:
    client = gateway.client()
    file = await client.files.create(file=("a.txt", f"Contract of {NAME}, {MAIL}".encode()), purpose="assistants")
    more = await client.files.create(file=("b.txt", f"Letter of {MAIL}".encode()), purpose="assistants")
    store = await client.vector_stores.create(name=f"For {NAME}", metadata={"by": MAIL})
    assert (store.name, store.metadata) == (f"For {NAME}", {"by": MAIL})
    put = await client.vector_stores.files.create(store.id, file_id=file.id, attributes={"by": NAME})
    assert put.attributes == {"by": NAME}
    await client.vector_stores.files.update(more.id, vector_store_id=store.id, attributes={"by": MAIL})
    found = await client.vector_stores.search(
        store.id, query=NAME, filters={"type": "eq", "key": "by", "value": NAME}, max_num_results=3
    )
    assert [hit.content[0].text for hit in found.data] == [f"Contract of {NAME}, {MAIL}"]
    assert found.data[0].attributes == {"by": f"Contract of {NAME}, {MAIL}"}
    content = await client.vector_stores.files.content(file.id, vector_store_id=store.id)
    assert content.data[0].text == f"Contract of {NAME}, {MAIL}"
    await client.vector_stores.file_batches.create(store.id, file_ids=[file.id])
    for value in (NAME, MAIL):
        assert value.encode() not in gateway.provider.bytes_seen
    stranger, asked = gateway.client("stranger"), len(gateway.provider.requests)
    theirs = await stranger.files.create(file=("a.txt", b"theirs"), purpose="assistants")
    for call in (
        stranger.vector_stores.retrieve(store.id),
        stranger.vector_stores.search(store.id, query=NAME),
        stranger.vector_stores.create(file_ids=[file.id]),
        client.vector_stores.files.create(store.id, file_id=theirs.id),
        client.vector_stores.files.update(theirs.id, vector_store_id=store.id, attributes={}),
        client.vector_stores.file_batches.create(store.id, file_ids=[file.id, theirs.id]),
        client.vector_stores.files.create(store.id, file_id="file-elsewhere"),
    ):
        with pytest.raises(openai.NotFoundError):
            await call
    assert len(gateway.provider.requests) == asked + 1, "only the stranger's own file reached the provider"
    await client.vector_stores.delete(store.id)
    with pytest.raises(openai.NotFoundError):
        await client.vector_stores.retrieve(store.id)


async def test_a_file_that_was_read_may_be_named_and_its_tokens_come_back(gateway: Running) -> None:
    client = gateway.client()
    file = await client.files.create(file=("a.txt", f"Contract of {NAME}".encode()), purpose="user_data")
    token = sent(gateway).decode().removeprefix("Contract of ")
    gateway.provider.behaviour = Behaviour(text=f"It is {token}'s.")
    part: Any = {"type": "file", "file": {"file_id": file.id}}
    turn: Any = [{"role": "user", "content": [part, {"type": "text", "text": "Whose?"}]}]
    told = await client.chat.completions.create(model="m", messages=turn)
    assert told.choices[0].message.content == f"It is {NAME}'s."
    read: Any = {"type": "input_file", "file_id": file.id}
    asked: Any = [{"role": "user", "content": [read, {"type": "input_text", "text": "Whose?"}]}]
    said = await client.responses.create(model="m", input=asked)
    assert said.output_text == f"It is {NAME}'s."
    store = await client.vector_stores.create(file_ids=[file.id])
    tools: Any = [{"type": "file_search", "vector_store_ids": [store.id]}]
    assert (await client.responses.create(model="m", input="Whose?", tools=tools)).output_text == f"It is {NAME}'s."
    stranger, asks = gateway.client("stranger"), len(gateway.provider.requests)
    code: Any = [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": [file.id]}}]
    for theirs in (tools, code):
        with pytest.raises(openai.NotFoundError):
            await stranger.responses.create(model="m", input="Whose?", tools=theirs)
    escaped = json.dumps({"model": "m", "input": "x", "tools": tools}).replace(
        "vector_store_ids", "vector_store_\\u0069ds"
    )
    assert (await gateway.call("/v1/responses", escaped.encode(), key="stranger"))[0] == 404
    assert len(gateway.provider.requests) == asks
    with pytest.raises(openai.UnprocessableEntityError):
        await stranger.chat.completions.create(model="m", messages=turn)
    twice = json.dumps({"model": "m", "messages": turn}).replace('"file_id": ', '"file_id": "file-unread", "file_id": ')
    status, _, _ = await gateway.call("/v1/chat/completions", twice.encode())
    assert status == 422
