"""Kind `aws`: AWS KMS by its JSON protocol, signed here."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from policies.clouds.sigv4 import AwsKeys, Scope, Signable, aws_keys, sign
from policies.kms.base import KeyServiceFailed
from policies.kms.calls import Question, ask, text_of
from policies.sections_kms import AwsKms

_WHO: Final = "AWS KMS"
_CONTEXT: Final = {"use": "sting/master-key"}
"""Goes into AWS's log, and a key that was wrapped for something else does not unwrap."""


class AwsKmsKeys:
    """Encrypts and decrypts at AWS. Raises KeyServiceFailed for credentials that are none."""

    def __init__(self, section: AwsKms) -> None:
        self._section = section
        self._url = section.url or f"https://kms.{section.region}.amazonaws.com"
        self._keys = _keys(section)

    def wrap(self, key: bytes) -> bytes:
        """See `KeyService.wrap`."""
        return self._asked("Encrypt", {"Plaintext": base64.b64encode(key).decode()}, "CiphertextBlob")

    def unwrap(self, wrapped: bytes) -> bytes:
        """See `KeyService.unwrap`."""
        return self._asked("Decrypt", {"CiphertextBlob": base64.b64encode(wrapped).decode()}, "Plaintext")

    def _asked(self, verb: str, what: dict[str, Any], wanted: str) -> bytes:
        body = json.dumps({"KeyId": self._section.key, "EncryptionContext": _CONTEXT, **what}).encode()
        headers = {
            "host": urlsplit(self._url).netloc,
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": f"TrentService.{verb}",
        }
        signable = Signable("POST", "/", "", headers, body)
        headers |= sign(signable, self._keys, Scope(self._section.region, "kms"), datetime.now(UTC))
        told = text_of(_WHO, ask(_WHO, Question(f"{self._url}/", headers, body)), wanted)
        try:
            return base64.b64decode(told, validate=True)
        except binascii.Error:
            pass
        raise KeyServiceFailed("AWS KMS answers with what is no base64")


def _keys(section: AwsKms) -> AwsKeys:
    try:
        return aws_keys(section.credentials.get_secret_value())
    except ValueError as error:
        why = str(error)
    raise KeyServiceFailed(f"kms.credentials: {why}")
