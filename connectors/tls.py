"""TLS of database connections, from PEM texts: certificates and keys are never written to a disk."""

from __future__ import annotations

import os
import ssl
from typing import Literal

from connectors.base import ConnectorProblem

TlsMode = Literal["auto", "disable", "require", "verify-ca", "verify-full"]


def is_this_machine(host: str) -> bool:
    """True for loopback names and addresses and for folders of Unix sockets."""
    return host.startswith(("/", "127.")) or host in ("localhost", "::1")


class _ByName(ssl.SSLContext):
    """Checks a certificate for the server's own name, whatever local address leads to it."""

    name: str | None = None

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,  # noqa: FBT001, FBT002 - the signature that is overridden
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        return super().wrap_bio(incoming, outgoing, server_side, self.name or server_hostname, session)


def tls_context(
    mode: TlsMode, host: str, *, ca: str, certificate: str, key: str, tunnelled: bool = False
) -> ssl.SSLContext | None:
    """The context for a connection to `host`; None is one without TLS. Raises ConnectorProblem."""
    if mode == "disable" or (mode == "auto" and is_this_machine(host)):
        return None
    try:
        context = _ByName(ssl.PROTOCOL_TLS_CLIENT)
        context.name = host if tunnelled else None
        if ca:
            context.load_verify_locations(cadata=ca)
        else:
            context.load_default_certs()
        if certificate:
            _load_pair(context, certificate, key)
    except (ssl.SSLError, ValueError):
        raise ConnectorProblem(
            "A certificate or its key cannot be read.",
            "Paste them as PEM, with the BEGIN and END lines.",
            code="config",
        ) from None
    context.check_hostname = mode in ("auto", "verify-full")
    if mode == "require":
        context.verify_mode = ssl.CERT_NONE
    return context


def _load_pair(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """`ssl` reads files only: an anonymous one in memory is none that anybody finds."""
    descriptor = os.memfd_create("pair")
    try:
        os.write(descriptor, f"{certificate}\n{key}".encode())
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
