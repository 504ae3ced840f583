"""A real gateway for tests: HTTP on loopback, embedded Valkey, SQLite, and a `FakeProvider` that records all bytes.

`gateway` looks for the examples of `policies.entity_types` only, by a stub: quick, and its failures can be arranged.
`real_gateway` runs the true detection workers. Both live as long as the test process (xdist worker), in the event loop
of the session: tests that use them carry `pytest.mark.asyncio(loop_scope="session")`. `new_gateway` makes one for a
single test that will break it.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import yaml
from openai import AsyncOpenAI, OpenAI
from redis.asyncio import Redis

from policies.entity_types import ENTITY_TYPES
from policies.settings import Settings, load_settings
from proxy.assembly import Gateway
from proxy.core.findings import Finding, disjoint
from proxy.detectors.base import DetectionFailed, Profile
from proxy.serving import Listening, listening
from tests.fake_provider import Behaviour, FakeProvider

_ROUTES: dict[str, object] = {
    "at-home": {"local": True, "instead": ["llama/home"]},
    "in-europe": {"regions": ["eu"]},
    "no-training": {"trains_on_data": False},
    "forgets": {"retention_days": 1},
}
_OUTPUTS = ("output-report", "output-redact", "output-block")
KEYS: dict[str, dict[str, object]] = {
    "dev": {
        "roles": ["use", "restore", "audit"],
        "policies": [
            "balanced",
            "strict",
            "blocker",
            "seeing",
            "hearing",
            "careful",
            "sockets",
            "sockets-blocker",
            "seeing-blocker",
            "unlinked",
            "lifelike",
            "guarding",
            "placed",
            "home-on-failure",
            *_OUTPUTS,
            *_ROUTES,
        ],
    },
    "service": {"roles": ["use", "restore", "audit", "values"], "policies": ["balanced", "strict", "unlinked"]},
    "stranger": {},
    "team-a": {"vault": "team"},
    "team-b": {"vault": "team"},
    "narrow": {"models": ["gpt-*"], "policies": [], "roles": ["use"]},
}
"""Virtual keys of the test gateway; the secret of each is `sk-test-<name>`."""

EXAMPLES = {info.example: name for name, info in ENTITY_TYPES.items()}
"""Made-up value -> entity type: what the stub detector finds."""

_POLICIES: dict[str, dict[str, object]] = {
    "blocker": {"extends": "balanced", "entities": {"CREDIT_CARD": "block"}},
    "seeing": {"extends": "balanced", "unscannable": "allow", "notice": False},
    "seeing-blocker": {"extends": "blocker", "unscannable": "allow"},
    "sockets": {"extends": "balanced", "websockets": "allow"},
    "sockets-blocker": {"extends": "blocker", "websockets": "allow"},
    "careful": {
        "extends": "balanced",
        "store": "never",
        "websockets": "allow",
        "server_tools": {"allow": ["web_*", "file_search"], "deny": ["web_fetch"]},
    },
    "hearing": {"extends": "balanced", "unscannable": "allow", "output": "redact"},
    "unlinked": {"extends": "balanced", "linkable": False},
    "lifelike": {
        "extends": "balanced",
        "entities": {name: {"style": "realistic"} for name in ("PERSON", "EMAIL_ADDRESS")},
    },
    "guarding": {
        "extends": "balanced",
        "restore": {"hosts": ["good.example"], "tools": {"allow": ["crm"]}},
    },
    "placed": {
        "extends": "balanced",
        "output": "redact",
        "entities": {"IBAN_CODE": {"one_way": True}},
        "places": [
            {"roles": ["system"], "entities": {"PERSON": "keep"}},
            {"tools": ["crm_*"], "entities": {"EMAIL_ADDRESS": "redact"}},
            {"models": ["real-*"], "default": "redact"},
            {"providers": ["backup"], "entities": {"PERSON": "hash"}},
            {"direction": "answer", "entities": {"PERSON": "keep"}},
        ],
    },
    "home-on-failure": {"extends": "balanced", "on_failure": "local"},
    **{name: {"extends": "balanced", "route": route} for name, route in _ROUTES.items()},
    **{name: {"extends": "balanced", "output": name.removeprefix("output-")} for name in _OUTPUTS},
}


class StubDetector:
    """Stands in for the detection workers: finds known words, notes what it was asked, fails when told to."""

    def __init__(self, words: dict[str, str] | None = None) -> None:
        self.words = dict(EXAMPLES if words is None else words)
        self.texts: list[str] = []
        self.fails = False
        self.hangs = False
        self.pids: tuple[int, ...] = ()

    async def start(self) -> None:
        """Nothing to load."""

    async def load(self, _engines: Sequence[str]) -> None:
        """Nothing to load later."""

    async def close(self) -> None:
        """Nothing to end."""

    def ready(self) -> bool:
        """Whether texts would be answered."""
        return not self.fails

    async def detect(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Findings of known words; raises what the workers raise."""
        if self.hangs:
            try:
                async with asyncio.timeout(0.05):
                    await asyncio.Event().wait()
            except TimeoutError:
                raise DetectionFailed("detection took longer than its deadline of 0.05 s") from None
        if self.fails:
            raise DetectionFailed("a detection engine failed on a text of this request")
        self.texts += texts
        return [self._find(text, profile) for text in texts]

    def _find(self, text: str, profile: Profile) -> list[Finding]:
        if profile.identifiers:
            return []
        pattern = "|".join(re.escape(word) for word in sorted(self.words, key=len, reverse=True))
        found = re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", text)
        return disjoint([Finding(m.start(), m.end(), self.words[m.group()], 0.99, "stub") for m in found])


@dataclass
class Running:
    """A gateway that answers, the provider and the back-up provider behind it, and its stub when it has one."""

    place: Listening
    provider: FakeProvider
    backup: FakeProvider
    settings: Settings
    http: aiohttp.ClientSession
    detector: StubDetector | None = None
    _clients: list[AsyncOpenAI] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Base address."""
        return self.place.url

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Redis]:
        """A client of the vault's store, to look at it from outside."""
        async with Redis.from_url(self.gateway.valkey_url) as client:
            yield client

    @property
    def gateway(self) -> Gateway:
        """The gateway's parts."""
        return self.place.gateway

    def client(self, key: str = "dev", **options: Any) -> AsyncOpenAI:
        """OpenAI's asynchronous SDK with a key of `KEYS`; it never tries twice by itself."""
        made = AsyncOpenAI(base_url=f"{self.url}/v1", api_key=f"sk-test-{key}", max_retries=0, **options)
        self._clients.append(made)
        return made

    def blocking_client(self, key: str = "dev", **options: Any) -> OpenAI:
        """OpenAI's synchronous SDK; use it in a thread, and as a context manager."""
        return OpenAI(base_url=f"{self.url}/v1", api_key=f"sk-test-{key}", max_retries=0, **options)

    async def call(
        self,
        path: str,
        body: object = None,
        *,
        key: str | None = "dev",
        method: str = "POST",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body of one call; `body` is bytes, or what JSON is made of."""
        sent = {"Content-Type": "application/json", **({"Authorization": f"Bearer sk-test-{key}"} if key else {})}
        content: dict[str, Any] = {"data": io.BytesIO(body)} if isinstance(body, bytes) else {"json": body}
        async with self.http.request(method, self.url + path, headers=sent | (headers or {}), **content) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, await answer.read()

    async def metric(self, name: str, **labels: str) -> float:
        """One sample of /metrics; 0 when there is none."""
        _, _, body = await self.call("/metrics", method="GET")
        wanted = "{" + ",".join(f'{key}="{value}"' for key, value in sorted(labels.items())) + "}" if labels else ""
        lines = [line.rpartition(" ") for line in body.decode().splitlines() if not line.startswith("#")]
        return next((float(value) for sample, _, value in lines if sample == name + wanted), 0.0)

    async def settled(self) -> None:
        """Wait until no exchange runs and everything of past ones is recorded."""
        await until(lambda: self.place.gateway.services.metrics.running == 0)
        await self.gateway.services.background.finish()

    async def audit(self, exchange: str) -> dict[str, Any]:
        """The audit event of an exchange, once it is written."""
        async with asyncio.timeout(10):
            while True:
                status, _, body = await self.call(f"/sting/v1/exchanges/{exchange}", method="GET")
                if status == 200:
                    event: dict[str, Any] = json.loads(body)
                    return event
                await asyncio.sleep(0.01)

    def begin(self) -> None:
        """Forget what other tests left: recorded requests, behaviours, arranged failures."""
        for provider in (self.provider, self.backup):
            provider.behaviour = Behaviour()
            provider._once.clear()
            provider.requests.clear()
            provider.disconnected.clear()
            provider.answering.clear()
        health = self.gateway.services.health
        health._states.clear()
        health._sticky.clear()
        if self.detector is not None:
            self.detector.texts.clear()
            self.detector.words = dict(EXAMPLES)
            self.detector.fails = self.detector.hangs = False

    async def close_clients(self) -> None:
        """Close what `client` made."""
        for client in self._clients:
            await client.close()
        self._clients.clear()


async def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for a condition, with a deadline; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - conditions of other processes and of counters have no event
            await asyncio.sleep(0.005)


def configuration(folder: Path, provider: str, backup: str) -> Path:
    """A configuration file with providers at these addresses, aliases, fallbacks, policies and the keys of `KEYS`."""
    policies = folder / "policies"
    policies.mkdir(parents=True, exist_ok=True)
    for name, policy in _POLICIES.items():
        (policies / f"{name}.yaml").write_text(yaml.safe_dump({"name": name, **policy}))
    config = {
        "gateway": {"port": 0, "max_body_mb": 1, "connect_timeout_s": 2, "idle_timeout_s": 5, "breaker_failures": 0},
        "data_dir": str(folder / "data"),
        "providers": {
            "fake": {"kind": "openai", "base_url": f"{provider}/v1", "api_key": "sk-provider-secret", "local": True},
            "backup": {"kind": "openai", "base_url": f"{backup}/v1", "local": True},
            "claude": {"kind": "anthropic", "base_url": provider, "api_key": "sk-ant-provider-secret", "local": True},
            "llama": {"kind": "ollama", "base_url": provider, "local": True},
            "native": {"kind": "ollama", "base_url": provider, "local": True, "speaks_openai": False},
            "vllm": {"kind": "openai", "base_url": f"{provider}/v1", "local": True, "speaks_responses": False},
            "offline": {"kind": "demo", "local": True},
            "slow": {"kind": "openai", "base_url": f"{provider}/v1", "local": True, "timeout_s": 0.2},
            "refused": {"kind": "openai", "base_url": "http://127.0.0.1:1/v1", "local": True},
        },
        "models": {
            "alias": {"target": "fake/real-model"},
            "with-fallback": {"target": "fake/first", "fallback": ["backup/second"]},
            "shared*": {"targets": ["fake/one", {"target": "backup/two", "weight": 3}]},
        },
        "default_provider": "fake",
        "policies": {"directory": str(policies), "default": "balanced"},
        "keys": [{"name": name, "secret": f"sk-test-{name}", **more} for name, more in KEYS.items()],
        "detection": {"workers": 1, "deadline_s": 60},
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


@asynccontextmanager
async def running(
    folder: Path, detector: StubDetector | None, overrides: Mapping[str, object] | None = None
) -> AsyncIterator[Running]:
    """A gateway over stores in `folder`; with a stub detector, or with real workers when it is None."""
    async with FakeProvider() as provider, FakeProvider() as backup:
        settings = load_settings(configuration(folder, provider.url, backup.url), environ={}, overrides=overrides)
        async with AsyncExitStack() as stack:
            with pytest.MonkeyPatch.context() as patch:  # while it is put together only: others may want real workers
                if detector is not None:
                    patch.setattr("proxy.assembly.PoolDetector", lambda *_, **__: detector)
                place = await stack.enter_async_context(listening(settings, drain=1.0))
            http = await stack.enter_async_context(aiohttp.ClientSession())
            made = Running(place, provider, backup, settings, http, detector)
            yield made
            await made.close_clients()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """The one behind `gateway`."""
    async with running(tmp_path_factory.mktemp("gateway"), StubDetector()) as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_real_gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """The one behind `real_gateway`."""
    async with running(tmp_path_factory.mktemp("real"), None) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def gateway(shared_gateway: Running) -> AsyncIterator[Running]:
    """A gateway with a stub detector, as new."""
    shared_gateway.begin()
    yield shared_gateway
    await shared_gateway.close_clients()


@pytest_asyncio.fixture(loop_scope="session")
async def real_gateway(shared_real_gateway: Running) -> AsyncIterator[Running]:
    """A gateway with real detection workers, as new."""
    shared_real_gateway.begin()
    yield shared_real_gateway
    await shared_real_gateway.close_clients()


NewGateway = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def new_gateway(tmp_path: Path) -> NewGateway:
    """Makes a gateway with a stub detector for one test: `async with new_gateway({"gateway.retries": 1}) as it`."""
    return lambda overrides=None: running(tmp_path / "gateway", StubDetector(), overrides)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured (`record_property("figure", text)`), also when other processes ran them."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    figures = [text for report in reports for name, text in report.user_properties if name == "figure"]
    if figures:
        terminalreporter.section("figures")
        for text in figures:
            terminalreporter.write_line(str(text))
