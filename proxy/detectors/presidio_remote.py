"""Engine "presidio_remote": a Presidio analyzer that runs elsewhere, asked over HTTP (`POST /analyze`).

The texts go to it as they are, so it must be yours: plain HTTP is taken for loopback and private addresses only.
Redirections are not followed. Whatever is not the expected answer is an error, and the request is refused.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.external import EngineUnavailable, found
from proxy.detectors.languages import ENGLISH, language_of

TIMEOUT = 10.0
"""Seconds for one text."""

_PRIVATE = tuple(
    map(ipaddress.ip_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"))
)
_LONGEST_ANSWER = 64 * 1024 * 1024
_OK = 200
_TYPES = {"phone_number": "PHONE_NUMBER", "uk_nhs": "UK_NHS"}


class PresidioRemoteEngine:
    """Asks one analyzer, text by text, over a connection that is kept."""

    name = "presidio_remote"

    def __init__(self, place: str | None = None) -> None:
        """`place`: its address, as `http://127.0.0.1:5002`. Raises EngineUnavailable when it does not answer."""
        self._address = _checked(place)
        self._connection: http.client.HTTPConnection | None = None
        try:
            self._ask("Ann Lee", ENGLISH)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise EngineUnavailable(
                f"the Presidio analyzer at {place} does not answer as one ({type(error).__name__}): start it, correct "
                f"detection.places.{self.name}, or take the engine out of the policies' detection.engines"
            ) from None

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Findings per text; names of tools, keys and columns are not looked at. Raises when one is not answered."""
        if profile.identifiers:
            return [[] for _ in texts]
        return [self._found(text, language_of(text, profile.languages) or ENGLISH) for text in texts]

    def _found(self, text: str, language: str) -> list[Finding]:
        if not text.strip():
            return []
        sent = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair has no JSON; as long as before
        rows = self._ask(sent, language)
        labelled = [{**row, "label": row["entity_type"]} for row in rows]
        return found(labelled, _TYPES, len(text), self.name)

    def _ask(self, text: str, language: str) -> list[dict[str, Any]]:
        """The analyzer's rows for a text; once more over a new connection when the kept one had been closed."""
        body = json.dumps({"text": text, "language": language}).encode()
        kept = self._connection is not None
        try:
            return self._asked(body)
        except ConnectionError:  # http.client.RemoteDisconnected is one
            self._close()
            if not kept:
                raise
            return self._asked(body)
        except BaseException:
            self._close()
            raise

    def _asked(self, body: bytes) -> list[dict[str, Any]]:
        connection = self._connection = self._connection or self._opened()
        path = f"{self._address.path.rstrip('/')}/analyze"
        connection.request("POST", path, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        content = answer.read(_LONGEST_ANSWER + 1)
        if answer.status != _OK or len(content) > _LONGEST_ANSWER:
            raise ValueError(f"status {answer.status}")
        rows = json.loads(content)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError("no list of findings")
        return rows

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _opened(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._address.scheme == "https" else http.client.HTTPConnection
        return kind(self._address.hostname or "", self._address.port, timeout=TIMEOUT)


def _checked(place: str | None) -> SplitResult:
    """The address, if texts may go to it. Raises EngineUnavailable."""
    setting = f"detection.places.{PresidioRemoteEngine.name}"
    if not place:
        raise EngineUnavailable(f"no Presidio analyzer is configured: set {setting} to its address")
    address = urlsplit(place)
    if address.scheme not in {"http", "https"} or not address.hostname or address.username or address.query:
        raise EngineUnavailable(f"{setting} must be an http:// or https:// address without user and query")
    if address.scheme == "http" and not _near(address.hostname):
        raise EngineUnavailable(f"{setting}: plain http goes to loopback and private addresses only; use https")
    return address


def _near(host: str) -> bool:
    """Whether the host is this machine, a private address, or a name that only a private network has."""
    if ("." not in host and ":" not in host) or host.endswith((".local", ".internal", ".svc")):
        return True
    try:
        address = ipaddress.ip_address(host)
        return any(address.version == network.version and address in network for network in _PRIVATE)
    except ValueError:
        return False
