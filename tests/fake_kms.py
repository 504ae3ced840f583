"""Vault Transit, AWS KMS, Google Cloud KMS and Azure Key Vault on loopback, by their documented wire formats.

They really encrypt, check credentials and signatures, and answer errors as their references describe them. No
recording of the real services.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import RSAKey

ACCESS, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
VAULT_TOKEN = "hvs.made-up-token"
CLIENT_SECRET = "azure-made-up-secret"
Refused = tuple[int, dict[str, Any]]


class FakeKms:
    """All four. `asked` are the paths of requests; `account` is the service account that Google knows."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.bodies = b""
        self.account: rsa.RSAPrivateKey = rsa.generate_private_key(65537, 2048)
        self._keys: dict[str, AESGCM] = {}
        self._rsa: dict[str, rsa.RSAPrivateKey] = {}
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                fake.asked.append(self.path)
                fake.bodies += body
                status, told = fake.answer(self.path, headers, body)
                raw = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop; more than once is fine."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> Refused:
        """Status and JSON."""
        if path.startswith("/v1/transit/"):
            return self._vault(path, headers, json.loads(body))
        if "x-amz-target" in headers:
            return self._aws(headers, body)
        if path.startswith("/v1/projects/"):
            return self._gcp(path, headers, json.loads(body))
        if path.endswith("token"):
            return self._token(path, parse_qs(body.decode()))
        return self._azure(path, headers, json.loads(body))

    def _token(self, path: str, form: dict[str, list[str]]) -> Refused:
        if path != "/google-token":
            good = form["client_secret"] == [CLIENT_SECRET]
            return (200, {"access_token": "azure-token"}) if good else (401, {"error": "invalid_client"})
        try:
            jwt.decode(form["assertion"][0], RSAKey.import_key(self.account.public_key()), algorithms=["RS256"])
        except Exception:  # noqa: BLE001 - whatever is wrong with it
            return 401, {"error": "invalid_grant"}
        return 200, {"access_token": "ya29.kms", "expires_in": 3599, "token_type": "Bearer"}

    def _aes(self, name: str) -> AESGCM:
        return self._keys.setdefault(name, AESGCM(os.urandom(32)))

    def _sealed(self, name: str, plain: bytes, context: bytes = b"") -> bytes:
        nonce = os.urandom(12)
        return nonce + self._aes(name).encrypt(nonce, plain, context)

    def _opened(self, name: str, sealed: bytes, context: bytes = b"") -> bytes | None:
        try:
            return self._aes(name).decrypt(sealed[:12], sealed[12:], context)
        except (InvalidTag, ValueError):
            return None

    def _vault(self, path: str, headers: dict[str, str], sent: dict[str, str]) -> Refused:
        if headers.get("x-vault-token") != VAULT_TOKEN:
            return 403, {"errors": ["permission denied"]}
        _, _, verb, name = path.removeprefix("/v1").split("/")
        if verb == "encrypt":
            made = self._sealed(name, base64.b64decode(sent["plaintext"]))
            return 200, {"data": {"ciphertext": f"vault:v1:{base64.b64encode(made).decode()}", "key_version": 1}}
        plain = self._opened(name, base64.b64decode(sent["ciphertext"].removeprefix("vault:v1:") + "=="))
        if plain is None:
            return 400, {"errors": ["invalid ciphertext: unable to decrypt"]}
        return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}

    def _aws(self, headers: dict[str, str], body: bytes) -> Refused:
        told = headers["authorization"]
        names = told.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        theirs = AWSRequest("POST", f"{self.url}/", headers={name: headers[name] for name in names}, data=body)
        theirs.context["timestamp"] = headers["x-amz-date"]
        signer = SigV4Auth(Credentials(ACCESS, SECRET), "kms", "eu-central-1")
        signature = signer.signature(signer.string_to_sign(theirs, signer.canonical_request(theirs)), theirs)
        if not told.endswith(signature):
            return 400, {"__type": "InvalidSignatureException"}
        sent = json.loads(body)
        context = json.dumps(sent["EncryptionContext"], sort_keys=True).encode()
        if headers["x-amz-target"] == "TrentService.Encrypt":
            made = self._sealed(sent["KeyId"], base64.b64decode(sent["Plaintext"]), context)
            return 200, {"CiphertextBlob": base64.b64encode(made).decode(), "KeyId": sent["KeyId"]}
        plain = self._opened(sent["KeyId"], base64.b64decode(sent["CiphertextBlob"]), context)
        if plain is None:
            return 400, {"__type": "InvalidCiphertextException"}
        return 200, {"Plaintext": base64.b64encode(plain).decode(), "KeyId": sent["KeyId"]}

    def _gcp(self, path: str, headers: dict[str, str], sent: dict[str, str]) -> Refused:
        if headers.get("authorization") != "Bearer ya29.kms":
            return 401, {"error": {"status": "UNAUTHENTICATED"}}
        name, _, verb = path.rpartition(":")
        context = base64.b64decode(sent["additionalAuthenticatedData"])
        if verb == "encrypt":
            made = self._sealed(name, base64.b64decode(sent["plaintext"]), context)
            return 200, {"name": f"{name}/cryptoKeyVersions/1", "ciphertext": base64.b64encode(made).decode()}
        plain = self._opened(name, base64.b64decode(sent["ciphertext"]), context)
        if plain is None:
            return 400, {"error": {"status": "INVALID_ARGUMENT"}}
        return 200, {"plaintext": base64.b64encode(plain).decode()}

    def _azure(self, path: str, headers: dict[str, str], sent: dict[str, str]) -> Refused:
        if headers.get("authorization") != "Bearer azure-token":
            return 401, {"error": {"code": "Unauthorized"}}
        place, _, query = path.partition("?")
        assert (query, sent["alg"]) == ("api-version=7.4", "RSA-OAEP-256")
        parts = place.strip("/").split("/")
        name, verb = parts[1], parts[-1]
        if name not in self._rsa:
            self._rsa[name] = rsa.generate_private_key(65537, 2048)
        how = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
        value = base64.urlsafe_b64decode(sent["value"] + "==")
        kid = f"{self.url}/keys/{name}/v1"
        work: Callable[[bytes, Any], bytes]
        work = self._rsa[name].public_key().encrypt if verb == "wrapkey" else self._rsa[name].decrypt
        try:
            made = work(value, how)
        except ValueError:
            return 400, {"error": {"code": "BadParameter"}}
        return 200, {"kid": kid, "value": base64.urlsafe_b64encode(made).rstrip(b"=").decode()}
