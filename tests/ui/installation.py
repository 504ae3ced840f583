"""A running `sting up --demo` for the tests of the pages, and people who sign in to it."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

STING = str(Path(sys.executable).with_name("sting"))
CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), None)
"""Debian's browser, None when it is not installed."""
FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync"
).split()
_START = 300.0  # seconds until everything serves, on a busy machine
_PATIENCE = 90.0  # seconds in which a database that does not answer is asked again


@dataclass
class Installation:
    """Where gateway and console are, and the demo key."""

    folder: Path
    gateway: str = ""
    console: str = ""
    key: str = field(default="", repr=False)
    link: str = field(default="", repr=False)
    made: int = 0

    def api(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:
        """Call the console's API as the owner of the machine; a busy database asks for another try, and gets it."""
        until, pause = time.monotonic() + _PATIENCE, threading.Event()
        while True:
            try:
                return _json(method, f"{self.console}/api/v1{path}", self._local_key(), body, headers)
            except urllib.error.HTTPError as refused:
                if refused.code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > until:
                    raise
            pause.wait(1.0)

    def download(self, path: str) -> bytes:
        """A file of the console's API."""
        return _call("GET", f"{self.console}/api/v1{path}", self._local_key(), None)

    def _local_key(self) -> str:
        return str(json.loads((self.folder / "run.json").read_text())["local_key"])

    def chat(self, prompt: str, key: str = "") -> Any:
        """Send one prompt through the gateway. Raises urllib.error.HTTPError."""
        body = {"model": "sting-demo", "messages": [{"role": "user", "content": prompt}]}
        return _json("POST", f"{self.gateway}/v1/chat/completions", key or self.key, body)

    def person(self, *roles: str) -> str:
        """A link that signs a new person with these roles in."""
        self.made += 1
        made = self.api("POST", "/users", {"email": f"{roles[0]}{self.made}@example.com", "roles": list(roles)})
        return str(made["link"])


def _json(method: str, url: str, key: str, body: object, more: Mapping[str, str] | None = None) -> Any:
    text = _call(method, url, key, body, more)
    return json.loads(text) if text else None


def _call(method: str, url: str, key: str, body: object, more: Mapping[str, str] | None = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **(more or {})}
    request = urllib.request.Request(url, data=data, headers=headers, method=method)  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return bytes(answer.read())


def _words(process: subprocess.Popen[str], found: queue.Queue[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        found.put(line)
    found.put("")


def _read(lines: queue.Queue[str], installation: Installation, log: Path) -> None:
    wanted = {"Gateway:": "gateway", "Console:": "console", "Log in:": "link", "Key:": "key"}
    while not all(getattr(installation, name) for name in wanted.values()):
        line = lines.get(timeout=_START)
        assert line, f"it ended too early: {log.read_text()[-3000:]}"
        for word, name in wanted.items():
            if word in line:
                setattr(installation, name, line.split(word, 1)[1].split()[0])


@contextmanager
def running(folder: Path) -> Iterator[Installation]:
    """`sting up --demo` on free ports, killed with all that belongs to it at the end of the block."""
    installation = Installation(folder / "data")
    log = folder / "stderr.log"
    words = ["up", "--demo", "--data-dir", str(installation.folder), "--gateway-port", "0", "--console-port", "0"]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [STING, *words], stdout=subprocess.PIPE, stderr=errors, cwd=folder, text=True, start_new_session=True
        )
    lines: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(target=_words, args=(process, lines), daemon=True)
    reader.start()
    try:
        _read(lines, installation, log)
        yield installation
    finally:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        reader.join(10)
        if process.stdout is not None and not reader.is_alive():
            process.stdout.close()
