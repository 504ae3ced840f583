"""The configuration's section of traces: whether and where OpenTelemetry spans of exchanges are sent."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from policies.sections import is_private_host
from policies.sections_base import Section


class Tracing(Section):
    """`endpoint` takes OTLP over HTTP as JSON (`http://127.0.0.1:4318`); null: nothing is traced.

    `headers`: what the collector wants to see, a key say. `sample`: share of the exchanges that are traced where
    the client has not decided that itself (`traceparent`).
    """

    endpoint: str | None = None
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    sample: float = Field(default=1.0, ge=0, le=1)

    @field_validator("endpoint")
    @classmethod
    def _trustworthy(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_private_host(parts.hostname or "")):
            raise ValueError("endpoint must be an https:// address (http:// for a private one)")
        if parts.username or parts.password:
            raise ValueError("endpoint must have no user and no password; use headers")
        return value.rstrip("/")
