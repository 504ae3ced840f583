"""Kind `vault`: the engine Transit of HashiCorp Vault or OpenBao."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final

from policies.kms.base import KeyServiceFailed
from policies.kms.calls import Question, ask, text_of
from policies.sections_kms import VaultKms

_WHO: Final = "Vault"


class VaultTransit:
    """Encrypts and decrypts at Vault; the wrapped key is Vault's own text (`vault:v1:...`)."""

    def __init__(self, section: VaultKms) -> None:
        self._section = section

    def wrap(self, key: bytes) -> bytes:
        """See `KeyService.wrap`."""
        return self._asked("encrypt", "plaintext", base64.b64encode(key).decode(), "ciphertext").encode()

    def unwrap(self, wrapped: bytes) -> bytes:
        """See `KeyService.unwrap`."""
        text = wrapped.decode("ascii", "replace")
        if not text.startswith("vault:"):
            raise KeyServiceFailed("the wrapped key was not made by Vault")
        try:
            return base64.b64decode(self._asked("decrypt", "ciphertext", text, "plaintext"), validate=True)
        except binascii.Error:
            pass
        raise KeyServiceFailed("Vault answers with what is no base64")

    def _asked(self, verb: str, name: str, value: str, wanted: str) -> str:
        section = self._section
        headers = {"X-Vault-Token": self._token(), "X-Vault-Request": "true", "Content-Type": "application/json"}
        if section.namespace is not None:
            headers["X-Vault-Namespace"] = section.namespace
        files = (section.ca_file, section.client_cert, section.client_key)
        ca_file, cert, key = (str(file) if file is not None else None for file in files)
        url = f"{section.url}/v1/{section.mount.strip('/')}/{verb}/{section.key}"
        told = ask(_WHO, Question(url, headers, json.dumps({name: value}).encode(), ways=(ca_file, cert, key)))
        data: Any = told.get("data")
        return text_of(_WHO, data if isinstance(data, dict) else {}, wanted)

    def _token(self) -> str:
        if self._section.token is not None:
            return self._section.token.get_secret_value()
        why = "it is not named"
        if self._section.token_file is not None:
            try:
                return self._section.token_file.read_text(encoding="ascii").strip()
            except (OSError, UnicodeDecodeError) as error:
                why = type(error).__name__
        raise KeyServiceFailed(f"the token_file {self._section.token_file} cannot be read ({why})")
