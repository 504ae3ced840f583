"""The engine `presidio_remote` against a real analyzer behind HTTP, and against servers that are none."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from proxy.detectors.base import DetectionFailed, Profile
from proxy.detectors.chain import Chain, UnknownEngine, load_engines
from proxy.detectors.evaluation.presidio_defaults import PresidioDefaults
from proxy.detectors.pool import PoolDetector

ENGINE = "presidio_remote"
PROFILE = Profile(engines=(ENGINE,))
TEXTS = [
    "Ann Lee met Bob in Paris; write to ann@example.com.",
    "",
    "emoji 😀 ann@example.com",
    "half \ud83d ann@example.com",
]
Answer = Callable[[dict[str, Any]], tuple[int, bytes]]


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server on a free port that answers `POST /analyze`, its address, and what it was asked."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append({"path": self.path, **body})
            status, content = answer(body)
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.send_header("location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing of a request is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def analyzer() -> Answer:
    """Presidio's own AnalyzerEngine, answering as its server does."""
    engine = PresidioDefaults()

    def answer(body: dict[str, Any]) -> tuple[int, bytes]:
        results = engine._analyzer.analyze(body["text"], "en")
        return 200, json.dumps([one.to_dict() for one in results]).encode()

    return answer


def test_what_a_real_analyzer_finds_is_found(analyzer: Answer) -> None:
    with serving(analyzer) as (url, asked):
        chain = Chain(load_engines([ENGINE], {ENGINE: f"{url}/presidio/"}))
        found = chain.find(TEXTS, PROFILE)
    pieces = [
        [(one.entity_type, text[one.start : one.end]) for one in row] for text, row in zip(TEXTS, found, strict=True)
    ]
    assert ("PERSON", "Ann Lee") in pieces[0]
    assert ("LOCATION", "Paris") in pieces[0]
    assert all(("EMAIL_ADDRESS", "ann@example.com") in row for row in (pieces[0], pieces[2], pieces[3]))
    assert {(one["path"], one["language"]) for one in asked} == {("/presidio/analyze", "en")}


def test_the_language_of_each_text_is_asked_for() -> None:
    with serving(lambda _body: (200, b"[]")) as (url, asked):
        chain = Chain(load_engines([ENGINE], {ENGINE: url}))
        chain.find(
            ["Bitte schreibe einen Brief an die Bank.", "Please write a letter to the bank."],
            Profile(engines=(ENGINE,), languages=("en", "de")),
        )
    assert [one["language"] for one in asked[1:]] == ["de", "en"]


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (500, b"[]"),
        (302, b"[]"),
        (200, b"<html>"),
        (200, b'{"error": "no"}'),
        (200, b'[{"entity_type": "PERSON", "start": 0, "end": 900, "score": 0.9}]'),
        (200, b'[{"start": 0, "end": 3, "score": 0.9}]'),
    ],
)
def test_an_answer_that_is_not_understood_is_never_nothing_found(status: int, content: bytes) -> None:
    broken = threading.Event()
    with serving(lambda _body: (status, content) if broken.is_set() else (200, b"[]")) as (url, _):
        chain = Chain(load_engines([ENGINE], {ENGINE: url}))
        broken.set()
        with pytest.raises((ValueError, KeyError)):
            chain.find(["Ann Lee"], PROFILE)


def test_a_server_that_is_not_there_is_told_at_the_start() -> None:
    with serving(lambda _body: (200, b"[]")) as (url, _):
        pass
    with pytest.raises(UnknownEngine, match="does not answer as one"):
        load_engines([ENGINE], {ENGINE: url})


async def test_a_request_is_refused_once_the_analyzer_is_gone() -> None:
    with serving(lambda _body: (200, b"[]")) as (url, _):
        pool = PoolDetector([ENGINE], workers=1, deadline=30, places={ENGINE: url})
        await pool.start()
        assert await pool.detect(["Ann Lee"], PROFILE) == [[]]
    try:
        with pytest.raises(DetectionFailed):
            await pool.detect(["Ann Lee again"], PROFILE)
    finally:
        await pool.close()
