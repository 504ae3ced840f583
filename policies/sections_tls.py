"""TLS of our own listeners, as a section of the configuration."""

from __future__ import annotations

from pathlib import Path

from pydantic import model_validator

from policies.sections_base import Section


class ListenerTls(Section):
    """TLS (1.2 or newer) of a listener; without `cert_file` it speaks plain HTTP.

    `cert_file`: the certificate and those between it and its authority, as PEM; `key_file`: its key, not encrypted.
    Both are read anew when they change. `client_ca_file`: who connects must show a certificate of this authority.
    `own_cert_file`, `own_key_file`: what our own console, workers and commands show then.
    """

    cert_file: Path | None = None
    key_file: Path | None = None
    client_ca_file: Path | None = None
    own_cert_file: Path | None = None
    own_key_file: Path | None = None

    @model_validator(mode="after")
    def _whole(self) -> ListenerTls:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together")
        if (self.own_cert_file is None) != (self.own_key_file is None):
            raise ValueError("own_cert_file and own_key_file belong together")
        if self.client_ca_file is not None and self.cert_file is None:
            raise ValueError("client_ca_file needs cert_file and key_file")
        return self

    @property
    def on(self) -> bool:
        """Whether the listener speaks TLS."""
        return self.cert_file is not None

    @property
    def scheme(self) -> str:
        """Of the listener's addresses."""
        return "https" if self.on else "http"
