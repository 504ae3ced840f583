"""TLS as a client: whose certificates count, and which one is shown. Files are read when a context is made."""

from __future__ import annotations

import ssl


def client_context(
    ca_file: str | None = None, client_cert: str | None = None, client_key: str | None = None
) -> ssl.SSLContext:
    """A context that checks certificates and names: against those of `ca_file` alone, without it the system's.

    `client_cert` is shown to servers that ask; its key is in `client_key`, or in the same file. Raises ValueError.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise ValueError(f"ca_file {ca_file} holds no PEM certificates that can be read ({_why(error)})") from None
    if client_cert is not None:
        try:
            # an encrypted key would be asked for on the terminal
            context.load_cert_chain(client_cert, client_key, password=lambda: b"")
        except OSError as error:
            raise ValueError(
                f"client_cert {client_cert} and its key cannot be used: both are PEM, belong together, and the key is "
                f"not encrypted ({_why(error)})"
            ) from None
    return context


def _why(error: OSError) -> str:
    """A word for the fault; OpenSSL's own text may quote the file."""
    return error.strerror if error.strerror and not isinstance(error, ssl.SSLError) else type(error).__name__
