"""Kind `gcp`: Google Cloud KMS by its REST API."""

from __future__ import annotations

import base64
import binascii
import json
import time
from typing import Final

from policies.clouds import google
from policies.kms.base import KeyServiceFailed
from policies.kms.calls import Question, ask, text_of
from policies.sections_kms import GcpKms

_WHO: Final = "Google Cloud KMS"
_CONTEXT: Final = base64.b64encode(b"sting/master-key").decode()
_FORM: Final = {"content-type": "application/x-www-form-urlencoded"}


class GcpKmsKeys:
    """Encrypts and decrypts at Google."""

    def __init__(self, section: GcpKms) -> None:
        self._section = section

    def wrap(self, key: bytes) -> bytes:
        """See `KeyService.wrap`."""
        return self._asked("encrypt", "plaintext", key, "ciphertext")

    def unwrap(self, wrapped: bytes) -> bytes:
        """See `KeyService.unwrap`."""
        return self._asked("decrypt", "ciphertext", wrapped, "plaintext")

    def _asked(self, verb: str, name: str, value: bytes, wanted: str) -> bytes:
        headers = {"authorization": f"Bearer {self._token()}", "content-type": "application/json"}
        body = json.dumps({name: base64.b64encode(value).decode(), "additionalAuthenticatedData": _CONTEXT}).encode()
        told = ask(_WHO, Question(f"{self._section.url}/v1/{self._section.key}:{verb}", headers, body))
        try:
            return base64.b64decode(text_of(_WHO, told, wanted), validate=True)
        except binascii.Error:
            pass
        raise KeyServiceFailed("Google Cloud KMS answers with what is no base64")

    def _token(self) -> str:
        """An access token: asked for each time, for that is twice in the life of a process."""
        section, who = self._section, "Google's token service"
        if section.credentials is None:
            question = Question(section.token_url or google.METADATA_URL, google.METADATA_HEADERS, method="GET")
            return text_of(who, ask("The machine's metadata server", question), "access_token")
        try:
            account = google.service_account(section.credentials.get_secret_value())
        except ValueError as error:
            why = str(error)
        else:
            form = google.token_request(account, time.time())
            return text_of(who, ask(who, Question(section.token_url or google.TOKEN_URL, _FORM, form)), "access_token")
        raise KeyServiceFailed(f"kms.credentials: {why}")
