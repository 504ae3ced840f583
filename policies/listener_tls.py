"""TLS of our own listeners: the server's side, read anew when its files change, and how our own clients trust it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import logging
import os
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from policies.sections_tls import ListenerTls
from policies.settings import SettingsError

LOOK_SECONDS = 2.0
"""How often a listener looks whether its certificate has changed."""
_CERTIFICATE_END = b"-----END CERTIFICATE-----"
_log = logging.getLogger("sting.tls")
_Stamp = tuple[int, int, int]


class ListenerContext(ssl.SSLContext):
    """The context of a listener; `fingerprint` is the SHA-256 (hex) of the certificate that new handshakes show."""

    fingerprint = ""


class ListenerCertificate:
    """The context of one listener and the certificate in it; `look` takes a changed one for new handshakes.

    `told` hears of each try to take a changed one: True when it serves now. Raises SettingsError when the files that
    are there at the start cannot be used.
    """

    def __init__(self, tls: ListenerTls, told: Callable[[bool], None] = lambda _good: None) -> None:
        if tls.cert_file is None or tls.key_file is None:
            raise ValueError("a listener without a certificate speaks plain HTTP")
        self._files = (tls.cert_file, tls.key_file)
        self._told = told
        self._seen = self._stamps()
        self.context = _empty_context()
        try:
            _load(self.context, *self._files)
            if tls.client_ca_file is not None:
                self.context.load_verify_locations(cafile=tls.client_ca_file)
                self.context.verify_mode = ssl.CERT_REQUIRED
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise SettingsError(f"tls: {_why(error)}; cert_file, key_file and client_ca_file are PEM files") from None

    def look(self) -> None:
        """Take the files when they have changed; a pair that cannot be used leaves the one before in service."""
        now = self._stamps()
        if now == self._seen:
            return
        self._seen = now
        try:
            _load(self.context, *self._files)
        except (OSError, ValueError) as error:
            _log.error("the changed certificate cannot be used; the one before goes on", extra={"fault": _why(error)})
            self._told(False)  # noqa: FBT003 - the outcome
        else:
            _log.warning("a changed certificate serves new connections")
            self._told(True)  # noqa: FBT003 - the outcome

    def _stamps(self) -> tuple[_Stamp | None, ...]:
        return tuple(_stamp(path) for path in self._files)


@contextlib.asynccontextmanager
async def served(
    tls: ListenerTls, told: Callable[[bool], None] = lambda _good: None
) -> AsyncIterator[ssl.SSLContext | None]:
    """The context for a listener, its certificate followed until the end of the block; None: plain HTTP.

    Raises SettingsError.
    """
    if not tls.on:
        yield None
        return
    certificate = ListenerCertificate(tls, told)
    watching = asyncio.get_running_loop().create_task(_watch(certificate))
    try:
        yield certificate.context
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(certificate: ListenerCertificate) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        await asyncio.to_thread(certificate.look)


def _empty_context() -> ListenerContext:
    context = ListenerContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _load(context: ssl.SSLContext, cert_file: Path, key_file: Path) -> None:
    """Give `context` the pair, but only when it is a pair: a failed load would leave half of it in the context.

    The files are read once, so that what was tried is what is taken.
    """
    pem = cert_file.read_bytes() + b"\n" + key_file.read_bytes()
    descriptor = os.memfd_create("pair")  # `ssl` reads files only
    try:
        os.write(descriptor, pem)
        name = f"/proc/self/fd/{descriptor}"
        # A password would be asked for on the terminal.
        _empty_context().load_cert_chain(name, password=_no_password)
        context.load_cert_chain(name, password=_no_password)
        if isinstance(context, ListenerContext):
            first, end, _ = pem.decode("ascii", "replace").partition(_CERTIFICATE_END.decode())
            der = ssl.PEM_cert_to_DER_cert(first[first.index("-----BEGIN CERT") :] + end)
            context.fingerprint = hashlib.sha256(der).hexdigest()
    finally:
        os.close(descriptor)


def _no_password() -> str:
    raise ValueError("the key is encrypted; give one that is not, with mode 0600")


def _why(error: Exception) -> str:
    """What is wrong, without anything of the files' contents."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or "no certificate or key").lower().replace("_", " ")
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)


def _stamp(path: Path) -> _Stamp | None:
    """What changes when the file does, also when a link is set to another one; None: it cannot be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class OwnTrust:
    """How our own processes check the gateway's certificate, and what they show it.

    The gateway's own certificate is trusted under any name, for its files are ours; no other is. `elsewhere`: the
    address is configured (`gateway.url`), so the system's authorities are asked, and the name counts.
    """

    def __init__(self, tls: ListenerTls, *, elsewhere: bool) -> None:
        self._leaf = None if elsewhere else tls.cert_file
        self._own = (tls.own_cert_file, tls.own_key_file)
        self._seen: dict[Path, _Stamp | None] = {}
        if self._leaf is None:
            self._context = ssl.create_default_context()
        else:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._context.check_hostname = False
            self._context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN  # a leaf is its own anchor
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2

    def context(self) -> ssl.SSLContext:
        """The context for a connection, always the same one; changed files are in it. Raises SettingsError.

        The certificate before is still trusted: it serves until the gateway has looked again.
        """
        try:
            if self._leaf is not None and self._changed(self._leaf):
                first, end, _ = self._leaf.read_bytes().partition(_CERTIFICATE_END)
                self._context.load_verify_locations(cadata=(first + end).decode("ascii", "replace"))
            cert, key = self._own
            if cert is not None and key is not None and self._changed(cert):
                _load(self._context, cert, key)
        except (OSError, ValueError) as error:
            raise SettingsError(f"gateway.tls: {_why(error)}") from None
        return self._context

    def _changed(self, path: Path) -> bool:
        now = _stamp(path)
        changed = self._seen.get(path, 0) != now
        self._seen[path] = now
        return changed


@functools.lru_cache(maxsize=8)
def own_trust(tls: ListenerTls, *, elsewhere: bool) -> OwnTrust:
    """One for all connections of this process."""
    return OwnTrust(tls, elsewhere=elsewhere)
