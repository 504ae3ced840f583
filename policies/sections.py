"""The sections of the configuration as pydantic models. Pure: reading and the environment are `policies.settings`."""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    field_validator,
)

from policies.sections_base import Section
from policies.sections_tls import ListenerTls

MIN_SECRET = 8
"""Characters that a bootstrap key must at least have; keys that we make have 52."""


def _auto_or_count(value: object) -> object:
    if value == "auto" or (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
        return value
    if isinstance(value, str) and value.isdecimal() and int(value) >= 1:
        return int(value)
    raise ValueError("expected `auto` or a number of at least 1")


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


AutoOrCount = Annotated[Literal["auto"] | int, BeforeValidator(_auto_or_count)]
Secret = Annotated[SecretStr | None, BeforeValidator(_empty_is_none)]
"""A secret that may be unset: an empty text, as `${NAME:-}` gives without the variable, counts as none."""
Port = Annotated[int, Field(ge=0, le=65_535)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


def _is_network(value: str) -> str:
    return str(ipaddress.ip_network(value))


Network = Annotated[str, AfterValidator(_is_network)]
"""An IPv4 or IPv6 network as `192.0.2.0/24`; one address is a network of its own."""


def is_private_host(host: str) -> bool:
    """True for loopback and private addresses and for `localhost`; a name is not looked up."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or (address.is_private and not address.is_unspecified)


def _is_proxy(value: SecretStr | None) -> SecretStr | None:
    """The same. Raises ValueError, without the address, unless it is one of a proxy."""
    if value is None:
        return None
    try:
        parts = urlsplit(value.get_secret_value())
        usable = parts.scheme == "http" and parts.hostname and parts.port != 0 and parts.path in {"", "/"}
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise ValueError("a proxy is written http://HOST:PORT or http://USER:PASSWORD@HOST:PORT")
    return value


ProxyAddress = Annotated[SecretStr | None, BeforeValidator(_empty_is_none), AfterValidator(_is_proxy)]
"""An http proxy that tunnels, perhaps with credentials; like a secret it may be unset."""


class Gateway(Section):
    """The proxy's listener and its limits. `url` is how console and worker reach it, when not by host and port.

    `trusted_proxies`: networks whose `X-Forwarded-For` is believed when a key is bound to networks.

    `max_depth` is how deep JSON may nest; port 0 takes any free one. `max_in_flight`: exchanges that one worker
    answers at once, streams included; more are refused with 503 and `retry-after`.

    `idle_timeout_s` is the longest silence between two events of a stream, `upstream_timeout_s` the longest wait
    for a whole plain answer or for the first event. `retries`: how often the same target is asked again before the
    first byte of an answer (the SDKs do that themselves). After `breaker_failures` in a row a provider is left alone
    for `breaker_rest_s`; 0: never. `drain_s`: how long running exchanges may go on once the gateway is told to end.
    `upstream_proxy` and `upstream_ca_file` are for providers that are not local and name none of their own.
    `list_models: all` asks the providers for theirs, too. A connection without a whole request head is closed after
    `keep_alive_s`, a body has to be there after `body_timeout_s`. `expected_answer_tokens`: how long an answer
    the tokens per minute of a key have room kept for where a request names no longest one.
    """

    host: str = "127.0.0.1"
    port: Port = 8080
    url: str | None = None
    trusted_proxies: tuple[Network, ...] = ()
    workers: AutoOrCount = "auto"
    max_body_mb: int = Field(default=32, ge=1, le=1024)
    max_depth: int = Field(default=64, ge=4, le=512)
    max_in_flight: int = Field(default=2_048, ge=1)
    upstream_timeout_s: Seconds = 600
    connect_timeout_s: Seconds = 10
    idle_timeout_s: Seconds = 120
    drain_s: Seconds = 30
    keep_alive_s: Seconds = 75
    body_timeout_s: Seconds = 60
    retries: int = Field(default=0, ge=0, le=5)
    breaker_failures: int = Field(default=5, ge=0)
    breaker_rest_s: Seconds = 10
    upstream_proxy: ProxyAddress = None
    upstream_ca_file: Path | None = None
    list_models: Literal["configured", "all"] = "configured"
    expected_answer_tokens: int = Field(default=1_024, ge=1, le=1_000_000)
    tls: ListenerTls = ListenerTls()


class Redis(Section):
    """The vault's store. The URL may hold a password: it is in no repr."""

    url: str = Field(default="embedded", repr=False)

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, value: str) -> str:
        if not re.match(r"^(embedded$|(rediss?|unix|rediss?\+cluster|redis\+sentinel)://)", value):
            raise ValueError("expected embedded, redis://, rediss://, unix://, redis+cluster:// or redis+sentinel://")
        return value

    @property
    def embedded(self) -> bool:
        """True when we start the server ourselves."""
        return self.url == "embedded"


class DatabaseSection(Section):
    """Where keys, policies and audit are kept. The URL may hold a password: it is in no repr."""

    url: str = Field(default="embedded", repr=False)

    @field_validator("url")
    @classmethod
    def _known_driver(cls, value: str) -> str:
        if not re.match(r"^(embedded$|postgresql\+asyncpg://|sqlite\+aiosqlite://)", value):
            raise ValueError("expected embedded, postgresql+asyncpg://... or sqlite+aiosqlite:///FILE")
        return value

    @property
    def embedded(self) -> bool:
        """True for the SQLite file in data_dir."""
        return self.url == "embedded"


class Storage(Section):
    """Where rows of jars, uploads and reports are kept, sealed: `embedded` is data_dir/jars."""

    url: str = Field(default="embedded", repr=False)


class ConnectorsSection(Section):
    """What connectors may reach, whatever the person who configures one asks for.

    `folders`: local files are read below these only. `private_networks`: private ranges that HTTP connectors may call;
    link-local addresses, where clouds keep their metadata, are never called. `embedding_model`: a model of this gateway
    that makes the vectors of `sting jars search`; null takes the offline embedder of the extra `search`.
    """

    folders: tuple[Path, ...] = ()
    private_networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    embedding_model: str | None = None


class PoliciesSection(Section):
    """`directory` of the user's policy files, merged with the built-in ones; `default` for keys without a policy.

    `floors`: by tenant (`*`: every one) or `tenant/team` a policy that tightens whatever their keys work under.
    """

    directory: Path | None = None
    default: str = "balanced"
    floors: dict[str, str] = Field(default_factory=dict)

    def floors_of(self, tenant: str, team: str = "") -> list[str]:
        """Names of the policies that tighten those of a tenant and of its team."""
        return [self.floors[name] for name in ("*", tenant, f"{tenant}/{team}") if name in self.floors]


Role = Literal["use", "restore", "values", "audit", "admin"]


class Budget(Section):
    """What a key may spend: `amount` of tokens, or of the currency of `prices`, per UTC day, UTC month, or ever."""

    amount: float = Field(gt=0, le=1e12)
    unit: Literal["cost", "tokens"] = "cost"
    per: Literal["day", "month", "ever"] = "month"


class KeyLimits(Section):
    """What a virtual key may use. None and `*` set no limit.

    Requests and tokens count in the last 60 seconds, `concurrent` are exchanges that run at once. `providers` are shell
    patterns of configured names; `networks` from where the key works. `user_budget` is what each end user may spend, by
    the request's `user`; requests that name nobody share one.
    """

    requests_per_minute: int | None = Field(default=None, ge=1, le=1_000_000)
    tokens_per_minute: int | None = Field(default=None, ge=1, le=1_000_000_000)
    concurrent: int | None = Field(default=None, ge=1, le=100_000)
    budget: Budget | None = None
    user_budget: Budget | None = None
    providers: tuple[str, ...] = ("*",)
    networks: tuple[Network, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether anything has to be counted."""
        return any((self.requests_per_minute, self.tokens_per_minute, self.concurrent, self.budget))

    def may_use_provider(self, provider: str) -> bool:
        """True when a pattern matches the provider's name."""
        return any(fnmatch.fnmatchcase(provider, pattern) for pattern in self.providers)

    def may_come_from(self, address: str) -> bool:
        """True when the client's address lies in one of the networks, or any address may come."""
        if not self.networks:
            return True
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None) or found
        return any(mapped in ipaddress.ip_network(network) for network in self.networks)


def client_address(remote: str | None, forwarded: str | None, trusted_proxies: Sequence[str]) -> str:
    """From where a client calls: `X-Forwarded-For` (`forwarded`) counts only behind a trusted proxy.

    Its last address is the one which that proxy has seen; what stands before it the client may have written.
    """
    address = remote or ""
    if forwarded and trusted_proxies and KeyLimits(networks=tuple(trusted_proxies)).may_come_from(address):
        return forwarded.rpartition(",")[2].strip()
    return address


class BootstrapKey(Section):
    """A virtual key for unattended installs. Without a `secret` (its variable is unset) the key does not exist.

    `policies` lists what the header X-Sting-Policy may ask for, `*` for all; left out: the key's own policy and
    every one that is at least as strict. `vault`: keys of one tenant with the same vault restore each other's tokens.
    `team`: by which usage and cost are told, and whose floor holds.
    """

    name: Name
    secret: Secret = None
    policy: str | None = None
    policies: tuple[str, ...] | None = None
    models: tuple[str, ...] = ("*",)
    tenant: Name = "default"
    team: Name | None = None
    vault: Name | None = None
    roles: tuple[Role, ...] = ("use", "restore")
    limits: KeyLimits = KeyLimits()

    @field_validator("secret")
    @classmethod
    def _sendable(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value() if value else None
        if text is not None and not re.fullmatch(rf"[\x21-\x7e]{{{MIN_SECRET},256}}", text):
            raise ValueError(f"a key has {MIN_SECRET} to 256 printable ASCII characters without spaces")
        return value


class Auth(Section):
    """`pass_through`: clients bring their provider credential, the gateway key comes in X-Sting-Key."""

    pass_through: bool = False


class Audit(Section):
    """`required`: nothing leaves when the intent cannot be recorded. `backlog_limit`: events waiting in the stream."""

    required: bool = True
    payloads: Literal["scrambled", "none"] = "scrambled"
    retention_days: int = Field(default=30, ge=1)
    backlog_limit: int = Field(default=100_000, ge=100)


class DetectionSection(Section):
    """How detection runs: worker processes, seconds per request, entries of the cache of spans (no text is kept).

    `places`: the folder of a model's weights (`gliner`, `huggingface`) or the address of a service (`presidio_remote`),
    for policies that name these engines.
    """

    engine: Literal["default"] = "default"
    languages: tuple[str, ...] = Field(default=("en",), min_length=1)
    workers: AutoOrCount = "auto"
    deadline_s: Seconds = 10
    cache_entries: int = Field(default=50_000, ge=0)
    places: dict[Literal["gliner", "huggingface", "presidio_remote"], str] = Field(default_factory=dict)


class Quotas(Section):
    """Limits of a tenant by profile; `policies.quotas` has the figures."""

    profile: Literal["community", "enterprise", "unlimited"] = "unlimited"


class Price(Section):
    """Cost per million tokens, in the operator's currency."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached_input: float | None = Field(default=None, ge=0)
