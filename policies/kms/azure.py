"""Kind `azure`: an RSA key in Azure Key Vault by its REST API."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Final
from urllib.parse import urlencode

from policies.kms.base import KeyServiceFailed
from policies.kms.calls import Question, ask, text_of
from policies.sections_kms import AzureKms

_WHO: Final = "Azure Key Vault"
_ALGORITHM: Final = "RSA-OAEP-256"
_VERSION: Final = "api-version=7.4"


class AzureKeys:
    """Wraps and unwraps at Azure. What is kept is the version of the key and the wrapped bytes, as JSON."""

    def __init__(self, section: AzureKms) -> None:
        self._section = section
        self._key = f"{section.url}/keys/{section.key}/"

    def wrap(self, key: bytes) -> bytes:
        """See `KeyService.wrap`."""
        told = self._asked(f"{self._key.rstrip('/')}/wrapkey", _encoded(key))
        kid, value = text_of(_WHO, told, "kid"), text_of(_WHO, told, "value")
        return json.dumps({"kid": kid, "value": value}).encode()

    def unwrap(self, wrapped: bytes) -> bytes:
        """See `KeyService.unwrap`."""
        try:
            kept = json.loads(wrapped)
            kid, value = str(kept["kid"]), str(kept["value"])
        except (ValueError, KeyError, TypeError):
            kid = value = ""
        if not kid.startswith(self._key):  # it says where to ask
            raise KeyServiceFailed("the wrapped key was not made by this key of this Key Vault")
        told = text_of(_WHO, self._asked(f"{kid}/unwrapkey", value), "value")
        try:
            return base64.b64decode(told + "==", altchars=b"-_")
        except binascii.Error:
            pass
        raise KeyServiceFailed("Azure Key Vault answers with what is no base64")

    def _asked(self, url: str, value: str) -> dict[str, object]:
        headers = {"authorization": f"Bearer {self._token()}", "content-type": "application/json"}
        body = json.dumps({"alg": _ALGORITHM, "value": value}).encode()
        return ask(_WHO, Question(f"{url}?{_VERSION}", headers, body))

    def _token(self) -> str:
        section, who = self._section, "Microsoft's token service"
        form = {
            "grant_type": "client_credentials",
            "client_id": section.client_id,
            "client_secret": section.client_secret.get_secret_value(),
            "scope": "https://vault.azure.net/.default",
        }
        headers = {"content-type": "application/x-www-form-urlencoded"}
        question = Question(
            f"{section.authority}/{section.tenant}/oauth2/v2.0/token", headers, urlencode(form).encode()
        )
        return text_of(who, ask(who, question), "access_token")


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
