"""The types that everything on the way out meets at: provider, target, request, answer and failure.

It opens no connection: `client` does that over HTTP, `demo` answers in process.
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from yarl import URL

from proxy.errors import UpstreamFailed

ProviderKind = Literal["openai", "azure_openai", "anthropic", "bedrock", "vertex", "ollama", "demo"]
FailureKind = Literal["connect", "timeout", "cut", "garbage"]


class ProviderFailed(UpstreamFailed):
    """A provider failed without giving an answer that can be passed on.

    `kind`: `connect` (never reached), `timeout` (silent for too long), `cut` (the connection ended early) or
    `garbage` (what came is no answer). The message names the provider's configured name and nothing else: no body,
    no credential, no address. Raise it outside of an `except` block, so that no cause hangs on it: the HTTP
    library's errors carry request headers and quote what the provider sent.
    """

    def __init__(self, kind: FailureKind, provider: str, detail: str) -> None:
        super().__init__(f"The provider '{provider}' failed: {detail}")
        self.kind = kind
        self.provider = provider
        if kind == "timeout":
            self.status = 504


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits of one call in seconds.

    `connect`: until a connection stands, waiting for a free one included. `answer`: until the status of any answer,
    and until the end of a plain one. `idle`: longest silence between two reads of a body.
    """

    connect: float = 10.0
    answer: float = 600.0
    idle: float = 120.0


@dataclass(frozen=True, slots=True)
class Way:
    """How connections to a provider are made, where not directly and by the system's certificates.

    `proxy`: address of an http proxy that tunnels (CONNECT), perhaps with credentials. `ca_file`: the only certificates
    that may sign the provider's own. `client_cert`, `client_key`: what the gateway shows it. All files are PEM.
    """

    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """One configured provider.

    `base_url` is what the provider's own SDK takes (`https://api.openai.com/v1`); it is empty for kind `demo`.
    `local`: it stands on this machine or in a private network; then its address is checked when it is called.
    `allow_http`: plain http to a host that is not local. `api_version`: Azure's query parameter. `speaks_openai`: it
    takes chat completions itself, so nothing is translated for it.
    `speaks_responses`: the same of responses. `region`, `retention_days`, `trains_on_data`: what
    its operator promises, None where nothing is known. `way`: how connections are made, None for directly.
    `signing_region`: AWS's, for
    `bedrock`. `metadata_server`: `vertex` asks the machine for its tokens;
    `token_url`: from where, if not the usual place. `takes_own`: clients' own credentials may go there; None: unsaid.
    `name` is `openai`, or `openai@acme` for
    what a tenant has of its own. Raises ValueError for a URL that must not be called.
    """

    name: str
    kind: ProviderKind
    base_url: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    local: bool = False
    allow_http: bool = False
    api_version: str | None = None
    speaks_openai: bool = True
    speaks_responses: bool = True
    region: str | None = None
    retention_days: int | None = None
    trains_on_data: bool | None = None
    timeouts: Timeouts = Timeouts()
    way: Way | None = None
    signing_region: str = ""
    metadata_server: bool = False
    token_url: str = ""
    takes_own: bool | None = None

    @property
    def has_credential(self) -> bool:
        """Whether it can be asked without a client's credential: with a key, as the machine, or in the house."""
        return bool(self.api_key) or self.metadata_server or self.local or self.kind == "demo"

    def __post_init__(self) -> None:
        if self.kind != "demo":
            _check_base_url(self)


def _check_base_url(provider: Provider) -> None:
    """Raise ValueError when this URL would leak a credential or send a prompt in the clear."""
    url = URL(provider.base_url)
    where = f"provider '{provider.name}': base_url"
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError(f"{where} must be an absolute http or https URL")
    if url.user or url.password or url.query_string or url.fragment:
        raise ValueError(f"{where} must hold no user, password, query or fragment: credentials go into api_key")
    if provider.local and is_local_host(url.host) is False:
        raise ValueError(f"{where} is a public address, so the provider cannot be marked local")
    if url.scheme == "http" and not (provider.local or provider.allow_http or is_local_host(url.host)):
        raise ValueError(f"{where} is plain http to a host that is not local: use https, or set allow_http")


def is_local_host(host: str) -> bool | None:
    """Whether `host` is a loopback or private address; None for a name, which only its addresses can tell."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return is_local_address(host)
    except ValueError:
        return None


def is_local_address(address: str) -> bool:
    """Whether this IP address is loopback, private or link-local. Raises ValueError when it is no IP address."""
    parsed = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return parsed.is_loopback or parsed.is_private or parsed.is_link_local


@dataclass(frozen=True, slots=True)
class Target:
    """Where one request goes: the configured name of a provider and that provider's own name of the model.

    Targets of a lower `group` are tried before others; those of one group share the load by `weight`.
    """

    provider: str
    model: str
    group: int = field(default=0, compare=False)
    weight: int = field(default=1, compare=False)


@dataclass(slots=True)
class UpstreamRequest:
    """What is to leave, already scrambled.

    `path` is the client's path (`/v1/chat/completions`), `query` the raw text behind the `?`. `headers` are the
    client's: only names of the allow-list go out. `credential`: the client's own one (pass-through), used instead of
    the provider's key.
    """

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    credential: str | None = field(default=None, repr=False)


class Answer(Protocol):
    """A provider's answer whose status is known and whose body is still coming.

    `headers` holds the names of the allow-list only, in lower case. Whoever got it must `close()` it, also after an
    error: that ends the call at once when the body has not been read to its end.
    """

    @property
    def status(self) -> int:
        """HTTP status, never 3xx."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that may be passed on to the client."""

    @property
    def secured(self) -> str:
        """How the connection is secured that it came by, in the audit's words; empty where there was none."""

    async def body(self, limit: int) -> bytes:
        """The whole body. Raises ProviderFailed: `garbage` above `limit` bytes, else `cut` or `timeout`."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives, one item per network read. Raises ProviderFailed when it ends early."""

    def close(self) -> None:
        """End the call; more than once is fine."""


class Upstream(Protocol):
    """Whatever takes a request to its target: HTTP, the demo model, or both behind one face."""

    def send(self, target: Target, request: UpstreamRequest) -> Awaitable[Answer]:
        """Send it and wait for the status. Raises ProviderFailed; cancelling ends the call at once."""

    async def close(self) -> None:
        """Give back all connections."""
