"""The section of the configuration that names guardrails."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from policies.sections import Seconds, Secret, is_private_host
from policies.sections_base import Section


class HookSection(Section):
    """One guardrail: asked over HTTP (`url`), or in the gateway's process (`entry_point` of the group `sting.hooks`).

    `secret` is sent as a bearer token. `deadline_s`: a hook that takes longer counts as failed. `options` are handed to
    the entry point. `insecure_http` allows plain http to an address that is not private.
    """

    url: str | None = None
    entry_point: str | None = Field(default=None, min_length=1)
    secret: Secret = None
    deadline_s: Seconds = 2
    insecure_http: bool = False
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way_to_ask(self) -> HookSection:
        if (self.url is None) == (self.entry_point is None):
            raise ValueError("say either `url` or `entry_point`")
        if self.url is None:
            return self
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("url must be an http:// or https:// address")
        if parts.username or parts.password or parts.fragment:
            raise ValueError("url must have no user, password or fragment; put the credential into `secret`")
        if parts.scheme == "http" and not (self.insecure_http or is_private_host(parts.hostname)):
            raise ValueError("plain http to a hook that is not local; use https, or say insecure_http: true")
        return self
